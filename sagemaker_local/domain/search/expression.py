"""Search expressions: filters, nested filters and expressions in expressions, joined by And or Or."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from botocore.model import StructureShape

from sagemaker_local.domain.search import properties
from sagemaker_local.domain.search.comparison import CONTAINS, condition
from sagemaker_local.domain.search.errors import InvalidSearch
from sagemaker_local.domain.search.properties import Record

Test = Callable[[Record], bool]

_CONDITIONS_LIMIT = 50
_KINDS = ("Filters", "NestedFilters", "SubExpressions")


class Filter(NamedTuple):
    """A simple condition, as it is asked for."""

    name: str
    operator: str | None
    value: str | None


@dataclass(frozen=True)
class Predicate:
    """What an expression says of a record."""

    holds: Test
    members: frozenset[str]
    """of the record, at its top: what must be there to say so"""
    necessary: tuple[Filter, ...] = ()
    """conditions that every record meets of which it holds"""


def compiled(shape: StructureShape, expression: dict[str, Any]) -> Predicate:
    """The predicate of *expression* on resources of *shape*; raises ``InvalidSearch``."""
    parts = list(_parts(expression))
    if len(parts) > _CONDITIONS_LIMIT:
        raise InvalidSearch(
            f"A SearchExpression can have at most {_CONDITIONS_LIMIT} conditions in all; this has {len(parts)}"
        )
    if sum(part.get("Operator") == CONTAINS for part in parts) > 1:
        raise InvalidSearch("'CONTAINS' operator usage limit of 1 exceeded.")
    compiler = _Compiler(shape)
    holds = compiler.expression(expression)
    return Predicate(holds, frozenset(compiler.members), tuple(_necessary(expression)))


def _necessary(expression: dict[str, Any]) -> Iterator[Filter]:
    if expression.get("Operator") == "Or":
        return
    for item in expression.get("Filters", []):
        yield Filter(item["Name"], item.get("Operator"), item.get("Value"))
    for item in expression.get("SubExpressions", []):
        yield from _necessary(item)


def _parts(expression: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every filter, nested filter and expression inside *expression*."""
    for kind in _KINDS:
        for part in expression.get(kind, []):
            yield part
            yield from _parts(part)


class _Compiler:
    """Compiles one expression, noting the members of records that it looks at."""

    def __init__(self, shape: StructureShape) -> None:
        self._shape = shape
        self.members: set[str] = set()

    def expression(self, expression: dict[str, Any]) -> Test:
        tests = [self._filter(item) for item in expression.get("Filters", [])]
        tests += [self._nested(item) for item in expression.get("NestedFilters", [])]
        tests += [self.expression(item) for item in expression.get("SubExpressions", [])]
        if not tests:
            raise InvalidSearch(
                "A SearchExpression must have at least one of Filters, NestedFilters and SubExpressions"
            )
        join = any if expression.get("Operator") == "Or" else all
        return lambda record: join(test(record) for test in tests)

    def _filter(self, item: dict[str, Any]) -> Test:
        found = properties.find(self._shape, item["Name"])
        self.members.add(found.member)
        return condition(found, item.get("Operator"), item.get("Value"))

    def _nested(self, item: dict[str, Any]) -> Test:
        """A single element of the list satisfies all filters, whose names begin with the list's."""
        found, shape = properties.element(self._shape, item["NestedPropertyName"])
        self.members.add(found.member)
        inner = _Compiler(shape)
        tests = [inner._filter({**one, "Name": _inside(found.name, one["Name"])}) for one in item["Filters"]]
        return lambda record: any(all(test(one) for test in tests) for one in found.read(record))


def _inside(holder: str, name: str) -> str:
    if not name.startswith(f"{holder}."):
        raise InvalidSearch(f"{name} is not a property inside of NestedPropertyName {holder}")
    return name.removeprefix(f"{holder}.")


def pair(item: dict[str, str]) -> tuple[str, str]:
    """A visibility condition's tag and value; raises ``InvalidSearch`` unless its key is ``Tags.<key>``."""
    prefix, _, key = item.get("Key", "").partition(".")
    if prefix != properties.TAGS or not key or "Value" not in item:
        raise InvalidSearch("VisibilityConditions must have a Key of the form Tags.<key>, and a Value")
    return key, item["Value"]


def visible(tags: dict[str, str], conditions: Iterable[tuple[str, str]]) -> bool:
    """Whether a resource of these tags is seen: of each condition it lacks the tag, or has the value there."""
    return all(tags.get(key, value) == value for key, value in conditions)
