"""Answers filtered by the model: what the operation's output shape lacks is left out, and absent is never null."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from sagemaker_local.protocol import model


def serialize(operation: str, result: dict[str, Any] | None) -> bytes:
    """The JSON body of a successful answer; timestamps are epoch seconds, as the protocol has them."""
    shape = model.operation(operation).output_shape
    body = {} if shape is None else filtered(result or {}, shape)
    return json.dumps(body, allow_nan=False).encode()


def filtered(value: Any, shape: Shape) -> Any:
    """*value* with the members that *shape* has, in the model's order, and without nulls."""
    if isinstance(shape, StructureShape):
        return {
            name: part if member is None else filtered(part, member)
            for name, member in _members(shape)
            if (part := value.get(name)) is not None
        }
    if isinstance(shape, ListShape):
        return [filtered(item, shape.member) for item in value]
    if isinstance(shape, MapShape):
        return {key: filtered(item, shape.value) for key, item in value.items()}
    return value


@cache
def _members(shape: StructureShape) -> list[tuple[str, Shape | None]]:
    """The shape of each member; ``None`` where any value is left as it is."""
    nested = (StructureShape, ListShape, MapShape)
    return [(name, member if isinstance(member, nested) else None) for name, member in shape.members.items()]
