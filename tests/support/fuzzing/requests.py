"""Requests with one more member each, for every member that an operation's shape has."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from tests.support.fuzzing.samples import good
from tests.support.fuzzing.world import World

Request = dict[str, Any]
STRANGER = "NotInTheModel"


def member_paths(shape: Shape, prefix: str = "", inside: tuple[str, ...] = ()) -> Iterator[str]:
    """Every member below *shape*, as ``A.B.C``; lists and maps are passed through, shapes in themselves are not."""
    shape = content(shape)
    if not isinstance(shape, StructureShape) or shape.name in inside:
        return
    for name, member in shape.members.items():
        yield f"{prefix}{name}"
        yield from member_paths(member, f"{prefix}{name}.", (*inside, shape.name))


def content(shape: Shape) -> Shape:
    """What *shape* holds, if it is a list or a map."""
    while isinstance(shape, ListShape | MapShape):
        shape = shape.member if isinstance(shape, ListShape) else shape.value
    return shape


class Builder:
    """Builds values by shape; *given* has those that must be something in particular, by path or by shape's name."""

    def __init__(self, world: World, given: Mapping[str, Any], random: Random) -> None:
        self._world, self._given, self._random = world, given, random

    def value(self, shape: Shape, path: str) -> Any:
        """The plainest value that asks for something."""
        for name in (path, shape.name):
            if name in self._given:
                given = self._given[name]
                return given(self._world) if callable(given) else copy.deepcopy(given)
        if isinstance(shape, StructureShape):
            return self._structure(shape, path)
        if isinstance(shape, ListShape):
            count = max(1, shape.metadata.get("min", 1))
            return [self.value(shape.member, f"{path}[]") for _ in range(count)]
        if isinstance(shape, MapShape):
            return {good(shape.key, self._random)[0]: self.value(shape.value, path)}
        return good(shape, self._random)[0]

    def others(self, shape: Shape, path: str) -> list[Any]:
        """More values of a scalar, from the model alone."""
        if isinstance(shape, StructureShape | ListShape | MapShape) or {path, shape.name} & self._given.keys():
            return []
        return good(shape, self._random)[1:]

    def _structure(self, shape: StructureShape, path: str) -> Request:
        names = list(shape.required_members) or list(shape.members)[:1]
        inside = path.removesuffix("[]")
        return {name: self.value(shape.members[name], f"{inside}.{name}") for name in names}

    def with_member(self, shape: StructureShape, request: Request, path: str) -> Request:
        """*request* and the member at *path*, with what has to be around it; what is there stays as it is."""
        return self._changed(shape, request, path, lambda member, there: there or self.value(member, path))

    def with_others(self, shape: StructureShape, request: Request, path: str) -> Iterator[Request]:
        """*request* with other values of the member at *path*."""
        for other in self.others(member_shape(shape, path), path):
            yield self._changed(shape, request, path, lambda _member, _there, other=other: other)  # type: ignore[misc]

    def _changed(
        self, shape: StructureShape, request: Request, path: str, value: Callable[[Shape, Any], Any]
    ) -> Request:
        whole = copy.deepcopy(request)
        place, holder, (*parents, last) = whole, shape, path.split(".")
        for number, name in enumerate(parents, start=1):
            member = holder.members[name]
            if not place.get(name):
                _put(holder, place, name, self.value(member, ".".join(parents[:number])))
            place, holder = _first(place[name], member), content(member)
        _put(holder, place, last, value(holder.members[last], place.get(last)))
        return whole


def _put(holder: StructureShape, place: Request, name: str, value: Any) -> None:
    if is_union(holder) and name not in place:
        place.clear()
    place[name] = value


def _first(value: Any, shape: Shape) -> Request:
    """The structure that *value* of *shape* is, or the first that it holds."""
    while isinstance(shape, ListShape | MapShape):
        if isinstance(shape, ListShape):
            value, shape = value[0], shape.member
        else:
            value, shape = next(iter(value.values())), shape.value
    return value  # type: ignore[no-any-return]


def member_shape(shape: StructureShape, path: str) -> Shape:
    """The shape of the member at *path*."""
    *parents, last = path.split(".")
    for name in parents:
        shape = content(shape.members[name])
    return shape.members[last]


def with_strangers(shape: Shape, value: Any) -> Any:
    """*value* with a member that the model does not have in every structure, and a null for each that is not given."""
    if isinstance(shape, StructureShape):
        nulls = {name: None for name in shape.members if name not in value}
        inside = {name: with_strangers(shape.members[name], item) for name, item in value.items()}
        return {STRANGER: {"deep": [1, None, {}]}, **nulls, **inside}
    if isinstance(shape, ListShape):
        return [with_strangers(shape.member, item) for item in value]
    if isinstance(shape, MapShape):
        return {key: with_strangers(shape.value, item) for key, item in value.items()}
    return value


def is_union(shape: StructureShape) -> bool:
    """Whether a value has exactly one of the members."""
    return bool(getattr(shape, "is_tagged_union", False))
