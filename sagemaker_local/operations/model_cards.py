"""Create, Describe, Update, Delete and the lists of model cards and their versions."""

from __future__ import annotations

from typing import Any

from sagemaker_local import clock
from sagemaker_local.domain.events import model_card_event
from sagemaker_local.domain.model_cards import schema
from sagemaker_local.domain.model_cards.content import InvalidContent, metadata, parsed
from sagemaker_local.errors import conflict, resource_not_found, validation_error
from sagemaker_local.operations import checks
from sagemaker_local.operations.fields import refuse_unsupported
from sagemaker_local.operations.listing import Query, common_filters, page
from sagemaker_local.operations.registry import Context, Request, operation
from sagemaker_local.operations.resources import MODEL_CARD, MODEL_CARD_VERSION
from sagemaker_local.store import Facets, NameTaken, Record

_ARCHIVED = "Archived"


@operation("CreateModelCard")
def create_model_card(context: Context, request: Request) -> Request:
    """A card, in its version 1."""
    refuse_unsupported("CreateModelCard", request)
    tags = checks.tags_of(request)
    name, now = request["ModelCardName"], clock.now()
    card = {
        **{member: value for member, value in request.items() if member != "Tags"},
        **_searchable(request["Content"]),
        "ModelCardArn": context.scope.arn(MODEL_CARD, name),
        "ModelCardVersion": 1,
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": {},
        "LastModifiedBy": {},
    }
    try:
        with context.store.transaction():
            context.store.insert(MODEL_CARD, context.scope, card, _facets(name, card))
            _insert_version(context, card, now)
            context.store.put_tags(card["ModelCardArn"], tags)
            context.store.post(context.scope, model_card_event(context.scope, card))
    except NameTaken as error:
        raise conflict(f"Model card {card['ModelCardArn']} already exists.") from error
    return {"ModelCardArn": card["ModelCardArn"]}


def _searchable(content: str) -> dict[str, Any]:
    """What Search finds a card by, from its content; raises ``ValidationException`` for content that is none."""
    try:
        card = parsed(content, schema.CARD)
    except InvalidContent as error:
        raise validation_error(f"Content is not in the model card JSON schema: {error}") from error
    return {
        "ModelId": card.get("model_overview", {}).get("model_id"),
        "RiskRating": card.get("intended_uses", {}).get("risk_rating"),
        "ModelPackageGroupName": card.get("model_package_details", {}).get("model_package_group_name"),
    }


def _insert_version(context: Context, card: Record, now: float) -> None:
    version = {**card, "CreationTime": now}
    name = _version_name(card, card["ModelCardVersion"])
    context.store.insert(MODEL_CARD_VERSION, context.scope, version, _facets(name, version, card["ModelCardName"]))


def _version_name(card: Record, version: Any) -> str:
    return f"{card['ModelCardName']}/{version}"


def _facets(name: str, record: Record, parent: str = "") -> Facets:
    return Facets(name, record["ModelCardStatus"], record["CreationTime"], record["LastModifiedTime"], parent)


@operation("DescribeModelCard")
def describe_model_card(context: Context, request: Request) -> Request:
    """The latest version or the one that is asked for, whole or without what the card's key protects."""
    card = _existing(context, request["ModelCardName"])
    number = request.get("ModelCardVersion", card["ModelCardVersion"])
    version = context.store.get(MODEL_CARD_VERSION, context.scope, _version_name(card, number))
    if version is None:
        raise resource_not_found(f"Model card {card['ModelCardArn']} has no version {number}.")
    described = {**version, "CreationTime": card["CreationTime"]}
    if request.get("IncludedData") == "MetadataOnly":
        described["Content"] = metadata(described["Content"])
    return described


@operation("UpdateModelCard")
def update_model_card(context: Context, request: Request) -> Request:
    """Another content makes another version; another status is the latest version's."""
    if ("Content" in request) == ("ModelCardStatus" in request):
        raise validation_error(
            "Either Content or ModelCardStatus must be given: model card content and model card status cannot be "
            "updated in a single call."
        )
    with context.store.transaction():
        card = _existing(context, request["ModelCardName"])
        now = max(clock.now(), card["LastModifiedTime"])
        card["LastModifiedTime"] = now
        if "Content" in request:
            _add_version(context, card, request["Content"], now)
        else:
            _change_status(context, card, request["ModelCardStatus"])
        context.store.update(MODEL_CARD, context.scope, card, _facets(card["ModelCardName"], card))
        context.store.post(context.scope, model_card_event(context.scope, card))
    return {"ModelCardArn": card["ModelCardArn"]}


def _add_version(context: Context, card: Record, content: str, now: float) -> None:
    if card["ModelCardStatus"] == _ARCHIVED:
        raise validation_error("Model Card is in Archived state.")
    card.update({"Content": content, **_searchable(content), "ModelCardVersion": card["ModelCardVersion"] + 1})
    _insert_version(context, card, now)


def _change_status(context: Context, card: Record, status: str) -> None:
    name = _version_name(card, card["ModelCardVersion"])
    version = context.store.get(MODEL_CARD_VERSION, context.scope, name)
    assert version is not None, f"{name} is the latest version of a card"
    card["ModelCardStatus"] = status
    version.update({"ModelCardStatus": status, "LastModifiedTime": card["LastModifiedTime"]})
    context.store.update(MODEL_CARD_VERSION, context.scope, version, _facets(name, version))


@operation("DeleteModelCard")
def delete_model_card(context: Context, request: Request) -> None:
    """Deletes the card with all its versions."""
    with context.store.transaction():
        card = _existing(context, request["ModelCardName"])
        for number in range(1, card["ModelCardVersion"] + 1):
            context.store.delete(MODEL_CARD_VERSION, context.scope, _version_name(card, number))
        context.store.delete(MODEL_CARD, context.scope, card["ModelCardName"])
        context.store.delete_tags(card["ModelCardArn"])


@operation("ListModelCards")
def list_model_cards(context: Context, request: Request) -> Request:
    """Summaries of the latest versions."""
    query = Query(MODEL_CARD, context.scope)
    common_filters(query, request)
    query.where("status = ?", request.get("ModelCardStatus"))
    found, token = page(context.store, query, request)
    return {"ModelCardSummaries": found, "NextToken": token}


@operation("ListModelCardVersions")
def list_model_card_versions(context: Context, request: Request) -> Request:
    """Summaries of one card's versions, by their numbers."""
    card = _existing(context, request["ModelCardName"])
    query = Query(MODEL_CARD_VERSION, context.scope)
    common_filters(query, request)
    query.where("parent = ?", card["ModelCardName"].lower())
    query.where("status = ?", request.get("ModelCardStatus"))
    found, token = page(context.store, query, {"SortBy": "Version", **request})
    return {"ModelCardVersionSummaryList": found, "NextToken": token}


def _existing(context: Context, identifier: str) -> Record:
    """The card of that name or ARN; raises ``ResourceNotFound``."""
    arn = context.scope.arn_of(MODEL_CARD, identifier)
    card = context.resource(MODEL_CARD, arn)
    if card is None:
        raise resource_not_found(f"Model card {arn} does not exist.")
    return card
