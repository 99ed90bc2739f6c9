"""AddTags, ListTags, DeleteTags."""

from __future__ import annotations

from sagemaker_local.domain.arns import name_of
from sagemaker_local.domain.jobs import KINDS, TUNING
from sagemaker_local.domain.stacks import is_system_tag
from sagemaker_local.errors import validation_error
from sagemaker_local.operations import checks
from sagemaker_local.operations.registry import Context, Request, operation
from sagemaker_local.operations.resources import (
    ENDPOINT,
    ENDPOINT_CONFIG,
    MODEL,
    MODEL_CARD,
    MODEL_PACKAGE,
    MODEL_PACKAGE_GROUP,
    arn_of_tags,
)
from sagemaker_local.operations.tokens import invalid_token

_TAGGABLE = {
    *KINDS,
    TUNING.resource_type,
    MODEL_PACKAGE_GROUP,
    MODEL_PACKAGE,
    MODEL_CARD,
    MODEL,
    ENDPOINT_CONFIG,
    ENDPOINT,
}
_LIMIT = 50


@operation("AddTags")
def add_tags(context: Context, request: Request) -> Request:
    """Adds tags or gives them new values; answers all of the resource's."""
    added = checks.tags_of(request)
    with context.store.transaction():
        arn = _own(context, request["ResourceArn"])
        if sum(not is_system_tag(key) for key in {**context.store.tags(arn), **added}) > _LIMIT:
            raise validation_error(f"The number of tags on {arn} would exceed the limit of {_LIMIT}.")
        context.store.put_tags(arn, added)
        return {"Tags": _listed(context, arn)}


@operation("ListTags")
def list_tags(context: Context, request: Request) -> Request:
    """All tags: a resource has at most 50, and a page holds at least as many, so that no token was ever issued."""
    if "NextToken" in request:
        raise invalid_token()
    return {"Tags": _listed(context, _owner(context, request["ResourceArn"]))}


@operation("DeleteTags")
def delete_tags(context: Context, request: Request) -> Request:
    """Removes tags; a key that the resource does not have is no error."""
    with context.store.transaction():
        context.store.delete_tags(_own(context, request["ResourceArn"]), request["TagKeys"])
    return {}


def _listed(context: Context, arn: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in context.store.tags(arn).items()]


def _own(context: Context, arn: str) -> str:
    """*arn*, if it names a resource that is there and has tags of its own."""
    owner = _owner(context, arn)
    if owner.lower() != arn.lower():
        raise validation_error(f"A version in a model package group uses the group's tags: tag {owner} instead.")
    return arn


def _owner(context: Context, arn: str) -> str:
    """The ARN that the tags of the resource *arn*, which is there, are kept under."""
    resource_type = arn.split(":")[-1].partition("/")[0]
    if resource_type not in _TAGGABLE or context.resource(resource_type, arn) is None:
        raise validation_error(f"Could not find resource {arn}.")
    return arn_of_tags(context.scope, resource_type, name_of(arn))
