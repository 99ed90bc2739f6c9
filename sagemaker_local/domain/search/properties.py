"""The properties that a resource can be searched and sorted by, and how they are read from its record.

They are the members of its search record, at any depth: ``InputDataConfig.DataSource.S3DataSource.S3Uri``. A map's are
its keys, which may hold dots themselves. Three names are Search's own: ``Tags.<key>``, ``HyperParameters.<name>`` (text
that compares as a number where it is one) and ``Metrics.<name>``, a training job's final metrics.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from sagemaker_local.domain.search.errors import InvalidSearch

Record = dict[str, Any]
Read = Callable[[Record], list[Any]]

TAGS, HYPERPARAMETERS, METRICS = "Tags", "HyperParameters", "Metrics"
METRIC_MEMBER = "FinalMetricDataList"
"""of the record: what metrics are read from"""


class Type(Enum):
    """How a property's values compare."""

    TEXT = "text"
    NUMBER = "numeric"
    BOOLEAN = "Boolean"
    TIMESTAMP = "timestamp"
    HYPERPARAMETER = "hyperparameter"
    COMPOUND = "structure"
    """has members of its own: it can only exist or not"""


_TYPES = {
    "string": Type.TEXT,
    "boolean": Type.BOOLEAN,
    "timestamp": Type.TIMESTAMP,
    **dict.fromkeys(("integer", "long", "float", "double"), Type.NUMBER),
}


@dataclass(frozen=True)
class Property:
    """A property of a kind of resource."""

    name: str
    type: Type
    member: str
    """of the record, at its top: all that reading needs"""
    read: Read
    """the values that a record has there: none, one, or one for each element of the lists on the way"""


def find(shape: StructureShape, name: str) -> Property:
    """The property *name* of resources of *shape*; raises ``InvalidSearch``. A record's ``Tags`` are a map here."""
    first, _, rest = name.partition(".")
    if first == METRICS and rest and METRIC_MEMBER in shape.members:
        return Property(name, Type.NUMBER, METRIC_MEMBER, _metric(rest))
    if first == TAGS and rest and TAGS in shape.members:
        return Property(name, Type.TEXT, TAGS, _at(TAGS, rest))
    if first == HYPERPARAMETERS and rest and HYPERPARAMETERS in shape.members:
        return Property(name, Type.HYPERPARAMETER, HYPERPARAMETERS, _at(HYPERPARAMETERS, rest))
    steps, leaf = _walk(shape, name, name)
    return Property(name, _TYPES.get(leaf.type_name, Type.COMPOUND), first, _at(*steps))


def element(shape: StructureShape, name: str) -> tuple[Property, StructureShape]:
    """The property *name*, which must be a list of structures, and the shape of those; raises ``InvalidSearch``."""
    steps, leaf = _walk(shape, name, name)
    if not isinstance(leaf, StructureShape) or not _is_list(shape, steps):
        raise InvalidSearch(f"NestedPropertyName {name} is not a list of structures")
    return Property(name, Type.COMPOUND, steps[0], _at(*steps)), leaf


def _walk(shape: Shape, path: str, whole: str) -> tuple[list[str], Shape]:
    """The steps of *path* and the shape at its end; lists are passed through."""
    shape = _content(shape)
    if isinstance(shape, MapShape) and path:
        return [path], _content(shape.value)
    name, dot, rest = path.partition(".")
    if not isinstance(shape, StructureShape) or name not in shape.members:
        raise InvalidSearch(f"{whole} is not a property of the resource")
    if not dot:
        return [name], _content(shape.members[name])
    steps, leaf = _walk(shape.members[name], rest, whole)
    return [name, *steps], leaf


def _content(shape: Shape) -> Shape:
    return _content(shape.member) if isinstance(shape, ListShape) else shape


def _is_list(shape: Shape, steps: list[str]) -> bool:
    for name in steps:
        holder = _content(shape)
        assert isinstance(holder, StructureShape)
        shape = holder.members[name]
    return isinstance(shape, ListShape)


def _at(*steps: str) -> Read:
    def read(record: Record) -> list[Any]:
        found: list[Any] = [record]
        for step in steps:
            found = _flat([value[step] for value in found if isinstance(value, dict) and value.get(step) is not None])
        return found

    return read


def _flat(values: list[Any]) -> list[Any]:
    return [item for value in values for item in (_flat(value) if isinstance(value, list) else [value])]


def _metric(name: str) -> Read:
    def read(record: Record) -> list[Any]:
        metrics = record.get(METRIC_MEMBER) or []
        return [metric["Value"] for metric in metrics if metric.get("MetricName") == name]

    return read
