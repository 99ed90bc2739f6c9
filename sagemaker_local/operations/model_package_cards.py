"""The model card of a model package, whose schema is simpler than that of a card of its own."""

from __future__ import annotations

from typing import Any

from sagemaker_local.domain.model_cards import schema
from sagemaker_local.domain.model_cards.content import InvalidContent, metadata, parsed
from sagemaker_local.errors import validation_error

_CONTENT, _STATUS, _ARCHIVED = "ModelCardContent", "ModelCardStatus", "Archived"
Card = dict[str, Any]


def checked(card: Card) -> Card:
    """*card*, if its content is of the schema; raises ``ValidationException``."""
    try:
        if _CONTENT in card:
            parsed(card[_CONTENT], schema.PACKAGE_CARD)
    except InvalidContent as error:
        message = f"ModelCard.{_CONTENT} is not in the model package model card schema: {error}"
        raise validation_error(message) from error
    return card


def updated(card: Card, changes: Card) -> Card:
    """*card* with *changes*; the content of an archived one stays. Raises ``ValidationException``."""
    if _CONTENT in changes and card.get(_STATUS) == _ARCHIVED:
        raise validation_error("Model Card is in Archived state.")
    return {**card, **checked(changes)}


def without_content(card: Card) -> Card:
    """*card* with what of its content may be seen without its key."""
    return {**card, _CONTENT: metadata(card[_CONTENT])} if _CONTENT in card else card
