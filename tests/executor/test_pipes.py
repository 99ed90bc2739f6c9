"""Input mode Pipe: a channel's objects as one stream, through a FIFO for each epoch."""

from __future__ import annotations

import gzip
import hashlib
import json
import struct
from typing import Any

import pytest

from tests.support.local_aws import BUCKET, LocalAws, channel, processing_input, training_request, unique

PAGE = "your-algorithms-training-algo-running-container: Pipe"


def streamed(aws: LocalAws, *objects: bytes, **overrides: Any) -> dict[str, Any]:
    """A channel ``train`` in mode Pipe with these objects."""
    prefix = unique("pipe")
    for number, content in enumerate(objects):
        aws.put(f"{prefix}/{number}", content)
    return channel("train", f"s3://{BUCKET}/{prefix}", InputMode="Pipe", **overrides)


def output(aws: LocalAws, script: str, *channels: dict[str, Any], **request: Any) -> list[str]:
    """What *script* prints in a job that completes."""
    name = aws.train(script, InputDataConfig=list(channels), **request)
    job = aws.trained(name)
    lines = aws.log_lines("TrainingJobs", name)
    assert job["TrainingJobStatus"] == "Completed", [job.get("FailureReason"), *lines]
    return lines


@pytest.mark.documented(PAGE)
def test_every_epoch_is_the_objects_one_after_the_other(aws: LocalAws) -> None:
    script = """
for epoch in range(3):
    with open(f"/opt/ml/input/data/train_{epoch}", "rb") as stream: print(epoch, stream.read())
"""
    lines = output(aws, script, streamed(aws, b"1,2\n", b"3,4\n"))
    assert lines == [f"{epoch} b'1,2\\n3,4\\n'" for epoch in range(3)]


@pytest.mark.documented(PAGE)
def test_a_stream_larger_than_any_buffer_arrives_whole(aws: LocalAws) -> None:
    script = """
import hashlib
with open("/opt/ml/input/data/train_0", "rb") as stream: print(hashlib.sha256(stream.read()).hexdigest()[:8])
"""
    content = bytes(range(256)) * 20_000
    (told,) = output(aws, script, streamed(aws, content, content))
    assert told == hashlib.sha256(content * 2).hexdigest()[:8]


@pytest.mark.documented(PAGE)
def test_closing_early_ends_the_epoch(aws: LocalAws) -> None:
    script = """
for epoch in range(2):
    with open(f"/opt/ml/input/data/train_{epoch}", "rb") as stream: print(stream.read(3))
"""
    assert output(aws, script, streamed(aws, b"abc" * 1_000_000)) == ["b'abc'", "b'abc'"]


@pytest.mark.documented("Channel: CompressionType")
def test_gzipped_objects_are_unpacked(aws: LocalAws) -> None:
    script = "print(open('/opt/ml/input/data/train_0').read())"
    packed = streamed(aws, gzip.compress(b"plain "), gzip.compress(b"text"), CompressionType="Gzip")
    assert output(aws, script, packed) == ["plain text"]


@pytest.mark.documented("Channel: RecordWrapperType")
def test_objects_are_wrapped_as_records(aws: LocalAws) -> None:
    script = "print(open('/opt/ml/input/data/train_0', 'rb').read().hex())"
    (told,) = output(aws, script, streamed(aws, b"12345", b"abcd", RecordWrapperType="RecordIO"))
    magic = 0xCED7230A
    expected = struct.pack("<II", magic, 5) + b"12345\0\0\0" + struct.pack("<II", magic, 4) + b"abcd"
    assert told == expected.hex()


@pytest.mark.documented("AlgorithmSpecification: TrainingInputMode; Channel: InputMode overrides it")
def test_the_jobs_mode_is_that_of_channels_without_their_own(aws: LocalAws) -> None:
    piped = {name: value for name, value in streamed(aws, b"piped").items() if name != "InputMode"}
    file = channel("whole", aws.put(f"{unique('file')}/a", "a file"), InputMode="File")
    script = """
import json
print(open("/opt/ml/input/data/train_0").read(), open("/opt/ml/input/data/whole/a").read())
config = json.load(open("/opt/ml/input/config/inputdataconfig.json"))
print({name: channel["TrainingInputMode"] for name, channel in config.items()})
"""
    entry = {"TrainingInputMode": "Pipe", "ContainerEntrypoint": ["python3", "/opt/ml/input/data/script/main.py"]}
    program = aws.put(f"{unique('script')}/main.py", script)
    channels = [piped, file, channel("script", program, InputMode="File")]
    name = unique("training")
    aws.sagemaker.create_training_job(**training_request(name, "", algorithm=entry, InputDataConfig=channels))
    assert aws.trained(name)["TrainingJobStatus"] == "Completed"
    first, second = aws.log_lines("TrainingJobs", name)
    assert first == "piped a file"
    assert json.loads(second.replace("'", '"')) == {"train": "Pipe", "whole": "File", "script": "File"}


