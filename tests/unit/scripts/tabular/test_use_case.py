"""Declarations that mean nothing are refused where they are made."""

from __future__ import annotations

from typing import Any

import pytest

from tabular.columns import Category, Identifier, Label, Number
from tabular.use_case import Bins, Candidate, Schema, Split, UseCase

SEX, LENGTH, AGE = Category("sex", ("F", "M")), Number("length"), Number("age", required=True)


def declared(**changes: Any) -> UseCase:
    values = {
        "name": "age",
        "schema": Schema((SEX, LENGTH), AGE),
        "candidates": {"linear": Candidate("tabular.algorithms.linear")},
        "baseline": "linear",
    }
    return UseCase(**{**values, **changes})


def test_the_target_says_what_kind_of_problem_it_is() -> None:
    assert not declared().classifies
    assert declared(schema=Schema((SEX, LENGTH), Label("left", "no", "yes"))).classifies


def test_the_columns_are_features_attributes_key_and_target() -> None:
    schema = Schema((LENGTH,), AGE, key=(Identifier("id"),), attributes=(SEX,))
    assert schema.names == ["length", "sex", "id", "age"]


@pytest.mark.parametrize("name", ["", "Age", "age of man", "1st", "_x", "a" * 33, "age-2"])
def test_a_name_that_would_break_ids_or_folders_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="use case name"):
        declared(name=name)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"baseline": "forest"}, "the baseline 'forest' is none of the candidates linear"),
        ({"candidates": {"champion": Candidate("x")}, "baseline": "champion"}, "no candidate may be named champion"),
        ({"slices": ("height",)}, "slices need a column of text"),
        ({"slices": ("length",)}, "slices need a column of text"),
        ({"slices": (Bins("sex", (1,)),)}, "slices need a column of text"),
        ({"slices": (Bins("age", (1,)),)}, "slices need a column of text"),
    ],
)
def test_what_does_not_fit_together_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        declared(**changes)


def test_a_column_that_is_declared_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="columns are declared twice: length"):
        Schema((LENGTH, SEX), AGE, attributes=(LENGTH,))


def test_a_target_that_may_be_missing_is_refused() -> None:
    with pytest.raises(ValueError, match="the target 'length' must be required"):
        Schema((SEX,), LENGTH)


@pytest.mark.parametrize("shares", [(0, 0.1), (0.1, 0), (0.5, 0.5), (0.9, 0.2), (-0.1, 0.1)])
def test_shares_that_leave_a_part_empty_are_refused(shares: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="shares must be above 0"):
        Split(*shares)


def test_bins_are_named_by_their_edges() -> None:
    assert Bins("length", (1, 2.5)).names == ["below 1", "1 to 2.5", "from 2.5"]
    assert Bins("length", (4,)).names == ["below 4", "from 4"]
