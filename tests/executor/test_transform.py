"""Batch transform with a real serving container: what it is sent, and what becomes of what it answers."""

from __future__ import annotations

import gzip
import json
import re
from datetime import UTC

import pytest

from tests.support.hosting import FIXED_PORT, Hosting
from tests.support.local_aws import ACCOUNT, BUCKET, IMAGE, unique
from tests.support.polling import eventually
from tests.support.transform import Transforms, transform_request

CSV = {"ContentType": "text/csv", "SplitType": "Line"}
LINES = {"Accept": "text/csv", "AssembleWith": "Line"}


@pytest.fixture
def transforms(hosting: Hosting) -> Transforms:
    return Transforms(hosting)


@pytest.mark.documented("batch-transform")
def test_every_object_becomes_one_of_its_name_with_out_behind_it(transforms: Transforms) -> None:
    job, output = transforms.run({"a.csv": "1,2\n", "deep/b.csv": "3,4\n"})
    assert job["TransformJobStatus"] == "Completed"
    assert output == {"a.csv.out": b"1,2\n", "deep/b.csv.out": b"3,4\n"}
    assert job["TransformEndTime"] >= job["TransformStartTime"] >= job["CreationTime"]


@pytest.mark.documented("batch-transform-data-processing: an id kept from the model and joined to its answer")
def test_filters_and_join_do_as_in_the_guides_example(transforms: Transforms) -> None:
    processing = {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"}
    _, output = transforms.run({"a.csv": "id1,5,6\nid2,7,8\n"}, CSV, LINES, DataProcessing=processing)
    assert output == {"a.csv.out": b"id1,6\nid2,8\n"}


@pytest.mark.documented("batch-transform: BatchStrategy, MaxPayloadInMB and SplitType decide what a request holds")
@pytest.mark.parametrize("strategy", ["SingleRecord", "MultiRecord"])
def test_records_are_sent_one_by_one_or_together_and_come_back_in_order(transforms: Transforms, strategy: str) -> None:
    rows = "".join(f"{number}\n" for number in range(50))
    more = {"BatchStrategy": strategy, "MaxConcurrentTransforms": 4, "MaxPayloadInMB": 1}
    job, output = transforms.run({"a.csv": rows}, CSV, LINES, **more)
    assert output == {"a.csv.out": rows.encode()}
    told = "SINGLE_RECORD" if strategy == "SingleRecord" else "MULTI_RECORD"
    parameters = f"MaxConcurrentTransforms=4, MaxPayloadInMB=1, BatchStrategy={told}"
    assert transforms.log(job["TransformJobName"], data=True) == [parameters]


@pytest.mark.documented("API_TransformInput: CompressionType")
def test_compressed_objects_are_unpacked_for_the_model(transforms: Transforms) -> None:
    _, output = transforms.run({"a.csv.gz": gzip.compress(b"1\n2\n")}, {**CSV, "CompressionType": "Gzip"}, LINES)
    assert output == {"a.csv.gz.out": b"1\n2\n"}


@pytest.mark.documented("batch-transform: InstanceCount; a file goes to one instance")
def test_several_instances_share_the_objects(transforms: Transforms) -> None:
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 2}
    objects = {f"{letter}.csv": f"{letter}\n" for letter in "abc"}
    job, output = transforms.run(objects, TransformResources=resources)
    assert output == {f"{key}.out": content.encode() for key, content in objects.items()}
    assert transforms.log(job["TransformJobName"]) == ["serving", "serving"]


@pytest.mark.documented("your-algorithms-batch-code: SAGEMAKER_BATCH and the variables for what the request gives")
def test_the_container_is_told_what_it_serves_for(transforms: Transforms) -> None:
    model = transforms.hosting.model(Environment={"A": "model", "B": "model"})
    more = {"Environment": {"B": "job"}, "MaxPayloadInMB": 2, "BatchStrategy": "SingleRecord"}
    _, output = transforms.run({"environment": "environment"}, model=model, **more)
    told = json.loads(output["environment.out"])
    assert (told["A"], told["B"], told["SAGEMAKER_BATCH"]) == ("model", "job", "true")
    assert (told["SAGEMAKER_MAX_PAYLOAD_IN_MB"], told["SAGEMAKER_BATCH_STRATEGY"]) == ("2", "SINGLE_RECORD")
    assert "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS" not in told


@pytest.mark.documented("batch-transform-errors: outputs of the objects that succeeded stay")
def test_an_object_the_model_refuses_fails_the_job_and_no_other_object(transforms: Transforms) -> None:
    objects = {"bad": "status=400", "good": "fine"}
    job, output = transforms.run(objects, TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1})
    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"] == "ClientError: See job logs for more information"
    assert output == {"good.out": b"fine"}
    place = f"{transforms.input(job['TransformJobName']).removeprefix('s3://')}bad"
    assert f"{place}: ClientError: 400" in transforms.log(job["TransformJobName"], data=True)


