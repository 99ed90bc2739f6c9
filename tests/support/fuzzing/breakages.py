"""Requests that miss the model in exactly one place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from tests.support.fuzzing.requests import is_union
from tests.support.fuzzing.samples import bad, good, other_types

_LARGEST_LIST = 1000


@dataclass(frozen=True)
class Broken:
    """A value with one fault."""

    value: Any
    what: str
    place: str
    """where the refusal must say that the fault is, in AWS's notation: ``tags.1.member.key``; ``$`` at the top"""


def breakages(shape: Shape, value: Any, random: Random, place: str = "") -> Iterator[Broken]:
    """*value*, which is good, with one fault each, in every place that it has."""
    if isinstance(shape, StructureShape):
        yield from _structure(shape, value, random, place)
    elif isinstance(shape, ListShape):
        yield from _list(shape, value, random, place)
    elif isinstance(shape, MapShape):
        yield from _map(shape, value, random, place)
    else:
        yield from (Broken(other, what, place) for what, other in bad(shape, random))


def _structure(shape: StructureShape, value: dict[str, Any], random: Random, place: str) -> Iterator[Broken]:
    yield from _of_another_type(shape, place)
    for name in shape.required_members:
        yield Broken({other: value[other] for other in value if other != name}, "missing", joined(place, name))
        yield Broken({**value, name: None}, "null", joined(place, name))
    if is_union(shape):
        yield Broken({}, "no member of the union", place)
        others = [name for name in shape.members if name not in value]
        yield from (Broken({**value, name: {}}, "two members of the union", place) for name in others[:1])
    for name in [name for name in shape.members if name in value]:
        for broken in breakages(shape.members[name], value[name], random, joined(place, name)):
            yield replace(broken, value={**value, name: broken.value})


def _list(shape: ListShape, value: list[Any], random: Random, place: str) -> Iterator[Broken]:
    yield from _of_another_type(shape, place)
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", _LARGEST_LIST)
    if low > 0:
        yield Broken(value[: low - 1], "too short", place)
    if high < _LARGEST_LIST:
        yield Broken((value * (high + 1))[: high + 1], "too long", place)
    yield Broken([*value[:-1], None], "null element", f"{place}.{len(value)}.member")
    for broken in breakages(shape.member, value[0], random, f"{place}.1.member"):
        yield replace(broken, value=[broken.value, *value[1:]])


def _map(shape: MapShape, value: dict[str, Any], random: Random, place: str) -> Iterator[Broken]:
    yield from _of_another_type(shape, place)
    (key, content), *_ = value.items()
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", _LARGEST_LIST)
    if low > 0:
        yield Broken(dict(list(value.items())[: low - 1]), "too small", place)
    if high < _LARGEST_LIST and getattr(shape.key, "enum", None) is None:
        yield Broken(
            {f"{good(shape.key, random)[0]}{number}": content for number in range(high + 1)}, "too many", place
        )
    yield Broken({**value, key: None}, "null value", f"{place}.{key}.member")
    for what, other in bad(shape.key, random):
        if isinstance(other, str):
            yield Broken({other: content}, f"key: {what}", f"{place}.key")
    for broken in breakages(shape.value, content, random, f"{place}.{key}.member"):
        yield replace(broken, value={**value, key: broken.value})


def _of_another_type(shape: Shape, place: str) -> Iterator[Broken]:
    yield from (Broken(other, what, place or "$") for what, other in other_types(shape))


def joined(place: str, name: str) -> str:
    """The place of member *name*."""
    name = name[:1].lower() + name[1:]
    return f"{place}.{name}" if place else name


def place_of(shape: StructureShape, path: str) -> str:
    """The place of the member at *path*, in the first elements of the lists on the way; ends before the first map."""
    place, holder = "", shape
    *parents, last = path.split(".")
    for name in parents:
        place, member = joined(place, name), holder.members[name]
        while isinstance(member, ListShape):
            place, member = f"{place}.1.member", member.member
        if not isinstance(member, StructureShape):
            return place
        holder = member
    return joined(place, last)
