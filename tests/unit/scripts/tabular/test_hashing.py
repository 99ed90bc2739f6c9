from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabular.columns import Category, Column, Identifier, Number, parse
from tabular.hashing import ascending, hashes
from tabular.table import of_rows

SEX, LENGTH, PHONE = Category("sex", ("F", "M")), Number("length"), Identifier("phone")
COLUMNS: list[Column] = [SEX, LENGTH, PHONE]
ROW = {"sex": "M", "length": "0.5", "phone": "403-2562"}


def hash_of(*rows: dict[str, str], columns: list[Column] = COLUMNS) -> list[int]:
    found: list[int] = hashes(columns, of_rows(columns, [parse(columns, row, "here") for row in rows])).tolist()
    return found


def test_a_row_keeps_its_hash_from_release_to_release() -> None:
    assert hash_of(ROW) == [8371792620532539642]


@pytest.mark.parametrize("other", [{"length": ".50"}, {"length": "5e-1"}, {"sex": " M"}, {"phone": "403-2562 "}])
def test_two_spellings_of_the_same_value_have_the_same_hash(other: dict[str, str]) -> None:
    assert hash_of({**ROW, **other}) == hash_of(ROW)


@pytest.mark.parametrize(
    "other",
    [
        {"sex": "F"},
        {"sex": ""},
        {"sex": "X"},
        {"length": "0.51"},
        {"length": ""},
        {"length": "0"},
        {"phone": "403-25620"},
    ],
)
def test_another_value_has_another_hash(other: dict[str, str]) -> None:
    assert hash_of({**ROW, **other}) != hash_of(ROW)


def test_minus_zero_is_zero() -> None:
    assert hash_of({**ROW, "length": "-0"}) == hash_of({**ROW, "length": "0"})


def test_rows_do_not_depend_on_their_neighbours() -> None:
    rows = [
        ROW,
        {**ROW, "phone": "a telephone number of some length"},
        {**ROW, "sex": "X"},
        {**ROW, "sex": "", "length": ""},
    ]
    assert hash_of(*rows) == [found for row in rows for found in hash_of(row)]


def test_a_category_keeps_its_hash_when_the_vocabulary_grows() -> None:
    known: list[Column] = [Category("sex", ("D", "F", "I", "M", "X"))]
    unknown: list[Column] = [Category("sex", ("M",))]
    for sex in ("M", "X", "F"):
        assert hash_of({"sex": sex}, columns=known) == hash_of({"sex": sex}, columns=unknown)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1, unique=True))
def test_different_numbers_have_different_hashes(values: list[float]) -> None:
    assert len(set(hash_of(*({"length": repr(value)} for value in values), columns=[LENGTH]))) == len(values)


def test_hashes_of_counted_numbers_are_evenly_spread() -> None:
    table = of_rows([LENGTH], [{"length": float(number)} for number in range(100_000)])
    shares = np.bincount((hashes([LENGTH], table) >> np.uint64(60)).astype(int), minlength=16) / 100_000
    assert shares == pytest.approx(1 / 16, abs=0.0031)  # four standard deviations


@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 5)))
def test_different_hashes_are_put_in_order(values: list[int]) -> None:
    assert ascending(np.array(values, dtype=np.uint64)).tolist() == sorted(set(values))
