"""Checks of JSON values."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_local.domain.model_cards.checks import (
    Check,
    any_of,
    anything,
    array,
    boolean,
    mapping,
    number,
    one_of,
    structure,
    text,
)

POINT = structure({"x": number(0), "label": text(3, shortest=1)}, required=("x",))


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (text(), ""),
        (text(3), "abc"),
        (number(), -1.5),
        (number(1), 1),
        (boolean, False),
        (one_of("High", "Low"), "Low"),
        (any_of(number(), text(2)), "ab"),
        (array(number()), []),
        (array(number(), 1, 2), [1, 2.0]),
        (mapping(text()), {"any": "thing", "": ""}),
        (POINT, {"x": 0, "label": "a"}),
        (structure({}, closed=False), {"more": 1}),
        (anything, None),
    ],
)
def test_a_good_value_has_no_fault(check: Check, value: Any) -> None:
    assert list(check(value, "a")) == []


@pytest.mark.parametrize(
    ("check", "value", "faults"),
    [
        (text(), None, ["a must be text"]),
        (text(), 1, ["a must be text"]),
        (text(2), "abc", ["a must have at most 2 characters"]),
        (text(shortest=1), "", ["a must have at least 1 characters"]),
        (number(), "1", ["a must be a number"]),
        (number(), True, ["a must be a number"]),
        (number(1), 0.5, ["a must be at least 1"]),
        (boolean, 0, ["a must be true or false"]),
        (one_of("High", "Low"), "low", ["a must be one of High, Low"]),
        (one_of("High", "Low"), [], ["a must be one of High, Low"]),
        (any_of(number(), text(1)), "ab", ["a must be a number or a must have at most 1 characters"]),
        (array(number()), {}, ["a must be a list"]),
        (array(number()), [1, "2", 3, None], ["a[1] must be a number", "a[3] must be a number"]),
        (array(number(), 1), [], ["a must have at least 1 elements"]),
        (array(number(), 0, 1), [1, 2], ["a must have at most 1 elements"]),
        (mapping(text()), [], ["a must be an object"]),
        (mapping(text()), {"b": 1}, ["a.b must be text"]),
        (POINT, [], ["a must be an object"]),
        (POINT, {"y": 1}, ["a.x is missing", "a.y is unknown"]),
        (POINT, {"x": -1, "label": ""}, ["a.x must be at least 0", "a.label must have at least 1 characters"]),
    ],
)
def test_a_fault_is_told_by_its_place(check: Check, value: Any, faults: list[str]) -> None:
    assert list(check(value, "a")) == faults


def test_at_the_top_a_place_begins_with_the_members_name() -> None:
    assert list(POINT({}, "")) == ["x is missing"]
    assert list(POINT(1, "")) == ["it must be an object"]
