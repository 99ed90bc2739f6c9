"""An endpoint and a batch transform job of an XGBoost model, by boto3 and by the AWS command line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.conformance import data
from tests.conformance.aws import algorithm
from tests.conformance.aws.command import aws_cli, run, sagemaker
from tests.support.local_aws import BUCKET, LocalAws, unique

pytestmark = pytest.mark.documented(
    "Amazon SageMaker Developer Guide: deploy models for real-time inference; batch transform. AWS CLI: sagemaker"
)

QUICK = {"Delay": 1, "MaxAttempts": 60}
ROWS = data.label_first(data.abalone()[:3])
FEATURES = "\n".join(line.partition(",")[2] for line in ROWS.splitlines())


@pytest.fixture
def client() -> Any:
    return boto3.client("sagemaker")


@pytest.fixture
def model_url(aws: LocalAws, client: Any, role: str) -> str:
    """What the algorithm has learnt."""
    name = unique("model")
    client.create_training_job(**algorithm.training(name, algorithm.channels(aws), role))
    client.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=name, WaiterConfig=QUICK)
    return str(client.describe_training_job(TrainingJobName=name)["ModelArtifacts"]["S3ModelArtifacts"])


@pytest.fixture
def model_name(client: Any, role: str, model_url: str) -> str:
    name = unique("abalone")
    client.create_model(
        ModelName=name,
        ExecutionRoleArn=role,
        PrimaryContainer={"Image": algorithm.IMAGE, "ModelDataUrl": model_url},
    )
    return name


def probabilities(answer: str) -> list[float]:
    """The numbers of an answer, which are probabilities."""
    found = [float(number) for number in re.split(r"[,\n]", answer.strip())]
    assert all(0 < number < 1 for number in found)
    return found


def variants(model: str, instances: int) -> list[dict[str, Any]]:
    return [
        {
            "VariantName": "variant1",
            "ModelName": model,
            "InstanceType": "ml.m5.xlarge",
            "InitialInstanceCount": instances,
        }
    ]


def test_an_endpoint_is_deployed_invoked_updated_and_deleted(client: Any, model_name: str) -> None:
    name = unique("boto3")
    for instances in (1, 2):
        client.create_endpoint_config(
            EndpointConfigName=f"{name}-{instances}", ProductionVariants=variants(model_name, instances)
        )
    client.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-1")
    in_service = client.get_waiter("endpoint_in_service")
    in_service.wait(EndpointName=name, WaiterConfig=QUICK)
    runtime = boto3.client("sagemaker-runtime")
    response = runtime.invoke_endpoint(EndpointName=name, Body=FEATURES, ContentType="text/csv")
    assert response["InvokedProductionVariant"] == "variant1"
    assert len(probabilities(response["Body"].read().decode())) == 3
    streamed = runtime.invoke_endpoint_with_response_stream(EndpointName=name, Body=FEATURES, ContentType="text/csv")
    parts = [event["PayloadPart"]["Bytes"] for event in streamed["Body"]]
    assert len(probabilities(b"".join(parts).decode())) == 3

    client.update_endpoint(EndpointName=name, EndpointConfigName=f"{name}-2")
    in_service.wait(EndpointName=name, WaiterConfig=QUICK)
    described = client.describe_endpoint(EndpointName=name)
    assert described["EndpointConfigName"] == f"{name}-2"
    assert described["ProductionVariants"][0]["CurrentInstanceCount"] == 2

    client.delete_endpoint(EndpointName=name)
    client.get_waiter("endpoint_deleted").wait(EndpointName=name, WaiterConfig=QUICK)
    with pytest.raises(ClientError, match=f"Endpoint {name} of account 000000000000 not found"):
        runtime.invoke_endpoint(EndpointName=name, Body=FEATURES, ContentType="text/csv")
    for instances in (1, 2):
        client.delete_endpoint_config(EndpointConfigName=f"{name}-{instances}")
    client.delete_model(ModelName=model_name)


def transform(name: str, model: str, rows: str) -> dict[str, Any]:
    """A CreateTransformJob request: the label is left out of what is asked, and joined to what is answered."""
    return {
        "TransformJobName": name,
        "ModelName": model,
        "BatchStrategy": "MultiRecord",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": rows}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        "TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/{name}", "Accept": "text/csv", "AssembleWith": "Line"},
        "TransformResources": {"InstanceType": "ml.m4.xlarge", "InstanceCount": 1},
        "DataProcessing": {"InputFilter": "$[1:]", "OutputFilter": "$[0,-1]", "JoinSource": "Input"},
    }


def check_transformed(answers: str) -> None:
    """A line for each row: its label, and what the model says."""
    lines = [line.split(",") for line in answers.splitlines()]
    assert [line[0] for line in lines] == [row.partition(",")[0] for row in ROWS.splitlines()]
    assert len(probabilities("\n".join(line[1] for line in lines))) == 3


def test_rows_are_transformed_in_batch(aws: LocalAws, client: Any, model_name: str) -> None:
    name = unique("boto3")
    client.create_transform_job(**transform(name, model_name, aws.put(f"{name}-in/rows.csv", ROWS)))
    waiter = client.get_waiter("transform_job_completed_or_stopped")
    waiter.wait(TransformJobName=name, WaiterConfig=QUICK)
    assert client.describe_transform_job(TransformJobName=name)["TransformJobStatus"] == "Completed"
    check_transformed(aws.read(f"s3://{BUCKET}/{name}/rows.csv.out").decode())


def test_the_command_line_deploys_invokes_updates_and_deletes(model_url: str, role: str) -> None:
    name = unique("cli")
    container = f"Image={algorithm.IMAGE},ModelDataUrl={model_url}"
    named = ["--endpoint-name", name]
    run("sagemaker", "create-model", "--model-name", name, "--primary-container", container,
        "--execution-role-arn", role)  # fmt: skip
    for instances in (1, 2):
        variant = f"VariantName=Default,ModelName={name},InitialInstanceCount={instances},InstanceType=ml.c4.large"
        run("sagemaker", "create-endpoint-config", "--endpoint-config-name", f"{name}-{instances}",
            "--production-variants", variant)  # fmt: skip
    run("sagemaker", "create-endpoint", *named, "--endpoint-config-name", f"{name}-1")
    run("sagemaker", "wait", "endpoint-in-service", *named)

    Path("rows.csv").write_text(FEATURES)
    invoke = ["--content-type", "text/csv", "--body", "fileb://rows.csv", "answer.csv"]
    answered = aws_cli("sagemaker-runtime", "invoke-endpoint", *named, *invoke)
    assert answered["InvokedProductionVariant"] == "Default"
    assert len(probabilities(Path("answer.csv").read_text())) == 3

    run("sagemaker", "update-endpoint", *named, "--endpoint-config-name", f"{name}-2")
    run("sagemaker", "wait", "endpoint-in-service", *named)
    query = ["--query", "ProductionVariants[0].CurrentInstanceCount"]
    assert aws_cli("sagemaker", "describe-endpoint", *named, *query) == 2
    run("sagemaker", "delete-endpoint", *named)
    run("sagemaker", "wait", "endpoint-deleted", *named)
    for instances in (1, 2):
        run("sagemaker", "delete-endpoint-config", "--endpoint-config-name", f"{name}-{instances}")
    run("sagemaker", "delete-model", "--model-name", name)


def test_the_command_line_transforms_rows_in_batch(aws: LocalAws, model_name: str) -> None:
    name = unique("cli")
    sagemaker("create-transform-job", transform(name, model_name, aws.put(f"{name}-in/rows.csv", ROWS)))
    run("sagemaker", "wait", "transform-job-completed-or-stopped", "--transform-job-name", name)
    run("s3", "cp", f"s3://{BUCKET}/{name}/rows.csv.out", "answers.csv")
    check_transformed(Path("answers.csv").read_text())
