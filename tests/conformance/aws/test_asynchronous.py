"""Asynchronous inference and automatic scaling of endpoints, by boto3 and by the AWS command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.conformance.aws.command import aws_cli, run
from tests.support.asynchronous import result
from tests.support.hosting import SERVING
from tests.support.local_aws import BUCKET, LocalAws, unique

pytestmark = pytest.mark.documented(
    "Amazon SageMaker Developer Guide: async-inference-create-invoke-update-delete, endpoint-auto-scaling-cli. "
    "AWS CLI: sagemaker-runtime, application-autoscaling"
)

QUICK = {"Delay": 1, "MaxAttempts": 60}
DIMENSION = "sagemaker:variant:DesiredInstanceCount"


@pytest.fixture
def model_name(role: str) -> str:
    """Its container answers with what it is sent."""
    name = unique("model")
    boto3.client("sagemaker").create_model(
        ModelName=name, ExecutionRoleArn=role, PrimaryContainer={"Image": SERVING, "Mode": "SingleModel"}
    )
    return name


def test_boto3_deploys_an_asynchronous_endpoint_and_asks_it(aws: LocalAws, model_name: str) -> None:
    client, name = boto3.client("sagemaker"), unique("boto3-async")
    client.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[
            {
                "VariantName": "variant1",
                "ModelName": model_name,
                "InstanceType": "ml.m5.xlarge",
                "InitialInstanceCount": 1,
            }
        ],
        AsyncInferenceConfig={
            "OutputConfig": {"S3OutputPath": f"s3://{BUCKET}/{name}/output"},
            "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 4},
        },
    )
    client.create_endpoint(EndpointName=name, EndpointConfigName=name)
    client.get_waiter("endpoint_in_service").wait(EndpointName=name, WaiterConfig=QUICK)
    response = boto3.client("sagemaker-runtime").invoke_endpoint_async(
        EndpointName=name, InputLocation=aws.put(f"{name}/in.csv", "1,2,3"), ContentType="text/csv"
    )
    assert result(aws, response["OutputLocation"]) == b"1,2,3"
    client.delete_endpoint(EndpointName=name)
    client.get_waiter("endpoint_deleted").wait(EndpointName=name, WaiterConfig=QUICK)


def command_line_endpoint(model_name: str, *more: str) -> list[str]:
    """The option that names an endpoint in service."""
    name = unique("cli")
    variant = f"VariantName=variant1,ModelName={model_name},InitialInstanceCount=1,InstanceType=ml.m5.xlarge"
    run("sagemaker", "create-endpoint-config", "--endpoint-config-name", name, "--production-variants", variant,
        *more)  # fmt: skip
    named = ["--endpoint-name", name]
    run("sagemaker", "create-endpoint", *named, "--endpoint-config-name", name)
    run("sagemaker", "wait", "endpoint-in-service", *named)
    return named


def test_the_command_line_deploys_an_asynchronous_endpoint_and_asks_it(aws: LocalAws, model_name: str) -> None:
    output = f"OutputConfig={{S3OutputPath=s3://{BUCKET}/cli-async/output}}"
    named = command_line_endpoint(model_name, "--async-inference-config", output)
    source = aws.put(f"{named[1]}/in.csv", "1,2,3")
    asked = ["--input-location", source, "--content-type", "text/csv", "--inference-id", "row-1"]
    answered = aws_cli("sagemaker-runtime", "invoke-endpoint-async", *named, *asked)
    assert answered["InferenceId"] == "row-1"
    assert answered["OutputLocation"].startswith(f"s3://{BUCKET}/cli-async/output/")
    assert result(aws, answered["OutputLocation"]) == b"1,2,3"
    run("s3", "cp", answered["OutputLocation"], "answer.csv")
    assert Path("answer.csv").read_text() == "1,2,3"
    run("sagemaker", "delete-endpoint", *named)
    run("sagemaker", "wait", "endpoint-deleted", *named)


def test_the_command_line_registers_a_variant_gives_it_a_policy_and_deregisters_it(model_name: str) -> None:
    named = command_line_endpoint(model_name)
    space = ["--service-namespace", "sagemaker"]
    target = [*space, "--resource-id", f"endpoint/{named[1]}/variant/variant1", "--scalable-dimension", DIMENSION]

    def scaling(command: str, *arguments: str) -> Any:
        return aws_cli("application-autoscaling", command, *arguments)

    scaling("register-scalable-target", *target, "--min-capacity", "2", "--max-capacity", "8")
    run("sagemaker", "wait", "endpoint-in-service", *named)
    query = ["--query", "ScalingActivities[0].Cause"]
    assert scaling("describe-scaling-activities", *space, *query) == "minimum capacity was set to 2"
    config = {
        "TargetValue": 70.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        "ScaleInCooldown": 600,
        "ScaleOutCooldown": 300,
    }
    Path("config.json").write_text(json.dumps(config))
    made = scaling(
        "put-scaling-policy", *target, "--policy-name", "my-scaling-policy", "--policy-type", "TargetTrackingScaling",
        "--target-tracking-scaling-policy-configuration", "file://config.json",
    )  # fmt: skip
    assert len(made["Alarms"]) == 2
    (policy,) = scaling("describe-scaling-policies", *space)["ScalingPolicies"]
    assert (policy["PolicyARN"], policy["TargetTrackingScalingPolicyConfiguration"]) == (made["PolicyARN"], config)
    scaling("delete-scaling-policy", *target, "--policy-name", "my-scaling-policy")
    scaling("deregister-scalable-target", *target)
    assert scaling("describe-scalable-targets", *space)["ScalableTargets"] == []
    run("sagemaker", "delete-endpoint", *named)
    run("sagemaker", "wait", "endpoint-deleted", *named)
