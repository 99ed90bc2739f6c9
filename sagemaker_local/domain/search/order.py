"""The order of results: by any property, what lacks it last; of equals the one that was made first is smaller."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sagemaker_local.domain.search.comparison import number
from sagemaker_local.domain.search.errors import InvalidSearch
from sagemaker_local.domain.search.properties import Property, Record, Type

Value = float | str | None


class Position(NamedTuple):
    """Where a result stands: its value of the property that is sorted by, and the row that it is stored in."""

    value: Value
    row: int


def position(by: Property, row: int, record: Record) -> Position:
    """The position of *record*; of several values the first counts."""
    values = by.read(record)
    if not values:
        return Position(None, row)
    first = values[0]
    if by.type is Type.HYPERPARAMETER:
        as_number = number(first)
        return Position(first if as_number is None else as_number, row)
    return Position(first if by.type is Type.TEXT else float(first), row)


def sortable(by: Property) -> Property:
    """*by*, if it has an order; raises ``InvalidSearch``."""
    if by.type is Type.COMPOUND:
        raise InvalidSearch(f"SortBy {by.name} has no order: it is a structure")
    return by


def ordered(positions: Iterable[Position], descending: bool, after: Position | None = None) -> list[Position]:
    """The positions in order; those after *after*, which need not be there any more, if it is given."""
    wanted = [one for one in positions if after is None or _follows(one, after, descending)]
    present = [one for one in wanted if one.value is not None]
    absent = [one for one in wanted if one.value is None]
    return [*sorted(present, key=_key, reverse=descending), *sorted(absent, key=_key, reverse=descending)]


def _follows(one: Position, other: Position, descending: bool) -> bool:
    if (one.value is None) != (other.value is None):
        return one.value is None
    return _key(one) < _key(other) if descending else _key(one) > _key(other)


def _key(one: Position) -> tuple[bool, float, str, int]:
    """Numbers come before text."""
    is_text = isinstance(one.value, str)
    return is_text, 0.0 if is_text else float(one.value or 0), str(one.value) if is_text else "", one.row
