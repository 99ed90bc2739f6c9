"""A model card's content, which is JSON in a text."""

from __future__ import annotations

import json
from typing import Any

from sagemaker_local.domain.model_cards.checks import Check

_METADATA = {
    "model_overview": ("model_id", "model_name"),
    "intended_uses": ("risk_rating",),
    "model_package_details": ("model_package_group_name", "model_package_arn"),
}


class InvalidContent(ValueError):
    """The content is no model card; the text says where and why."""


def parsed(content: str, schema: Check) -> dict[str, Any]:
    """The card that *content* is; raises ``InvalidContent`` unless it is one of *schema*."""
    try:
        card = json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise InvalidContent(f"it is not JSON: {error}") from error
    faults = list(schema(card, ""))
    if faults:
        raise InvalidContent("; ".join(faults))
    return dict(card)


def metadata(content: str) -> str:
    """What of *content* may be seen without its key (``IncludedData`` ``MetadataOnly``); the paths are documented."""
    card = json.loads(content)
    kept = {
        section: {name: card[section][name] for name in names if name in card.get(section, {})}
        for section, names in _METADATA.items()
    }
    return json.dumps({section: members for section, members in kept.items() if members})


def _no_number(literal: str) -> None:
    raise ValueError(f"{literal} is no JSON number")
