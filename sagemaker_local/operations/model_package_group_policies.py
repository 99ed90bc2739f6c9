"""Put, Get and Delete of the policies of model package groups: kept and given back, as there is no sharing here."""

from __future__ import annotations

import json

from sagemaker_local.errors import validation_error
from sagemaker_local.operations.model_package_groups import store_group
from sagemaker_local.operations.registry import Context, Request, operation
from sagemaker_local.operations.resources import MODEL_PACKAGE_GROUP
from sagemaker_local.store import Record

_POLICY = "ResourcePolicy"


@operation("PutModelPackageGroupPolicy")
def put_model_package_group_policy(context: Context, request: Request) -> Request:
    """Gives the group its policy, or another."""
    _check_is_object(request[_POLICY])
    with context.store.transaction():
        group = _existing(context, request)
        store_group(context, {**group, _POLICY: request[_POLICY]})
    return {"ModelPackageGroupArn": group["ModelPackageGroupArn"]}


def _check_is_object(policy: str) -> None:
    try:
        document = json.loads(policy)
    except (ValueError, RecursionError) as error:
        raise validation_error(f"ResourcePolicy is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise validation_error("ResourcePolicy must be a JSON object, a policy document")


@operation("GetModelPackageGroupPolicy")
def get_model_package_group_policy(context: Context, request: Request) -> Request:
    """The group's policy as it was put."""
    return {_POLICY: _with_policy(context, request)[_POLICY]}


@operation("DeleteModelPackageGroupPolicy")
def delete_model_package_group_policy(context: Context, request: Request) -> None:
    """Takes the policy from the group."""
    with context.store.transaction():
        group = _with_policy(context, request)
        store_group(context, {member: value for member, value in group.items() if member != _POLICY})


def _existing(context: Context, request: Request) -> Record:
    arn = context.scope.arn(MODEL_PACKAGE_GROUP, request["ModelPackageGroupName"])
    group = context.resource(MODEL_PACKAGE_GROUP, arn)
    if group is None:
        raise validation_error(f"Cannot find Model Package Group: {arn}")
    return group


def _with_policy(context: Context, request: Request) -> Record:
    group = _existing(context, request)
    if _POLICY not in group:
        raise validation_error(f"Cannot find resource policy for: {group['ModelPackageGroupArn']}")
    return group
