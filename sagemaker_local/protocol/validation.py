"""Requests checked against the model: required, type, length, range, pattern and enum.

botocore's own validator stops at required members, types and minimums; the service checks the rest, so this does.
Each shape is compiled once into a closure. The wording is AWS's:
``1 validation error detected: Value 'x' at 'trainingJobName' failed to satisfy constraint: Member must ...``.
Members that the model does not have are ignored, as AWS ignores them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import regex
from botocore.model import ListShape, MapShape, Shape, StructureShape

from sagemaker_local.errors import ServiceError, validation_error
from sagemaker_local.protocol import model
from sagemaker_local.protocol.timestamps import epoch_seconds, finite

Path = str
Fault = tuple[str, Path, str]  # the value as shown, where it stands, what it must satisfy
Check = Callable[[Any, Path, list[Fault]], None]

# Three patterns of the model backtrack without end on hostile input: no match may take longer than this. It is by the
# clock: on a busy machine a tenth of it may pass without a single step.
_PATTERN_TIMEOUT_SECONDS = 2.0


class SerializationError(ServiceError):
    """The JSON has another type than the model."""

    def __init__(self, path: Path, expected: str, value: object) -> None:
        super().__init__(
            "SerializationException",
            f"{_json_type(value)} value at '{path or '$'}' can not be converted to {expected}",
        )


def validate(operation: str, request: Any) -> None:
    """Check *request* against the input shape of *operation*.

    Raises ``ServiceError``: ``SerializationException`` for a wrong JSON type, otherwise ``ValidationException``
    that lists every fault found.
    """
    faults: list[Fault] = []
    _compiled(operation)(request, "", faults)
    if faults:
        raise validation_error(message(faults))


def message(faults: list[Fault]) -> str:
    """The message of the error that lists *faults*."""
    noun = "error" if len(faults) == 1 else "errors"
    listed = "; ".join(
        f"Value {shown} at '{path}' failed to satisfy constraint: {rule}" for shown, path, rule in faults
    )
    return f"{len(faults)} validation {noun} detected: {listed}"


@cache
def _compiled(operation: str) -> Check:
    return check_of(model.input_shape(operation))


def check_of(shape: Shape) -> Check:
    """The check that a value is of *shape*."""
    return _Compiler().check_for(shape)


class _Compiler:
    """Compiles shapes to checks; shapes that contain themselves are resolved when they are first used."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def check_for(self, shape: Shape) -> Check:
        if shape.name in self._checks:
            return self._checks[shape.name]
        self._checks[shape.name] = lambda value, path, faults: self._checks[shape.name](value, path, faults)
        self._checks[shape.name] = self._build(shape)
        return self._checks[shape.name]

    def _build(self, shape: Shape) -> Check:
        if isinstance(shape, StructureShape):
            return self._structure(shape)
        if isinstance(shape, ListShape):
            return self._list(shape)
        if isinstance(shape, MapShape):
            return self._map(shape)
        return _scalar(shape)

    def _structure(self, shape: StructureShape) -> Check:
        members = {name: self.check_for(member) for name, member in shape.members.items()}
        required = list(shape.required_members)
        union = getattr(shape, "is_tagged_union", False)

        def check(value: Any, path: Path, faults: list[Fault]) -> None:
            if not isinstance(value, dict):
                raise SerializationError(path, "a structure", value)
            for name in required:
                if value.get(name) is None:
                    faults.append(("null", _join(path, name), "Member must not be null"))
            present = [name for name in members if value.get(name) is not None]
            if union and len(present) != 1:
                faults.append((_shown(value), path, "Exactly one member of the union must be set"))
            for name in present:
                members[name](value[name], _join(path, name), faults)

        return check

    def _list(self, shape: ListShape) -> Check:
        member = self.check_for(shape.member)
        size = _length_rule(shape)

        def check(value: Any, path: Path, faults: list[Fault]) -> None:
            if not isinstance(value, list):
                raise SerializationError(path, "a list", value)
            size(value, path, faults)
            for index, item in enumerate(value, start=1):
                member(item, f"{path}.{index}.member", faults)

        return check

    def _map(self, shape: MapShape) -> Check:
        key_check, value_check = self.check_for(shape.key), self.check_for(shape.value)
        size = _length_rule(shape)

        def check(value: Any, path: Path, faults: list[Fault]) -> None:
            if not isinstance(value, dict):
                raise SerializationError(path, "a map", value)
            size(value, path, faults)
            for key, item in value.items():
                key_check(key, f"{path}.key", faults)
                value_check(item, f"{path}.{key}.member", faults)

        return check


