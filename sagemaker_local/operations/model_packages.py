"""Create, Describe, List, Update and Delete of model packages."""

from __future__ import annotations

from typing import Any

from sagemaker_local import clock
from sagemaker_local.domain.arns import name_of
from sagemaker_local.domain.events import model_package_event
from sagemaker_local.errors import resource_in_use, validation_error
from sagemaker_local.operations import checks
from sagemaker_local.operations.fields import refuse_unsupported
from sagemaker_local.operations.listing import Query, common_filters, page
from sagemaker_local.operations.model_package_groups import existing_group
from sagemaker_local.operations.registry import Context, Request, operation
from sagemaker_local.operations.resources import MODEL_PACKAGE
from sagemaker_local.store import Facets, NameTaken, Record

_TOKEN = "ClientToken"
_METADATA_LIMIT, _SPECIFICATIONS_LIMIT = 50, 15
# Replaced as they are by UpdateModelPackage; the event names sourceUri in lower case (guide's example).
_REPLACEABLE = {
    "ModelApprovalStatus": "ModelApprovalStatus",
    "ModelPackageRegistrationType": "ModelPackageRegistrationType",
    "ApprovalDescription": "ApprovalDescription",
    "InferenceSpecification": "InferenceSpecification",
    "SourceUri": "sourceUri",
    "ModelCard": "ModelCard",
    "ModelLifeCycle": "ModelLifeCycle",
}


@operation("CreateModelPackage")
def create_model_package(context: Context, request: Request) -> Request:
    """A new version in a group, or a package of its own name; the same ``ClientToken`` again answers the first."""
    refuse_unsupported("CreateModelPackage", request)
    tags = checks.tags_of(request)
    _check_identity(request)
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
    if named and "ModelApprovalStatus" in request:
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


def _insert(context: Context, record: Record) -> None:
    try:
        context.store.insert(MODEL_PACKAGE, context.scope, record, _facets(record))
    except NameTaken as error:
        arn = record["ModelPackageArn"]
        raise resource_in_use(f"Model Package already exists: {arn}") from error


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
    """By ARN, or by name for an unversioned one."""
    record = _existing(context, request["ModelPackageName"])
    # The answer must have a name, which a version has only in its ARN.
    return {"ModelPackageName": name_of(record["ModelPackageArn"]), **record}


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


@operation("UpdateModelPackage")
def update_model_package(context: Context, request: Request) -> Request:
    """Approval, life cycle, metadata and specifications; metrics and baselines cannot change."""
    with context.store.transaction():
        record = _existing(context, request["ModelPackageArn"])
        if "ModelApprovalStatus" in request and "ModelPackageVersion" not in record:
            raise validation_error("ModelApprovalStatus is for versioned model packages, those of a group, only.")
        updated = [event_name for member, event_name in _REPLACEABLE.items() if member in request]
        record.update({member: request[member] for member in _REPLACEABLE if member in request})
        updated += _update_metadata(record, request)
        updated += _add_inference_specifications(record, request)
        record["LastModifiedTime"] = max(clock.now(), record["LastModifiedTime"])
        context.store.update(MODEL_PACKAGE, context.scope, record, _facets(record))
        context.store.post(context.scope, model_package_event(record, tuple(updated)))
    return {"ModelPackageArn": record["ModelPackageArn"]}


def _update_metadata(record: Record, request: Request) -> list[str]:
    members = ("CustomerMetadataProperties", "CustomerMetadataPropertiesToRemove")
    if not any(member in request for member in members):
        return []
    properties = {**(record.get(members[0]) or {}), **request.get(members[0], {})}
    for key in request.get(members[1], []):
        properties.pop(key, None)
    if len(properties) > _METADATA_LIMIT:
        raise validation_error(f"CustomerMetadataProperties cannot have more than {_METADATA_LIMIT} entries.")
    record[members[0]] = properties or None
    return [members[0]]


def _add_inference_specifications(record: Record, request: Request) -> list[str]:
    added = request.get("AdditionalInferenceSpecificationsToAdd")
    if not added:
        return []
    member = "AdditionalInferenceSpecifications"
    specifications = [*record.get(member, []), *added]
    if len(specifications) > _SPECIFICATIONS_LIMIT:
        raise validation_error(f"{member} cannot have more than {_SPECIFICATIONS_LIMIT} entries in total.")
    record[member] = specifications
    return [member]


@operation("DeleteModelPackage")
def delete_model_package(context: Context, request: Request) -> None:
    """Deletes the package; its version number is not given again."""
    with context.store.transaction():
        record = _existing(context, request["ModelPackageName"])
        context.store.delete(MODEL_PACKAGE, context.scope, name_of(record["ModelPackageArn"]))
        context.store.delete_tags(record["ModelPackageArn"])


def _existing(context: Context, identifier: str) -> Record:
    arn = context.scope.arn_of(MODEL_PACKAGE, identifier)
    record = context.resource(MODEL_PACKAGE, arn)
    if record is None:
        raise validation_error(f"ModelPackage {arn} does not exist.")
    return record
