"""Files that reach S3 while their job is still running: checkpoints, and outputs of mode Continuous."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.local_aws import BUCKET, LocalAws, processing_output, unique
from tests.support.polling import eventually

WAIT_FOR_STOP = """
import pathlib, signal, sys, time
stopped = []
signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
def until_stopped():
    while not stopped: time.sleep(0.01)
"""


def continuous(name: str, uri: str) -> dict[str, Any]:
    output = processing_output(name, uri)
    return {**output, "S3Output": {**output["S3Output"], "S3UploadMode": "Continuous"}}


@pytest.mark.documented("ProcessingS3Output: S3UploadMode Continuous")
def test_a_continuous_output_is_uploaded_while_the_job_runs_and_again_when_it_changes(aws: LocalAws) -> None:
    prefix = unique("continuous")
    script = f"""{WAIT_FOR_STOP}
file = pathlib.Path("/opt/ml/processing/out/deep/part.txt")
file.parent.mkdir()
file.write_text("first")
until_stopped()
file.write_text("changed at the end")
"""
    outputs = {"Outputs": [continuous("out", f"s3://{BUCKET}/{prefix}")]}
    name = aws.process(script, ProcessingOutputConfig=outputs)
    eventually(lambda: aws.keys(prefix) == ["/deep/part.txt"], "the upload of the first version")
    status = aws.sagemaker.describe_processing_job(ProcessingJobName=name)["ProcessingJobStatus"]
    assert status == "InProgress"
    assert aws.read(f"s3://{BUCKET}/{prefix}/deep/part.txt") == b"first"
    aws.sagemaker.stop_processing_job(ProcessingJobName=name)
    aws.processed(name)
    assert aws.read(f"s3://{BUCKET}/{prefix}/deep/part.txt") == b"changed at the end"


@pytest.mark.local_only
def test_what_a_continuous_output_has_uploaded_stays_when_its_file_goes(aws: LocalAws) -> None:
    prefix = unique("continuous")
    script = f"""{WAIT_FOR_STOP}
file = pathlib.Path("/opt/ml/processing/out/kept.txt")
file.write_text("kept")
until_stopped()
file.unlink()
"""
    outputs = {"Outputs": [continuous("out", f"s3://{BUCKET}/{prefix}")]}
    name = aws.process(script, ProcessingOutputConfig=outputs)
    eventually(lambda: aws.keys(prefix), "the upload")
    aws.sagemaker.stop_processing_job(ProcessingJobName=name)
    aws.processed(name)
    assert aws.keys(prefix) == ["/kept.txt"]


@pytest.mark.documented("model-checkpoints: resume from the same S3Uri")
def test_checkpoints_are_kept_up_during_a_job_and_restored_for_the_next(aws: LocalAws) -> None:
    prefix = unique("checkpoints")
    config = {"S3Uri": f"s3://{BUCKET}/{prefix}"}
    script = f"""{WAIT_FOR_STOP}
folder = pathlib.Path("/opt/ml/checkpoints")
(folder / "epoch-1").write_text("1")
until_stopped()
(folder / "epoch-1").unlink()
(folder / "epoch-2").write_text("2")
"""
    name = aws.train(script, CheckpointConfig=config)
    eventually(lambda: aws.keys(prefix) == ["/epoch-1"], "the first checkpoint")
    aws.sagemaker.stop_training_job(TrainingJobName=name)
    job = aws.trained(name)
    assert job["CheckpointConfig"] == config
    assert aws.keys(prefix) == ["/epoch-2"]

    resumed = aws.train("print(open('/opt/ml/checkpoints/epoch-2').read())", CheckpointConfig=config)
    assert aws.trained(resumed)["TrainingJobStatus"] == "Completed"
    assert aws.log_lines("TrainingJobs", resumed) == ["2"]
    assert aws.keys(prefix) == ["/epoch-2"]


@pytest.mark.local_only
def test_checkpoints_may_lie_elsewhere_below_opt_ml(aws: LocalAws) -> None:
    prefix = unique("checkpoints")
    config = {"S3Uri": f"s3://{BUCKET}/{prefix}/", "LocalPath": "/opt/ml/mine/deep"}
    name = aws.train("open('/opt/ml/mine/deep/c', 'w').write('1')", CheckpointConfig=config)
    assert aws.trained(name)["TrainingJobStatus"] == "Completed"
    assert aws.keys(prefix) == ["/c"]


@pytest.mark.local_only
@pytest.mark.parametrize("path", ["/mnt/checkpoints", "/opt/ml", "/opt/ml/../etc"])
def test_checkpoints_outside_opt_ml_are_refused(aws: LocalAws, path: str) -> None:
    config = {"S3Uri": f"s3://{BUCKET}/x", "LocalPath": path}
    with pytest.raises(aws.sagemaker.exceptions.ClientError, match=r"CheckpointConfig\.LocalPath"):
        aws.train("", CheckpointConfig=config)


@pytest.mark.local_only
def test_checkpoints_that_cannot_be_stored_fail_the_job(aws: LocalAws) -> None:
    config = {"S3Uri": "s3://no-such-bucket-here/checkpoints"}
    name = aws.train("open('/opt/ml/checkpoints/c', 'w').write('1')", CheckpointConfig=config)
    reason = aws.trained(name)["FailureReason"]
    assert reason.startswith("ClientError: Checkpoint upload failed:")
    assert "no-such-bucket-here" in reason


@pytest.mark.local_only
@pytest.mark.parametrize(
    "link",
    [
        "os.rmdir('/opt/ml/model'); os.symlink('/etc', '/opt/ml/model')",
        "os.symlink('/etc/hostname', '/opt/ml/output/failure'); sys.exit(1)",
        "os.rmdir('/opt/ml/output/data'); os.symlink('/etc', '/opt/ml/output/data')",
    ],
)
def test_a_link_that_leads_out_of_opt_ml_fails_the_job_and_reads_nothing(aws: LocalAws, link: str) -> None:
    job = aws.trained(aws.train(f"import os, sys; {link}"))
    assert job["TrainingJobStatus"] == "Failed"
    assert "leads out of /opt/ml" in job["FailureReason"]
    assert aws.keys(f"models/{job['TrainingJobName']}") == []
