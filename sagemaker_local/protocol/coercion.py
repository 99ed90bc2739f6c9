"""Values of a template as a request has them: templates write numbers, booleans and strings in each other's way.

Source: CloudFormation's parameters are strings whatever they are for, and YAML reads an unquoted ``1`` as a number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

_BOOLEANS = {"true": True, "false": False}


def coerced(value: Any, shape: Shape) -> Any:
    """*value* with every scalar of the type that *shape* has for it; what cannot be is left for validation to name."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        members = shape.members
        return {name: coerced(part, members[name]) if name in members else part for name, part in value.items()}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [coerced(part, shape.member) for part in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {str(key): coerced(part, shape.value) for key, part in value.items()}
    return _scalar(value, shape.type_name)


def _scalar(value: Any, type_name: str) -> Any:
    if type_name == "string":
        return _text(value)
    if isinstance(value, str):
        if type_name == "boolean":
            return _BOOLEANS.get(value.lower(), value)
        if type_name in ("integer", "long"):
            return _number(value, int)
        if type_name in ("float", "double"):
            return _number(value, float)
    return value


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def _number(text: str, kind: Callable[[str], float]) -> Any:
    try:
        return kind(text)
    except ValueError:
        return text
