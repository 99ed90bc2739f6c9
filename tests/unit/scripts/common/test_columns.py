from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import columns
from common.columns import BadCell, Category, Number, Schema

SEX = Category("sex", ("F", "M"))
LENGTH = Number("length", above=0, maximum=1.5)
RINGS = Number("rings", above=0, maximum=40, whole=True, required=True)
SCHEMA = Schema((SEX, LENGTH), RINGS)


@pytest.mark.parametrize(
    ("cell", "value"),
    [("0.5", 0.5), (" .5 ", 0.5), ("5.", 5.0), ("+1e-2", 0.01), (1, 1.0), (0.25, 0.25), (np.float32(0.5), 0.5)],
)
def test_a_number_is_read_from_text_and_from_numbers(cell: object, value: float) -> None:
    assert columns.parse([LENGTH], {"length": cell}, "here") == {"length": value}


@pytest.mark.parametrize(
    "cell",
    [
        *["abc", "1_000", "nan", "inf", "-Infinity", "٣", "0x10", "1,5", "1e39", "1e999"],
        *[10**400, float("nan"), float("inf"), True, b"1", [1]],
    ],
)
def test_what_is_no_finite_number_is_refused_with_place_column_and_value(cell: object) -> None:
    with pytest.raises(BadCell, match=r"^a\.csv, line 7, column 'length': .* is not a ") as refused:
        columns.parse([LENGTH], {"length": cell}, "a.csv, line 7")
    assert refused.value.column == "length"
    assert refused.value.value is cell


@pytest.mark.parametrize("cell", ["", "  ", None])
def test_an_empty_cell_is_a_missing_value(cell: object) -> None:
    assert columns.parse([SEX, LENGTH], {"sex": cell, "length": cell}, "here") == {"sex": None, "length": None}


@pytest.mark.parametrize("cell", ["", None])
def test_an_empty_cell_of_a_required_column_is_refused(cell: object) -> None:
    with pytest.raises(BadCell, match=r"'rings': .*is empty but required"):
        columns.parse([RINGS], {"rings": cell}, "here")


def test_a_missing_column_is_refused_by_name() -> None:
    with pytest.raises(BadCell, match=r"row 1, column 'length':  is missing; the row has only \['lenght'\]"):
        columns.parse([LENGTH], {"lenght": "0.5"}, "row 1")


def test_a_fraction_in_a_column_of_whole_numbers_is_refused() -> None:
    with pytest.raises(BadCell, match=r"'7\.5' is not a whole number"):
        columns.parse([RINGS], {"rings": "7.5"}, "here")


@pytest.mark.parametrize("cell", [1, 0.5, True, ["M"]])
def test_a_category_that_is_no_text_is_refused(cell: object) -> None:
    with pytest.raises(BadCell, match="is not text"):
        columns.parse([SEX], {"sex": cell}, "here")


def test_a_huge_cell_is_not_quoted_in_full() -> None:
    with pytest.raises(BadCell) as refused:
        columns.parse([LENGTH], {"length": "9" * 10_000 + "x"}, "here")
    assert len(str(refused.value)) < 250


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        (LENGTH, 0.0, "not above 0"),
        (LENGTH, -1.0, "not above 0"),
        (LENGTH, 1.6, "more than 1.5"),
        (LENGTH, 1.5, None),
        (SEX, "X", "not one of F, M"),
        (SEX, "F", None),
    ],
)
def test_an_implausible_value_has_its_reason(column: columns.Column, value: float | str, problem: str | None) -> None:
    assert column.oddity(value) == problem


def test_two_spellings_of_the_same_values_have_the_same_key() -> None:
    one = columns.parse(SCHEMA.columns, {"sex": "M", "length": "0.50", "rings": "7"}, "here")
    other = columns.parse(SCHEMA.columns, {"rings": "7.0", "sex": " M", "length": ".5"}, "there")
    assert columns.key(SCHEMA.columns, one) == columns.key(SCHEMA.columns, other)


def test_minus_zero_is_zero() -> None:
    zero, minus_zero = (columns.parse([LENGTH], {"length": text}, "here") for text in ("0", "-0"))
    assert columns.key([LENGTH], zero) == columns.key([LENGTH], minus_zero)


@pytest.mark.parametrize("other", [("F", "0.5"), ("M", "0.51"), ("M", ""), ("", "0.5")])
def test_other_values_have_another_key(other: tuple[str, str]) -> None:
    one, two = (
        columns.parse(SCHEMA.features, {"sex": sex, "length": length}, "here") for sex, length in (("M", "0.5"), other)
    )
    assert columns.key(SCHEMA.features, one) != columns.key(SCHEMA.features, two)


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_every_float32_is_read_back_from_its_text(value: float) -> None:
    assert columns.parse([LENGTH], {"length": repr(value)}, "here") == {"length": value}


@given(st.text() | st.floats() | st.integers() | st.booleans() | st.none() | st.binary())
def test_any_cell_is_a_finite_float32_or_missing_or_refused(cell: object) -> None:
    try:
        value = columns.parse([LENGTH], {"length": cell}, "here")["length"]
    except BadCell:
        return
    assert value is None or np.isfinite(np.float32(value))


def test_a_schema_is_described_by_names_kinds_and_target() -> None:
    assert SCHEMA.describe() == {"features": [["sex", "category"], ["length", "number"]], "target": "rings"}
    assert SCHEMA.names == ["sex", "length", "rings"]
