"""Create, Describe, List and Delete of models."""

from __future__ import annotations

from typing import Any

from sagemaker_local.domain.events import model_event
from sagemaker_local.errors import validation_error
from sagemaker_local.execution.dataset import has_objects
from sagemaker_local.execution.serving.model import data_source
from sagemaker_local.operations import checks, immutable
from sagemaker_local.operations.fields import refuse_unsupported
from sagemaker_local.operations.model_packages import existing_package
from sagemaker_local.operations.registry import Context, Request, operation
from sagemaker_local.operations.resources import MODEL
from sagemaker_local.store import Record

_MODEL = immutable.Kind(MODEL, "model", "Model")


@operation("CreateModel")
def create_model(context: Context, request: Request) -> Request:
    """Checks what AWS checks at once: role, image, and that the model data is there."""
    refuse_unsupported("CreateModel", request)
    tags = checks.tags_of(request)
    resolved = _resolved(context, _only_container(request))
    _check_container(context, resolved)
    if "ExecutionRoleArn" in request:
        checks.check_role(context, request["ExecutionRoleArn"])
    checks.check_network_isolation(context, request.get("EnableNetworkIsolation", False))
    # What its containers are started from is not shown: Describe answers with the request's own container.
    record = {**immutable.new_record(context, _MODEL, request), "Resolved": resolved}
    with context.store.transaction():
        answer = immutable.add(context, _MODEL, record, tags)
        context.store.post(context.scope, model_event(record, tags))
    return answer


def _only_container(request: Request) -> dict[str, Any]:
    primary, several = request.get("PrimaryContainer"), request.get("Containers", [])
    if primary is not None and several:
        raise validation_error("Cannot specify both PrimaryContainer and Containers in the request.")
    if len(several) > 1:
        raise validation_error(
            f"Containers: the local SageMaker serves models of one container, and {len(several)} are given"
        )
    if primary is None and not several:
        raise validation_error("One of PrimaryContainer and Containers must be given.")
    return dict(primary if primary is not None else several[0])


def _resolved(context: Context, container: dict[str, Any]) -> dict[str, Any]:
    """The container with what a model package says of it filled in; its own variables go before the package's."""
    if "ModelPackageName" not in container:
        return container
    if "Image" in container or data_source(container) is not None:
        raise validation_error("Image and model data come from the model package: they cannot be given beside it.")
    package = existing_package(context, container["ModelPackageName"])
    if package.get("ModelApprovalStatus", "Approved") != "Approved":
        raise validation_error(
            f"Model package {package['ModelPackageArn']} is {package['ModelApprovalStatus']}: only an Approved one can "
            "be used."
        )
    packaged = _specification(package, container.get("InferenceSpecificationName"))["Containers"]
    if len(packaged) > 1:
        raise validation_error(
            f"Model package {package['ModelPackageArn']} has {len(packaged)} containers: the local SageMaker serves "
            "models of one"
        )
    environment = {**packaged[0].get("Environment", {}), **container.get("Environment", {})}
    return {**packaged[0], "Environment": environment}


def _specification(package: Record, name: str | None) -> dict[str, Any]:
    """The package's inference specification, or the additional one of that name."""
    if name is None:
        found = package.get("InferenceSpecification")
    else:
        additional = package.get("AdditionalInferenceSpecifications", [])
        found = next((each for each in additional if each["Name"] == name), None)
    if not found:
        which = "an inference specification" if name is None else f"an inference specification {name}"
        raise validation_error(f"Model package {package['ModelPackageArn']} does not have {which}.")
    return dict(found)


def _check_container(context: Context, container: dict[str, Any]) -> None:
    if container.get("Mode", "SingleModel") != "SingleModel":
        raise validation_error("Mode MultiModel is not supported by the local SageMaker")
    if "Image" not in container:
        raise validation_error("One of Image and ModelPackageName must be given for a container.")
    checks.check_image(context, container["Image"])
    if "ModelDataUrl" in container and "ModelDataSource" in container:
        raise validation_error("Only one of ModelDataUrl and ModelDataSource can be given.")
    source = data_source(container)
    if source is None:
        return
    uri = source["S3Uri"]
    checks.check_s3_uri("model data", uri)
    if source["CompressionType"] == "Gzip" and source["S3DataType"] != "S3Object":
        raise validation_error("ModelDataSource: CompressionType Gzip is for S3DataType S3Object only")
    if not has_objects(context.services.aws.client("s3", context.scope), uri):
        raise validation_error(f"Could not find model data at {uri}.")


@operation("DescribeModel")
def describe_model(context: Context, request: Request) -> Request:
    """The model as it was created."""
    return existing_model(context, request["ModelName"])


@operation("ListModels")
def list_models(context: Context, request: Request) -> Request:
    """Summaries, the newest first."""
    return immutable.listed(context, _MODEL, request)


@operation("DeleteModel")
def delete_model(context: Context, request: Request) -> None:
    """Its data stays in S3, and endpoints that serve it go on."""
    with context.store.transaction():
        tags = context.store.tags(existing_model(context, request["ModelName"])["ModelArn"])
        record = immutable.delete(context, _MODEL, request["ModelName"])
        context.store.post(context.scope, model_event(record, tags))


def existing_model(context: Context, name: str) -> Record:
    """The model of that name; raises ``ValidationException``."""
    return immutable.existing(context, _MODEL, name)
