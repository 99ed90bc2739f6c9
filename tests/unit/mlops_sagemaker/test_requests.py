import dataclasses
import json
import re
from datetime import timedelta
from typing import Any

import botocore.session
import pytest
from botocore.model import Shape, StructureShape
from botocore.validate import ParamValidator

from mlops_sagemaker import requests
from mlops_sagemaker.cards import ModelCard
from mlops_sagemaker.errors import UserError
from mlops_sagemaker.requests import (
    Baseline,
    BlueGreen,
    Categories,
    ContinuousRange,
    DataCapture,
    EndpointConfig,
    Input,
    Instances,
    IntegerRange,
    MetricsSource,
    Model,
    ModelPackage,
    Output,
    ProcessingJob,
    TrainingJob,
    TransformJob,
    TuningJob,
    Variant,
)

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
TUNING = TuningJob(
    training=TRAINING,
    objective="validation:mse",
    ranges={
        "eta": ContinuousRange(0.01, 0.5, "Logarithmic"),
        "depth": IntegerRange(2, 8),
        "booster": Categories(["a"]),
    },
    max_jobs=4,
    max_runtime=timedelta(hours=2),
    seed=7,
)
TRANSFORM = TransformJob(
    model_name="model",
    input="s3://bucket/rows/",
    output="s3://bucket/predictions/",
    instances=Instances("ml.m5.large"),
    max_runtime=timedelta(hours=1),
    join=True,
)
MODEL = Model(COMMON["role_arn"], package="arn:aws:sagemaker:us-east-1:000000000000:model-package/abalone/1")
CONFIG = EndpointConfig([Variant("model", "ml.m5.large", 2)], DataCapture("s3://bucket/captured/", 50))
CARD = ModelCard(
    purpose="rings",
    creator="run 1",
    model_data="s3://b/m.tar.gz",
    training_job="arn:aws:sagemaker:us-east-1:000000000000:training-job/job",
    image="registry/training:1",
    datasets=("s3://b/manifest.json",),
    hyperparameters={"eta": "0.1"},
    evaluated_on="s3://b/evaluation.json",
    metrics={"mse": 4.5},
    details={"gate_reason": "x" * 2000},
)
PACKAGE = ModelPackage(
    group="abalone",
    description="text",
    quality=Baseline(
        MetricsSource("s3://bucket/statistics.json", "ab" * 32),
        MetricsSource("s3://bucket/constraints.json", "cd" * 32),
    ),
    data_quality=Baseline(
        MetricsSource("s3://bucket/data/s.json", "12" * 32), MetricsSource("s3://bucket/data/c.json", "34" * 32)
    ),
    generated_by=CARD.training_job,
    card=CARD,
    properties={"model_data": "s3://b/m.tar.gz"},
)


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
        ("CreateHyperParameterTuningJob", {"HyperParameterTuningJobName": "j", **TUNING.request()}),
        ("CreateTransformJob", {"TransformJobName": "j", **TRANSFORM.request()}),
        ("CreateModel", {"ModelName": "m", **MODEL.request()}),
        ("CreateModel", {"ModelName": "m", **Model("arn:aws:iam::000000000000:role/r", "", "i", "s3://b/m").request()}),
        ("CreateEndpointConfig", {"EndpointConfigName": "c", **CONFIG.request()}),
        *(
            (
                "UpdateEndpoint",
                {
                    "EndpointName": "e",
                    "EndpointConfigName": "c",
                    "DeploymentConfig": BlueGreen(traffic, alarms=["errors"]).request(),
                },
            )
            for traffic in ("ALL_AT_ONCE", "CANARY", "LINEAR")
        ),
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
    assert not {"ContainerEntrypoint", "ContainerArguments"} & request["AlgorithmSpecification"].keys()
    assert request["Environment"] == {
        "PYTHONPATH": "/opt/ml/input/data/code",
        "TRAINING_COMMAND": "abalone step --option=value",
    }
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


def test_a_package_waits_for_approval_with_measurements_by_hash_baselines_origin_and_card() -> None:
    request = PACKAGE.request()
    assert request["ModelApprovalStatus"] == "PendingManualApproval"
    assert "InferenceSpecification" not in request
    quality = request["ModelMetrics"]["ModelQuality"]
    assert quality["Statistics"] == {
        "ContentType": "application/json",
        "ContentDigest": "sha256:" + "ab" * 32,
        "S3Uri": "s3://bucket/statistics.json",
    }
    assert quality["Constraints"]["S3Uri"] == "s3://bucket/constraints.json"
    data = request["ModelMetrics"]["ModelDataQuality"]
    assert (data["Statistics"]["S3Uri"], data["Constraints"]["ContentDigest"]) == (
        "s3://bucket/data/s.json",
        "sha256:" + "34" * 32,
    )
    assert request["DriftCheckBaselines"] == request["ModelMetrics"]
    assert request["MetadataProperties"] == {"GeneratedBy": CARD.training_job}
    assert request["ModelCard"]["ModelCardStatus"] == "PendingReview"
    assert json.loads(request["ModelCard"]["ModelCardContent"]) == CARD.content()


@pytest.mark.parametrize("value", ["", "x" * 257, "a,b", "a~b", "a\nb"])
def test_a_property_sagemaker_does_not_store_is_refused_by_name(value: str) -> None:
    package = dataclasses.replace(PACKAGE, properties={"model_data": value})
    with pytest.raises(UserError, match="property model_data of a model package is"):
        package.request()


def test_tuning_chooses_the_hyperparameters_it_has_ranges_for_and_keeps_the_others() -> None:
    training = dataclasses.replace(TRAINING, hyperparameters={"eta": "0.1", "seed": "7"})
    request = dataclasses.replace(TUNING, training=training).request()
    assert request["TrainingJobDefinition"]["StaticHyperParameters"] == {"seed": "7"}
    assert "HyperParameters" not in request["TrainingJobDefinition"]
    ranges = request["HyperParameterTuningJobConfig"]["ParameterRanges"]
    assert {kind: [each["Name"] for each in values] for kind, values in ranges.items()} == {
        "ContinuousParameterRanges": ["eta"],
        "IntegerParameterRanges": ["depth"],
        "CategoricalParameterRanges": ["booster"],
    }


def test_tuning_without_a_seed_leaves_it_to_sagemaker() -> None:
    assert "RandomSeed" not in dataclasses.replace(TUNING, seed=None).request()["HyperParameterTuningJobConfig"]


@pytest.mark.parametrize(
    ("traffic", "step"), [("ALL_AT_ONCE", None), ("CANARY", "CanarySize"), ("LINEAR", "LinearStepSize")]
)
def test_a_deployment_shifts_by_the_step_that_its_kind_has(traffic: Any, step: str | None) -> None:
    request = BlueGreen(traffic, percent=20).request()
    routing = request["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert [routing.get(name, {}).get("Value") for name in ("CanarySize", "LinearStepSize")].count(20) == bool(step)
    assert step is None or routing[step] == {"Type": "CAPACITY_PERCENT", "Value": 20}
    assert "AutoRollbackConfiguration" not in request
