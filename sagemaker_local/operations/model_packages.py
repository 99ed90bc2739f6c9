"""Create, Describe, BatchDescribe, List and Delete of model packages."""

from __future__ import annotations

from typing import Any

from sagemaker_local import clock
from sagemaker_local.domain.arns import name_of
from sagemaker_local.domain.events import model_package_event
from sagemaker_local.errors import ServiceError, resource_in_use, validation_error
from sagemaker_local.operations import checks, model_package_cards
from sagemaker_local.operations.fields import refuse_unsupported
from sagemaker_local.operations.listing import Query, common_filters, page
from sagemaker_local.operations.model_package_groups import existing_group
from sagemaker_local.operations.registry import Context, Request, operation
from sagemaker_local.operations.resources import MODEL_PACKAGE
from sagemaker_local.store import Facets, NameTaken, Record

_TOKEN, _CARD, _SPECIFICATION = "ClientToken", "ModelCard", "InferenceSpecification"


@operation("CreateModelPackage")
def create_model_package(context: Context, request: Request) -> Request:
    """A new version in a group, or a package of its own name; the same ``ClientToken`` again answers the first."""
    refuse_unsupported("CreateModelPackage", request)
    tags = checks.tags_of(request)
    _check_identity(request)
    if _CARD in request:
        model_package_cards.checked(request[_CARD])
    with context.store.transaction():
        earlier = _created_with(context, request)
        if earlier is not None:
            return {"ModelPackageArn": earlier["ModelPackageArn"]}
        record = _new_record(context, request)
        _insert(context, record)
        context.store.put_tags(record["ModelPackageArn"], tags)
        context.store.post(context.scope, model_package_event(record))
    return {"ModelPackageArn": record["ModelPackageArn"]}


def _check_identity(request: Request) -> None:
    named, grouped = "ModelPackageName" in request, "ModelPackageGroupName" in request
    if named and grouped:
        raise validation_error(
            "Both ModelPackageName and ModelPackageGroupName are provided in the input. Cannot determine which one "
            "to use."
        )
    if not named and not grouped:
        raise validation_error("One of ModelPackageName and ModelPackageGroupName must be provided.")
    if grouped and "Tags" in request:
        raise validation_error("A version in a model package group uses the group's tags: Tags cannot be supplied.")
    check_approval(request, versioned=grouped)
    if named and any("Environment" in container for container in request.get(_SPECIFICATION, {}).get("Containers", [])):
        raise validation_error("Environment variable map cannot be specified when using non-versioned ModelPackages")


def check_approval(request: Request, versioned: bool) -> None:
    """Only a version can be approved; raises ``ValidationException``."""
    if not versioned and "ModelApprovalStatus" in request:
        raise validation_error("ModelApprovalStatus is for versioned model packages, those of a group, only.")


def _created_with(context: Context, request: Request) -> Record | None:
    """The package that a call with this ``ClientToken`` has made."""
    if _TOKEN not in request:
        return None
    query = Query(MODEL_PACKAGE, context.scope)
    query.where("json_extract(record, '$.ClientToken') = ?", request[_TOKEN])
    found, _ = page(context.store, query, {"MaxResults": 1})
    return found[0] if found else None


def _new_record(context: Context, request: Request) -> Record:
    now = clock.now()
    record = {
        "CertifyForMarketplace": False,
        **_cloned(context, request),
        **{key: value for key, value in request.items() if key != "Tags"},
        **_identity(context, request),
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": {},
        # There is nothing to validate and no image to scan here: a package is complete at once.
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
    }
    if "ModelPackageGroupName" in request:
        record.setdefault("ModelApprovalStatus", "PendingManualApproval")
    return record


def _identity(context: Context, request: Request) -> dict[str, Any]:
    if "ModelPackageName" in request:
        return {"ModelPackageArn": context.scope.arn(MODEL_PACKAGE, request["ModelPackageName"])}
    group = existing_group(context, request["ModelPackageGroupName"])["ModelPackageGroupName"]
    version = context.store.next_number(MODEL_PACKAGE, context.scope, group)
    arn = context.scope.arn(MODEL_PACKAGE, f"{group}/{version}")
    return {"ModelPackageGroupName": group, "ModelPackageVersion": version, "ModelPackageArn": arn}


