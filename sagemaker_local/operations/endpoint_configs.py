"""Create, Describe, List and Delete of endpoint configurations."""

from __future__ import annotations

from typing import Any

from sagemaker_local.errors import validation_error
from sagemaker_local.operations import checks, immutable
from sagemaker_local.operations.fields import refuse_unsupported
from sagemaker_local.operations.models import existing_model
from sagemaker_local.operations.registry import Context, Request, operation
from sagemaker_local.operations.resources import ENDPOINT_CONFIG
from sagemaker_local.store import Record

_CONFIG = immutable.Kind(ENDPOINT_CONFIG, "endpoint configuration", "EndpointConfig")
# The guide's page serverless-endpoints lists what cannot be had with them.
_NOT_SERVERLESS = ("DataCaptureConfig", "AsyncInferenceConfig", "ShadowProductionVariants", "VpcConfig")


@operation("CreateEndpointConfig")
def create_endpoint_config(context: Context, request: Request) -> Request:
    """Checks that the variants' models are there and that what is asked of each goes together."""
    refuse_unsupported("CreateEndpointConfig", request)
    tags = checks.tags_of(request)
    variants, shadows = request["ProductionVariants"], request.get("ShadowProductionVariants", [])
    checks.check_unique("VariantName", [variant["VariantName"] for variant in (*variants, *shadows)])
    for variant in (*variants, *shadows):
        _check_variant(context, variant)
    if shadows and (len(variants), len(shadows)) != (1, 1):
        raise validation_error("A shadow variant goes with exactly one production variant, and is the only one.")
    check_weights([variant.get("InitialVariantWeight", 1.0) for variant in variants])
    if any("ServerlessConfig" in variant for variant in variants):
        _check_serverless(context, request)
    if "DataCaptureConfig" in request:
        checks.check_s3_uri("DataCaptureConfig.DestinationS3Uri", request["DataCaptureConfig"]["DestinationS3Uri"])
    if "AsyncInferenceConfig" in request:
        _check_asynchronous(request)
    checks.check_network_isolation(context, request.get("EnableNetworkIsolation", False))
    if "ExecutionRoleArn" in request:
        checks.check_role(context, request["ExecutionRoleArn"])
    return immutable.add(context, _CONFIG, _record(context, request), tags)


def _record(context: Context, request: Request) -> Record:
    weighted: Record = {
        kind: [{"InitialVariantWeight": 1.0, **variant} for variant in request[kind]]
        for kind in ("ProductionVariants", "ShadowProductionVariants")
        if kind in request
    }
    return {**immutable.new_record(context, _CONFIG, request), **weighted}


def _check_variant(context: Context, variant: dict[str, Any]) -> None:
    name = variant["VariantName"]
    if "ModelName" not in variant:
        raise validation_error(
            f"Production variant {name}: ModelName must be given; the local SageMaker has no inference components"
        )
    existing_model(context, variant["ModelName"])
    machines = "InstanceType" in variant and "InitialInstanceCount" in variant
    if machines == ("ServerlessConfig" in variant):
        raise validation_error(
            f"Production variant {name}: give either InstanceType and InitialInstanceCount, or ServerlessConfig"
        )
    if variant.get("RoutingConfig", {}).get("RoutingStrategy") == "PREFIX_AWARE":
        raise validation_error("RoutingStrategy PREFIX_AWARE is not supported by the local SageMaker")


def _check_asynchronous(request: Request) -> None:
    if "ShadowProductionVariants" in request:
        raise validation_error("ShadowProductionVariants are not supported for asynchronous endpoints.")
    output = request["AsyncInferenceConfig"]["OutputConfig"]
    for member in ("S3OutputPath", "S3FailurePath"):
        if member in output:
            checks.check_s3_uri(f"AsyncInferenceConfig.OutputConfig.{member}", output[member])


def _check_serverless(context: Context, request: Request) -> None:
    if len(request["ProductionVariants"]) > 1:
        raise validation_error("A serverless endpoint has one production variant.")
    for member in _NOT_SERVERLESS:
        if request.get(member):
            raise validation_error(f"{member} is not supported for serverless endpoints.")
    (variant,) = request["ProductionVariants"]
    serverless = variant["ServerlessConfig"]
    if serverless["MemorySizeInMB"] % 1024:
        raise validation_error("ServerlessConfig.MemorySizeInMB must be a multiple of 1024")
    check_concurrency(serverless)
    model = existing_model(context, variant["ModelName"])
    if model["EnableNetworkIsolation"] or request.get("EnableNetworkIsolation"):
        raise validation_error("EnableNetworkIsolation is not supported for serverless endpoints.")


def check_concurrency(serverless: dict[str, Any]) -> None:
    """What is provisioned is a part of what there is."""
    if serverless.get("ProvisionedConcurrency", 0) > serverless["MaxConcurrency"]:
        raise validation_error("ServerlessConfig.ProvisionedConcurrency must not exceed MaxConcurrency")


def check_weights(weights: list[float]) -> None:
    """Some variant gets traffic."""
    if sum(weights) <= 0:
        raise validation_error("The weight of at least one production variant must be greater than 0.")


@operation("DescribeEndpointConfig")
def describe_endpoint_config(context: Context, request: Request) -> Request:
    """The configuration as it was created."""
    return existing_config(context, request["EndpointConfigName"])


@operation("ListEndpointConfigs")
def list_endpoint_configs(context: Context, request: Request) -> Request:
    """Summaries, the newest first."""
    return immutable.listed(context, _CONFIG, request)


@operation("DeleteEndpointConfig")
def delete_endpoint_config(context: Context, request: Request) -> None:
    """Also one that is in use, as AWS allows: the endpoint keeps a copy."""
    immutable.delete(context, _CONFIG, request["EndpointConfigName"])


def existing_config(context: Context, name: str) -> Record:
    """The configuration of that name; raises ``ValidationException``."""
    return immutable.existing(context, _CONFIG, name)
