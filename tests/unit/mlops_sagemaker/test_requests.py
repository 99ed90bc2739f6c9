import re
from datetime import timedelta
from typing import Any

import botocore.session
import pytest
from botocore.model import Shape, StructureShape
from botocore.validate import ParamValidator

from mlops_sagemaker import requests
from mlops_sagemaker.errors import UserError
from mlops_sagemaker.requests import Input, Instances, ModelPackage, Output, ProcessingJob, TrainingJob

COMMON: dict[str, Any] = {
    "module": "abalone",
    "arguments": ["step", "--option=value"],
    "image": "000000000000.dkr.ecr.us-east-1.amazonaws.com/nightshift/training:0123456789ab",
    "code": "s3://bucket/code/1/",
    "role_arn": "arn:aws:iam::000000000000:role/jobs",
    "instances": Instances("ml.m5.large"),
    "max_runtime": timedelta(hours=1),
}
PROCESSING = ProcessingJob(
    inputs=[Input("data", "s3://bucket/run/manifest.json", manifest=True), Input("champion", "")],
    outputs=[Output("report", "s3://bucket/run/report/"), Output("train", "s3://bucket/run/train/", "train")],
    **COMMON,
)
TRAINING = TrainingJob(
    channels={"train": "s3://bucket/run/train/"},
    output="s3://bucket/run/train/",
    hyperparameters={"eta": "0.1"},
    metrics={"validation:mse": "validation:mse=([0-9.eE+-]+)"},
    **COMMON,
)
PACKAGE = ModelPackage("abalone", "text", "s3://bucket/report.json", "ab" * 32, {"model_data": "s3://b/m.tar.gz"})


def problems_with(request: Any, shape: Shape, place: str = "$") -> list[str]:
    """Bounds, patterns and enumerations of botocore's model, which its own validator does not look at."""
    if isinstance(request, dict):
        members = shape.members if isinstance(shape, StructureShape) else dict.fromkeys(request, shape.value)
        return [p for key, value in request.items() for p in problems_with(value, members[key], f"{place}.{key}")]
    if isinstance(request, list):
        return [p for value in request for p in problems_with(value, shape.member, f"{place}[]")]
    found = []
    size = len(request) if isinstance(request, str) else request
    if not shape.metadata.get("min", size) <= size <= shape.metadata.get("max", size):
        found.append(f"{place}: {size} is out of bounds")
    pattern = shape.metadata.get("pattern")
    if pattern and "\\p" not in pattern and not re.fullmatch(pattern, request):
        found.append(f"{place}: {request} does not match {pattern}")
    if isinstance(request, str) and request not in (getattr(shape, "enum", None) or [request]):
        found.append(f"{place}: {request} is not one of {shape.enum}")
    return found


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        (
            "CreateProcessingJob",
            {"ProcessingJobName": "j", **requests.without_absent_inputs(PROCESSING.request())},
        ),
        ("CreateTrainingJob", {"TrainingJobName": "j", **TRAINING.request()}),
        ("CreateModelPackage", {"ClientToken": "t", **PACKAGE.request()}),
    ],
)
def test_requests_are_what_botocores_service_model_asks_for(operation: str, request_: dict[str, Any]) -> None:
    shape = botocore.session.get_session().get_service_model("sagemaker").operation_model(operation).input_shape
    assert not ParamValidator().validate(request_, shape).generate_report()
    assert not problems_with(request_, shape)


def test_a_processing_job_runs_its_module_with_the_code_on_its_path() -> None:
    request = PROCESSING.request()
    assert request["AppSpecification"]["ContainerEntrypoint"] == ["python3", "-m", "abalone"]
    assert request["AppSpecification"]["ContainerArguments"] == ["step", "--option=value"]
    code = next(source for source in request["ProcessingInputs"] if source["InputName"] == "code")
    assert code["S3Input"]["LocalPath"] == request["Environment"]["PYTHONPATH"]


def test_a_training_job_runs_its_module_with_the_code_channel_on_its_path() -> None:
    request = TRAINING.request()
    assert request["AlgorithmSpecification"]["ContainerEntrypoint"] == ["python3", "-m", "abalone"]
    assert request["AlgorithmSpecification"]["ContainerArguments"] == ["step", "--option=value"]
    assert request["Environment"]["PYTHONPATH"] == "/opt/ml/input/data/code"
    assert [channel["ChannelName"] for channel in request["InputDataConfig"]] == ["train", "code"]


def test_a_manifest_input_lists_objects_and_any_other_is_a_prefix() -> None:
    kinds = {s["InputName"]: s["S3Input"]["S3DataType"] for s in PROCESSING.request()["ProcessingInputs"]}
    assert kinds == {"data": "ManifestFile", "champion": "S3Prefix", "code": "S3Prefix"}


def test_an_input_lies_in_a_folder_of_its_name_or_of_another() -> None:
    paths = [Input("a", "s3://b/a").request(), Input("a", "s3://b/a", path="models/a").request()]
    assert [source["S3Input"]["LocalPath"] for source in paths] == [
        "/opt/ml/processing/input/a",
        "/opt/ml/processing/input/models/a",
    ]


@pytest.mark.parametrize("uri", ["", None])
def test_an_input_without_uri_is_left_out(uri: str | None) -> None:
    job = ProcessingJob(inputs=[Input("champion", uri)], outputs=[], **COMMON)
    assert [s["InputName"] for s in requests.without_absent_inputs(job.request())["ProcessingInputs"]] == ["code"]


def test_a_request_without_inputs_stays_as_it_is() -> None:
    assert requests.without_absent_inputs(TRAINING.request()) == TRAINING.request()


def test_every_job_has_a_time_limit() -> None:
    assert PROCESSING.request()["StoppingCondition"] == {"MaxRuntimeInSeconds": 3600}
    assert TRAINING.request()["StoppingCondition"] == {"MaxRuntimeInSeconds": 3600}


def test_a_package_waits_for_approval_and_names_its_report_with_hash() -> None:
    request = PACKAGE.request()
    assert request["ModelApprovalStatus"] == "PendingManualApproval"
    assert "InferenceSpecification" not in request
    statistics = request["ModelMetrics"]["ModelQuality"]["Statistics"]
    assert (statistics["S3Uri"], statistics["ContentDigest"]) == (
        "s3://bucket/report.json",
        "sha256:" + "ab" * 32,
    )


@pytest.mark.parametrize("value", ["", "x" * 257])
def test_a_property_sagemaker_does_not_store_is_refused_by_name(value: str) -> None:
    package = ModelPackage("abalone", "text", "s3://bucket/report.json", "ab" * 32, {"model_data": value})
    with pytest.raises(UserError, match="property model_data of a model package has"):
        package.request()