@pytest.mark.documented("API_ModelClientConfig: InvocationsMaxRetries, InvocationsTimeoutInSeconds")
@pytest.mark.parametrize(
    ("misbehaviour", "told"),
    [
        ("status=500", "Bad HTTP status received from algorithm: 500"),
        ("close", "Unable to get response from algorithm"),
        ("sleep=30", "Unable to get response from algorithm"),
    ],
)
def test_a_container_that_fails_is_asked_again_and_then_fails_the_job(
    transforms: Transforms, misbehaviour: str, told: str
) -> None:
    limits = {"InvocationsMaxRetries": 1, "InvocationsTimeoutInSeconds": 1}
    job, output = transforms.run({"a": misbehaviour}, ModelClientConfig=limits)
    assert job["FailureReason"] == "AlgorithmError: See job logs for more information"
    assert output == {}
    assert any(told in line for line in transforms.log(job["TransformJobName"], data=True))


@pytest.mark.documented("batch-transform-errors")
def test_a_record_larger_than_the_payload_and_one_that_is_no_csv_are_told(transforms: Transforms) -> None:
    objects = {"large": "x" * (1 << 20) + "y\n", "quoted": '"1\n'}
    processing = {"InputFilter": "$[0]"}
    job, output = transforms.run(objects, CSV, LINES, MaxPayloadInMB=1, DataProcessing=processing)
    assert (job["TransformJobStatus"], output) == ("Failed", {})
    lines = "\n".join(transforms.log(job["TransformJobName"], data=True))
    assert "larger than MaxPayloadInMB allows" in lines
    assert "Failed to parse the record as CSV" in lines


@pytest.mark.documented("amazon-sagemaker-examples#852: the FailureReason of a container without /ping")
@pytest.mark.parametrize("image", [{"image": IMAGE}, {"Environment": {"EXIT": "3"}}])
def test_a_container_that_cannot_serve_fails_the_job(transforms: Transforms, image: dict[str, object]) -> None:
    job, _ = transforms.run({"a": "1"}, model=transforms.hosting.model(**image))
    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: ")


@pytest.mark.local_only
def test_an_image_fixed_on_its_port_serves_too_and_reaches_this_server(transforms: Transforms) -> None:
    url = f"http://127.0.0.1:{transforms.aws.port}/_local/health"
    job, output = transforms.run({"a": url}, model=transforms.hosting.model(FIXED_PORT))
    assert job["TransformJobStatus"] == "Completed", transforms.log(job["TransformJobName"], data=True)
    assert json.loads(output["a.out"])["status"] == "ok"


@pytest.mark.documented("model-monitor-data-capture-batch: manifests by the hour, ids and times of records")
def test_what_is_captured_are_manifests_and_every_record_has_an_id(transforms: Transforms) -> None:
    kept = unique("captured")
    capture = {"DestinationS3Uri": f"s3://{BUCKET}/{kept}", "GenerateInferenceId": True}
    lines = {"SplitType": "Line", "ContentType": "text/csv"}
    objects: dict[str, str | bytes] = {"a.csv": "1\n2\n", "d/b.csv": "3\n"}
    name = transforms.start(objects, lines, {"Accept": "text/csv"}, DataCaptureConfig=capture)
    job = transforms.ended(name)
    assert (job["TransformJobStatus"], job["DataCaptureConfig"]) == ("Completed", capture)
    started = job["TransformStartTime"].astimezone(UTC)
    written = transforms.aws.read(f"{transforms.output(name)}/a.csv.out").decode().splitlines()
    identified = [re.fullmatch(r"(\d),([0-9a-f-]{36}),(.*)", line) for line in written]
    assert [found and (found[1], found[3]) for found in identified] == [
        (record, started.strftime("%Y-%m-%dT%H:%M:%SZ")) for record in "12"
    ]
    manifests = {
        side: json.loads(transforms.aws.read(f"s3://{BUCKET}/{kept}/{side}{key}"))
        for side in ("input", "output")
        for key in transforms.aws.keys(f"{kept}/{side}")
        if key.startswith(started.strftime("/%Y/%m/%d/%H/"))
    }
    assert manifests == {
        "input": [{"prefix": transforms.input(name)}, "a.csv", "d/b.csv"],
        "output": [{"prefix": f"{transforms.output(name)}/"}, "a.csv.out", "d/b.csv.out"],
    }


@pytest.mark.documented("API_StopTransformJob")
def test_a_stopped_job_writes_nothing_more(transforms: Transforms) -> None:
    name = transforms.start({"a": "sleep=60"})
    eventually(lambda: transforms.log(name, data=True) or None, "the container's first request")
    transforms.sagemaker.stop_transform_job(TransformJobName=name)
    job = transforms.ended(name)
    assert job["TransformJobStatus"] == "Stopped"
    assert "FailureReason" not in job
    assert transforms.aws.keys(f"{name}/out/") == []


@pytest.mark.local_only
def test_a_job_goes_on_when_its_model_is_deleted(transforms: Transforms) -> None:
    name, model = unique("transform"), transforms.hosting.model()
    uri = transforms.aws.put(f"{name}/in/a", "1")
    request = transform_request(name, model, uri, transforms.output(name))
    transforms.sagemaker.create_transform_job(**request)
    transforms.sagemaker.delete_model(ModelName=model)
    assert transforms.ended(name)["TransformJobStatus"] == "Completed"
    assert ACCOUNT in transforms.ended(name)["TransformJobArn"]
