"""What AWS checks when a job is created, beyond the model: role, image, input data."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from botocore.exceptions import ClientError

from sagemaker_local.domain.arns import account_of, role_name
from sagemaker_local.domain.jobs import JobKind
from sagemaker_local.domain.quotas import INSTANCES_OF_A_JOB, too_many_instances
from sagemaker_local.domain.stacks import is_system_tag
from sagemaker_local.errors import ServiceError, validation_error
from sagemaker_local.execution.dataset import has_objects, split_uri
from sagemaker_local.execution.images import Image, InvalidImageUri, UnknownImage
from sagemaker_local.operations.registry import Context

_PRINCIPAL = "sagemaker.amazonaws.com"


def check_role(context: Context, role_arn: str) -> None:
    """The role is of this account, exists, and SageMaker may assume it."""
    if account_of(role_arn) != context.scope.account:
        raise validation_error("RoleArn: Cross-account pass role is not allowed.")
    iam = context.services.aws.client("iam", context.scope)
    try:
        document = iam.get_role(RoleName=role_name(role_arn))["Role"]["AssumeRolePolicyDocument"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise
        raise _not_assumable(role_arn) from error
    if _PRINCIPAL not in unquote(str(document)):
        raise _not_assumable(role_arn)


def _not_assumable(role_arn: str) -> Exception:
    return validation_error(
        f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal "
        f"'{_PRINCIPAL}' to assume the role."
    )


def check_image(context: Context, uri: str) -> Image:
    """The image: the URI is one of ECR's, and it is known here."""
    try:
        return context.services.images.find(uri)
    except InvalidImageUri as error:
        raise validation_error(
            f"Invalid image URI {uri}. Please provide a valid Amazon Elastic Container Registry path of the "
            "Docker image to run."
        ) from error
    except UnknownImage as error:
        raise validation_error(f"Requested image {uri} not found: {error}.") from error


def check_s3_uri(member: str, uri: str) -> None:
    """*uri* is ``s3://bucket/...``: the model's pattern also lets ``https`` pass, which jobs do not read."""
    try:
        split_uri(uri)
    except ValueError as error:
        raise validation_error(f"{member}: {error}") from error


def check_input_exists(context: Context, uri: str, role_arn: str) -> None:
    """Something lies below *uri*."""
    if has_objects(context.services.aws.client("s3", context.scope), uri):
        return
    bucket, _ = split_uri(uri)
    raise validation_error(
        f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket '
        f"exists in the selected region ({context.scope.region}), that objects exist under that S3 prefix, and "
        f'that the role "{role_arn}" has "s3:ListBucket" permissions on bucket "{bucket}".'
    )


def check_unique(member: str, names: list[str]) -> None:
    """No name appears twice in a list of channels, inputs or outputs."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise validation_error(f"{member} must be unique; given more than once: {', '.join(twice)}")


def check_network_isolation(context: Context, wanted: bool) -> None:
    """Isolation that cannot be had is refused, never silently left out."""
    if wanted and not context.services.isolated:
        raise validation_error(
            "EnableNetworkIsolation needs Linux namespaces, which this system does not grant to the local SageMaker"
        )


def check_given(place: str, structure: dict[str, Any], members: tuple[str, ...]) -> None:
    """The members are there: the model does not require them, as they have alternatives that are not supported here."""
    for member in members:
        if member not in structure:
            raise validation_error(f"{place}.{member} must be given")


def check_servable(context: Context, image_uri: str) -> None:
    """Several containers can be served at once: in networks of their own, or on ports that they are given."""
    image = context.services.images.find(image_uri)
    if not context.services.isolated and not image.binds_to_given_port:
        raise validation_error(
            f"Image {image_uri} serves on port 8080 only, which needs Linux namespaces that this system does not grant "
            "to the local SageMaker. An image that honours SAGEMAKER_BIND_TO_PORT says so with the label "
            "com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true in its Dockerfile."
        )


def check_instances(context: Context, kind: JobKind, groups: list[dict[str, Any]]) -> None:
    """At least one instance and no more than a job may have; several need names that resolve."""
    count = sum(group["InstanceCount"] for group in groups)
    if count < 1:
        raise validation_error(f"a {kind.noun} needs at least one instance: InstanceCount is 0")
    if count > INSTANCES_OF_A_JOB:
        message = too_many_instances(groups[0]["InstanceType"], kind.noun, INSTANCES_OF_A_JOB, count)
        raise ServiceError("ResourceLimitExceeded", message)
    if count > 1 and not context.services.isolated:
        raise validation_error(
            "InstanceCount above 1 needs Linux namespaces, which this system does not grant to the local SageMaker"
        )


def tags_of(request: dict[str, Any]) -> dict[str, str]:
    """The request's tags as a map; AWS keeps keys that start with ``aws:`` to itself."""
    tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])}
    if len(tags) < len(request.get("Tags", [])):
        raise validation_error("Duplicate tag keys found.")
    reserved = [key for key in tags if is_system_tag(key)]
    if reserved:
        raise validation_error(f"aws: prefixed tag key names are not allowed for external use: {reserved[0]}")
    return tags
