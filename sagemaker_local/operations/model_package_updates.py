"""UpdateModelPackage."""

from __future__ import annotations

from sagemaker_local import clock
from sagemaker_local.domain.events import model_package_event
from sagemaker_local.errors import validation_error
from sagemaker_local.operations import model_package_cards
from sagemaker_local.operations.model_packages import check_approval, existing_package, store_package
from sagemaker_local.operations.registry import Context, Request, operation
from sagemaker_local.store import Record

_METADATA_LIMIT, _SPECIFICATIONS_LIMIT, _TOKENS_LIMIT = 50, 15, 100
_METADATA, _SPECIFICATIONS, _CARD = "CustomerMetadataProperties", "AdditionalInferenceSpecifications", "ModelCard"
_REPLACED = (
    "ModelApprovalStatus",
    "ModelPackageRegistrationType",
    "ApprovalDescription",
    "InferenceSpecification",
    "SourceUri",
    "ModelLifeCycle",
)
# What the event tells of: the guide's list, which is whole, and in which sourceUri begins with a small letter.
_TOLD = {
    "ModelLifeCycle": "ModelLifeCycle",
    "ModelApprovalStatus": "ModelApprovalStatus",
    "ApprovalDescription": "ApprovalDescription",
    "SourceUri": "sourceUri",
    _METADATA: _METADATA,
    f"{_METADATA}ToRemove": _METADATA,
    "InferenceSpecification": "InferenceSpecification",
}


@operation("UpdateModelPackage")
def update_model_package(context: Context, request: Request) -> Request:
    """Approval, life cycle, metadata, card and specifications; metrics and baselines cannot change."""
    with context.store.transaction():
        record = existing_package(context, request["ModelPackageArn"])
        if _is_repeated(record, request):
            return {"ModelPackageArn": record["ModelPackageArn"]}
        check_approval(request, versioned="ModelPackageVersion" in record)
        record.update({member: request[member] for member in _REPLACED if member in request})
        _update_metadata(record, request)
        _add_specifications(record, request)
        if _CARD in request:
            record[_CARD] = model_package_cards.updated(record.get(_CARD, {}), request[_CARD])
        record["LastModifiedTime"] = max(clock.now(), record["LastModifiedTime"])
        store_package(context, record)
        told = dict.fromkeys(name for member, name in _TOLD.items() if member in request)
        context.store.post(context.scope, model_package_event(record, tuple(told)))
    return {"ModelPackageArn": record["ModelPackageArn"]}


def _is_repeated(record: Record, request: Request) -> bool:
    """Whether a call with this ``ClientToken`` was made before; if not, the record remembers it."""
    token, tokens = request.get("ClientToken"), record.get("UpdateTokens", [])
    if token is None or token in tokens:
        return token is not None
    record["UpdateTokens"] = [*tokens, token][-_TOKENS_LIMIT:]
    return False


def _update_metadata(record: Record, request: Request) -> None:
    if not {_METADATA, f"{_METADATA}ToRemove"} & request.keys():
        return
    properties = {**(record.get(_METADATA) or {}), **request.get(_METADATA, {})}
    for key in request.get(f"{_METADATA}ToRemove", []):
        properties.pop(key, None)
    if len(properties) > _METADATA_LIMIT:
        raise validation_error(f"{_METADATA} cannot have more than {_METADATA_LIMIT} entries.")
    record[_METADATA] = properties or None


def _add_specifications(record: Record, request: Request) -> None:
    added = request.get(f"{_SPECIFICATIONS}ToAdd")
    if not added:
        return
    specifications = [*record.get(_SPECIFICATIONS, []), *added]
    if len(specifications) > _SPECIFICATIONS_LIMIT:
        raise validation_error(f"{_SPECIFICATIONS} cannot have more than {_SPECIFICATIONS_LIMIT} entries in total.")
    record[_SPECIFICATIONS] = specifications
