"""Operators: which are for which type of property, and what they say of a record's values."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

from sagemaker_local.domain.search.errors import InvalidSearch
from sagemaker_local.domain.search.properties import Property, Type
from sagemaker_local.protocol.timestamps import epoch_seconds, finite

Test = Callable[[Any], bool]
"""of one value"""
Compare = Callable[[Any, Any], bool]
"""of a found value and the wanted one"""

EXISTS, NOT_EXISTS, CONTAINS = "Exists", "NotExists", "Contains"
_ORDER: dict[str, Compare] = {
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}
_EQUALITY, _TEXT = {"Equals", "NotEquals"}, {CONTAINS, "In"}
_OPERATORS = {
    Type.TEXT: _EQUALITY | _TEXT,
    Type.NUMBER: _EQUALITY | _ORDER.keys(),
    Type.TIMESTAMP: _EQUALITY | _ORDER.keys(),
    Type.BOOLEAN: _EQUALITY,
    Type.HYPERPARAMETER: _EQUALITY | _TEXT | _ORDER.keys(),
    Type.COMPOUND: set(),
}
_INTEGER = re.compile(r"[+-]?\d+")


def condition(of: Property, name: str | None, value: str | None) -> Callable[[dict[str, Any]], bool]:
    """What a filter says of a record. Without an operator it is ``Equals``, without a value too ``Exists``.

    A property with several values (in a list) matches if one of them does; ``NotEquals`` if none is equal, which holds
    for one without values too. Raises ``InvalidSearch``.
    """
    name = name or (EXISTS if value is None else "Equals")
    if name in (EXISTS, NOT_EXISTS):
        if value is not None:
            raise InvalidSearch(f"Operator {name} of {of.name} takes no Value")
        return lambda record: bool(of.read(record)) == (name == EXISTS)
    if name not in _OPERATORS[of.type]:
        raise InvalidSearch(f"Operator {name} is not supported for {of.name}, a {of.type.value} property")
    if value is None:
        raise InvalidSearch(f"Operator {name} of {of.name} needs a Value")
    test = _test(of, name, value)
    if name == "NotEquals":
        return lambda record: not any(map(test, of.read(record)))
    return lambda record: any(map(test, of.read(record)))


def _test(of: Property, name: str, value: str) -> Test:
    if name == CONTAINS:
        return lambda found: value in str(found)
    if name == "In":
        several = value.split(",")
        return lambda found: found in several
    compare: Compare = _ORDER.get(name, operator.eq)
    if of.type is Type.HYPERPARAMETER:
        return _hyperparameter(of, compare, value)
    wanted = _parsed(of, value)
    return lambda found: compare(found, wanted)


def _parsed(of: Property, value: str) -> Any:
    if of.type is Type.TEXT:
        return value
    if of.type is Type.BOOLEAN:
        if value.lower() not in ("true", "false"):
            raise InvalidSearch(f"Value {value!r} of {of.name} must be true or false")
        return value.lower() == "true"
    try:
        return finite(float(value)) if of.type is Type.NUMBER else epoch_seconds(value)
    except ValueError as error:
        form = "a number" if of.type is Type.NUMBER else "a time in ISO 8601: YYYY-mm-ddTHH:MM:SS"
        raise InvalidSearch(f"Value {value!r} of {of.name} must be {form}") from error


def _hyperparameter(of: Property, compare: Compare, value: str) -> Test:
    """Documented: decimals compare as integers if *value* is an integer."""
    wanted = number(value)
    if wanted is None:
        if compare is not operator.eq:
            raise InvalidSearch(f"Value {value!r} of {of.name} must be a number to be compared by order")
        return lambda found: bool(found == value)
    whole = _INTEGER.fullmatch(value) is not None

    def test(found: str) -> bool:
        there = number(found)
        return there is not None and compare(int(there) if whole else there, wanted)

    return test


def number(text: str) -> float | None:
    """The number that a hyperparameter's value is, if it is one."""
    try:
        return finite(float(text))
    except ValueError:
        return None
