"""Create, Describe, List and Delete of model package groups."""

from __future__ import annotations

from sagemaker_local import clock
from sagemaker_local.errors import conflict, validation_error
from sagemaker_local.operations import checks
from sagemaker_local.operations.fields import refuse_unsupported
from sagemaker_local.operations.listing import Query, common_filters, page
from sagemaker_local.operations.registry import Context, Request, operation
from sagemaker_local.operations.resources import MODEL_PACKAGE, MODEL_PACKAGE_GROUP
from sagemaker_local.store import Facets, NameTaken, Record


@operation("CreateModelPackageGroup")
def create_model_package_group(context: Context, request: Request) -> Request:
    """A group for the versions of one model."""
    refuse_unsupported("CreateModelPackageGroup", request)
    tags = checks.tags_of(request)
    name = request["ModelPackageGroupName"]
    arn = context.scope.arn(MODEL_PACKAGE_GROUP, name)
    now = clock.now()
    record = {
        "ModelPackageGroupName": name,
        "ModelPackageGroupArn": arn,
        "ModelPackageGroupDescription": request.get("ModelPackageGroupDescription"),
        "CreationTime": now,
        "CreatedBy": {},
        "ModelPackageGroupStatus": "Completed",
    }
    try:
        with context.store.transaction():
            context.store.insert(MODEL_PACKAGE_GROUP, context.scope, record, _facets(record))
            context.store.put_tags(arn, tags)
    except NameTaken as error:
        raise validation_error(f"Model Package Group already exists: {arn}") from error
    return {"ModelPackageGroupArn": arn}


def store_group(context: Context, record: Record) -> None:
    """Replace the record of an existing group."""
    context.store.update(MODEL_PACKAGE_GROUP, context.scope, record, _facets(record))


def _facets(record: Record) -> Facets:
    status, created = record["ModelPackageGroupStatus"], record["CreationTime"]
    return Facets(record["ModelPackageGroupName"], status, created, created)


@operation("DescribeModelPackageGroup")
def describe_model_package_group(context: Context, request: Request) -> Request:
    """By name or ARN."""
    return existing_group(context, request["ModelPackageGroupName"])


@operation("ListModelPackageGroups")
def list_model_package_groups(context: Context, request: Request) -> Request:
    """Summaries."""
    query = Query(MODEL_PACKAGE_GROUP, context.scope)
    common_filters(query, request)
    found, token = page(context.store, query, request)
    return {"ModelPackageGroupSummaryList": found, "NextToken": token}


@operation("DeleteModelPackageGroup")
def delete_model_package_group(context: Context, request: Request) -> None:
    """Only an empty group can be deleted."""
    with context.store.transaction():
        group = existing_group(context, request["ModelPackageGroupName"])
        name, arn = group["ModelPackageGroupName"], group["ModelPackageGroupArn"]
        versions = Query(MODEL_PACKAGE, context.scope)
        versions.where("parent = ?", name.lower())
        if page(context.store, versions, {"MaxResults": 1})[0]:
            raise conflict(f"Model Package Group {arn} cannot be deleted because it still contains model packages.")
        context.store.delete(MODEL_PACKAGE_GROUP, context.scope, name)
        context.store.delete_tags(arn)


def existing_group(context: Context, identifier: str) -> Record:
    """The group of that name or ARN; raises ``ValidationException``."""
    arn = context.scope.arn_of(MODEL_PACKAGE_GROUP, identifier)
    record = context.resource(MODEL_PACKAGE_GROUP, arn)
    if record is None:
        raise validation_error(f"ModelPackageGroup {arn} does not exist.")
    return record