def _cloned(context: Context, request: Request) -> Request:
    """The inference specification of the model package that ``SourceUri`` names, if that is one."""
    source = request.get("SourceUri", "")
    if not source.startswith(context.scope.arn(MODEL_PACKAGE, "")):
        return {}
    package = existing_package(context, source)
    return {_SPECIFICATION: package[_SPECIFICATION]} if _SPECIFICATION in package else {}


def _insert(context: Context, record: Record) -> None:
    try:
        context.store.insert(MODEL_PACKAGE, context.scope, record, _facets(record))
    except NameTaken as error:
        arn = record["ModelPackageArn"]
        raise resource_in_use(f"Model Package already exists: {arn}") from error


def store_package(context: Context, record: Record) -> None:
    """Replace the record of an existing package."""
    context.store.update(MODEL_PACKAGE, context.scope, record, _facets(record))


def _facets(record: Record) -> Facets:
    return Facets(
        name_of(record["ModelPackageArn"]),
        record.get("ModelApprovalStatus", ""),
        record["CreationTime"],
        record["LastModifiedTime"],
        parent=record.get("ModelPackageGroupName", ""),
    )


@operation("DescribeModelPackage")
def describe_model_package(context: Context, request: Request) -> Request:
    """By ARN, or by name for an unversioned one; whole, or without what the card's key protects."""
    record = existing_package(context, request["ModelPackageName"])
    if request.get("IncludedData") == "MetadataOnly" and _CARD in record:
        record[_CARD] = model_package_cards.without_content(record[_CARD])
    return record


@operation("BatchDescribeModelPackage")
def batch_describe_model_package(context: Context, request: Request) -> Request:
    """Summaries of versions by their ARNs; those that there are not are told one by one."""
    found: dict[str, Record] = {}
    errors: dict[str, Request] = {}
    for arn in request["ModelPackageArnList"]:
        try:
            found[arn] = _existing_version(context, arn)
        except ServiceError as error:
            errors[arn] = {"ErrorCode": error.code, "ErrorResponse": error.message}
    return {"ModelPackageSummaries": found, "BatchDescribeModelPackageErrorMap": errors}


def _existing_version(context: Context, arn: str) -> Record:
    record = existing_package(context, arn)
    if "ModelPackageVersion" not in record:
        raise validation_error(f"ModelPackage {arn} is not versioned.")
    return record


@operation("ListModelPackages")
def list_model_packages(context: Context, request: Request) -> Request:
    """Summaries; without a group or a type, the unversioned packages, as documented."""
    query = Query(MODEL_PACKAGE, context.scope)
    # A version's own name is its number: its group's name is what is searched.
    common_filters(query, request, name="iif(parent = '', key, parent)")
    query.where("status = ?", request.get("ModelApprovalStatus"))
    group = request.get("ModelPackageGroupName")
    if group is not None:
        query.where("parent = ?", existing_group(context, group)["ModelPackageGroupName"].lower())
    kind = request.get("ModelPackageType", "Versioned" if group else "Unversioned")
    if kind != "Both":
        query.where("(parent != '') = ?", kind == "Versioned")
    found, token = page(context.store, query, request)
    return {"ModelPackageSummaryList": found, "NextToken": token}


@operation("DeleteModelPackage")
def delete_model_package(context: Context, request: Request) -> None:
    """Deletes the package; its version number is not given again."""
    with context.store.transaction():
        record = existing_package(context, request["ModelPackageName"])
        context.store.delete(MODEL_PACKAGE, context.scope, name_of(record["ModelPackageArn"]))
        context.store.delete_tags(record["ModelPackageArn"])


def existing_package(context: Context, identifier: str) -> Record:
    """The package of that name or ARN; raises ``ValidationException``."""
    arn = context.scope.arn_of(MODEL_PACKAGE, identifier)
    record = context.resource(MODEL_PACKAGE, arn)
    if record is None:
        raise validation_error(f"ModelPackage {arn} does not exist.")
    return record
