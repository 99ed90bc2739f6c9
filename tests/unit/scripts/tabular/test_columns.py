from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabular import columns
from tabular.columns import BadCell, Category, Identifier, Label, Number

SEX = Category("sex", ("F", "M"))
LENGTH = Number("length", above=0, maximum=1.5)
COUNT = Number("count", minimum=0, maximum=9)
RINGS = Number("rings", above=0, maximum=40, whole=True, required=True)
LEFT = Label("left", negative="False.", positive="True.")
PHONE = Identifier("phone")


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
    assert (refused.value.place, refused.value.column) == ("a.csv, line 7", "length")
    assert refused.value.value is cell


@pytest.mark.parametrize("cell", ["", "  ", None])
def test_an_empty_cell_is_a_missing_value(cell: object) -> None:
    assert columns.parse([SEX, LENGTH], {"sex": cell, "length": cell}, "here") == {"sex": None, "length": None}


@pytest.mark.parametrize("cell", ["", None])
@pytest.mark.parametrize("column", [RINGS, LEFT, PHONE], ids=lambda column: column.kind)
def test_an_empty_cell_of_a_required_column_is_refused(column: columns.Column, cell: object) -> None:
    with pytest.raises(BadCell, match=f"'{column.name}': .*is empty but required"):
        columns.parse([column], {column.name: cell}, "here")


def test_a_missing_column_is_refused_by_name() -> None:
    with pytest.raises(BadCell, match=r"row 1, column 'length':  is missing; the row has only \['lenght'\]"):
        columns.parse([LENGTH], {"lenght": "0.5"}, "row 1")


def test_a_fraction_in_a_column_of_whole_numbers_is_refused() -> None:
    with pytest.raises(BadCell, match=r"'7\.5' is not a whole number"):
        columns.parse([RINGS], {"rings": "7.5"}, "here")


@pytest.mark.parametrize("column", [SEX, LEFT, PHONE], ids=lambda column: column.kind)
@pytest.mark.parametrize("cell", [1, 0.5, True, ["M"]])
def test_what_should_be_text_and_is_not_is_refused(column: columns.Column, cell: object) -> None:
    with pytest.raises(BadCell, match="is not text"):
        columns.parse([column], {column.name: cell}, "here")


def test_a_label_is_1_for_the_positive_text_and_0_for_the_negative() -> None:
    assert [columns.value(LEFT, cell, "here") for cell in ("True.", " False. ")] == [1, 0]


@pytest.mark.parametrize("cell", ["True", "true.", "1"])
def test_any_other_label_is_refused_with_what_there_is(cell: str) -> None:
    with pytest.raises(BadCell, match=r"is neither 'False\.' nor 'True\.'"):
        columns.value(LEFT, cell, "here")


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
        (COUNT, 0.0, None),
        (COUNT, -1.0, "less than 0"),
        (SEX, "X", "not one of F, M"),
        (SEX, "F", None),
        (LEFT, 1.0, None),
        (PHONE, "anything", None),
    ],
)
def test_an_implausible_value_has_its_reason(column: columns.Column, value: float | str, problem: str | None) -> None:
    assert column.oddity(value) == problem


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