def _scalar(shape: Shape) -> Check:
    kinds, expected, convert = _SCALARS[shape.type_name]
    rules = [rule for rule in (_length_or_range(shape), _pattern(shape), _enum(shape)) if rule is not None]

    def check(value: Any, path: Path, faults: list[Fault]) -> None:
        # JSON's true is Python's True, which is also an int: a boolean is a number nowhere in the model.
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise SerializationError(path, expected, value)
        try:
            convert(value)
        except ValueError as error:
            raise SerializationError(path, expected, value) from error
        for rule in rules:
            rule(value, path, faults)

    return check


def _integer(bits: int) -> Callable[[int], object]:
    limit = 1 << (bits - 1)

    def convert(value: int) -> None:
        if not -limit <= value < limit:
            raise ValueError(f"not within {bits} bits")

    return convert


def _text(value: str) -> object:
    """Half a surrogate pair, which JSON can write, is no text: it could be neither stored nor sent on."""
    return value.isascii() or value.encode()


# By the model's type: JSON's types as Python reads them, the type's name, and what raises ValueError for a value that
# the type does not have.
_SCALARS: dict[str, tuple[tuple[type, ...], str, Callable[[Any], object]]] = {
    "string": ((str,), "a string", _text),
    "blob": ((str,), "a base64 string", _text),
    "boolean": ((bool,), "a boolean", bool),
    "integer": ((int,), "an integer", _integer(32)),
    "long": ((int,), "a long", _integer(64)),
    "float": ((int, float), "a float", finite),
    "double": ((int, float), "a double", finite),
    "timestamp": ((int, float, str), "a timestamp", epoch_seconds),
}


def _length_or_range(shape: Shape) -> Check | None:
    if not {"min", "max"} & shape.metadata.keys():
        return None
    return _length_rule(shape) if shape.type_name in ("string", "blob") else _range_rule(shape)


def _length_rule(shape: Shape) -> Check:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")

    def check(value: Any, path: Path, faults: list[Fault]) -> None:
        if low is not None and len(value) < low:
            fault = f"Member must have length greater than or equal to {low}"
            faults.append((_shown(value), path, fault))
        if high is not None and len(value) > high:
            faults.append((_shown(value), path, f"Member must have length less than or equal to {high}"))

    return check


def _range_rule(shape: Shape) -> Check:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")

    def check(value: Any, path: Path, faults: list[Fault]) -> None:
        if low is not None and value < low:
            faults.append((_shown(value), path, f"Member must have value greater than or equal to {low}"))
        if high is not None and value > high:
            faults.append((_shown(value), path, f"Member must have value less than or equal to {high}"))

    return check


def _pattern(shape: Shape) -> Check | None:
    text = shape.metadata.get("pattern")
    if text is None:
        return None
    compiled = regex.compile(_repaired(text))
    longest = shape.metadata.get("max")

    def check(value: str, path: Path, faults: list[Fault]) -> None:
        if longest is not None and len(value) > longest:
            return  # too long is its own fault, and the longer the text the dearer the match
        if not _matches(compiled, value):
            rule = f"Member must satisfy regular expression pattern: {text}"
            faults.append((_shown(value), path, rule))

    return check


def _matches(pattern: Any, value: str) -> bool:
    try:
        return pattern.fullmatch(value, timeout=_PATTERN_TIMEOUT_SECONDS) is not None
    except TimeoutError:
        return False  # what matches does so at once


def _repaired(pattern: str) -> str:
    """*pattern* as Python's engine reads it: Java writes a character beyond the basic plane as two surrogates."""
    return pattern.replace("\\uD800\\uDC00-\\uDBFF\\uDFFF", "\\U00010000-\\U0010FFFF")


def _enum(shape: Shape) -> Check | None:
    values = getattr(shape, "enum", None)
    if not values:
        return None
    allowed, listed = frozenset(values), ", ".join(values)

    def check(value: str, path: Path, faults: list[Fault]) -> None:
        if value not in allowed:
            faults.append((_shown(value), path, f"Member must satisfy enum value set: [{listed}]"))

    return check


def _join(path: Path, member: str) -> Path:
    name = member[:1].lower() + member[1:]
    return f"{path}.{name}" if path else name


def _shown(value: object) -> str:
    return f"'{value}'"


def _json_type(value: object) -> str:
    names = {dict: "OBJECT", list: "ARRAY", str: "STRING", bool: "BOOLEAN", type(None): "NULL"}
    return names.get(type(value), "NUMBER")