@pytest.mark.documented("Channel: ShuffleConfig")
def test_a_seed_gives_every_epoch_an_order_of_its_own(aws: LocalAws) -> None:
    script = """
for epoch in range(4):
    with open(f"/opt/ml/input/data/train_{epoch}") as stream: print(stream.read())
"""
    lines = output(aws, script, streamed(aws, *(b"%d" % n for n in range(8)), ShuffleConfig={"Seed": 7}))
    assert [sorted(line) for line in lines] == [list("01234567")] * 4
    assert len(set(lines)) == 4


@pytest.mark.documented("augmented-manifest-stream: RecordIO")
def test_an_augmented_manifest_streams_its_attributes_as_records(aws: LocalAws) -> None:
    prefix = unique("augmented")
    image = aws.put(f"{prefix}/cat.jpg", b"image")
    lines = [{"image-ref": image, "is-a-cat": 1, "author": "me"}, {"is-a-cat": 0, "image-ref": image}]
    uri = aws.put(f"{prefix}/manifest", "\n".join(json.dumps(line) for line in lines))
    source = {"S3DataType": "AugmentedManifestFile", "S3Uri": uri, "AttributeNames": ["image-ref", "is-a-cat"]}
    train = {
        "ChannelName": "train",
        "DataSource": {"S3DataSource": source},
        "InputMode": "Pipe",
        "RecordWrapperType": "RecordIO",
    }
    (told,) = output(aws, "print(open('/opt/ml/input/data/train_0', 'rb').read().hex())", train)
    magic = 0xCED7230A
    image_record = struct.pack("<II", magic, 5) + b"image\0\0\0"
    labels = [struct.pack("<II", magic, 1) + label + b"\0\0\0" for label in (b"1", b"0")]
    assert told == (image_record + labels[0] + image_record + labels[1]).hex()


@pytest.mark.documented("ProcessingS3Input: S3InputMode, S3CompressionType")
def test_a_processing_input_flows_through_a_pipe_beside_its_path(aws: LocalAws) -> None:
    prefix = unique("pipe")
    for number in range(2):
        aws.put(f"{prefix}/{number}", gzip.compress(b"part %d " % number))
    source = processing_input("rows", f"s3://{BUCKET}/{prefix}")
    source["S3Input"].update(S3InputMode="Pipe", S3CompressionType="Gzip")
    script = """
import os
for epoch in range(2): print(open(f"/opt/ml/processing/input/rows_{epoch}").read())
assert not os.path.exists("/opt/ml/processing/input/rows")
"""
    name = aws.process(script, ProcessingInputs=[source])
    job = aws.processed(name)
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    assert aws.log_lines("ProcessingJobs", name) == ["part 0 part 1 "] * 2


@pytest.mark.local_only
def test_each_instance_streams_its_share(aws: LocalAws) -> None:
    source = streamed(aws, b"a", b"b", b"c")
    source["DataSource"]["S3DataSource"]["S3DataDistributionType"] = "ShardedByS3Key"
    script = "print(open('/opt/ml/input/data/train_0').read())"
    machines = {"InstanceCount": 2, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
    assert sorted(output(aws, script, source, ResourceConfig=machines)) == ["ac", "b"]


@pytest.mark.local_only
def test_a_channel_that_nobody_reads_holds_nothing_up(aws: LocalAws) -> None:
    assert output(aws, "print('done')", streamed(aws, b"x" * 1_000_000)) == ["done"]


@pytest.mark.local_only
def test_what_is_not_gzipped_fails_the_job_and_says_so(aws: LocalAws) -> None:
    job = aws.trained(
        aws.train(
            "open('/opt/ml/input/data/train_0').read()",
            InputDataConfig=[streamed(aws, b"plain", CompressionType="Gzip")],
        )
    )
    assert job["FailureReason"].startswith("ClientError: Data download failed:the object s3://")
    assert "is not gzipped" in job["FailureReason"]


@pytest.mark.local_only
def test_a_link_in_the_place_of_a_pipe_is_not_followed(aws: LocalAws) -> None:
    script = """
import os, time
os.unlink("/opt/ml/input/data/train_0")
os.symlink("/opt/ml/model/elsewhere", "/opt/ml/input/data/train_0")
open("/opt/ml/model/elsewhere", "w").close()
time.sleep(0.2)
"""
    reason = aws.trained(aws.train(script, InputDataConfig=[streamed(aws, b"secret")]))["FailureReason"]
    assert "the FIFO train_0 is not as it was made" in reason
