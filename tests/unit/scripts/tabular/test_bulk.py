"""Cells that are read many at a time are what they are read as one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabular import bulk

decimals = st.from_regex(r"-?[0-9]{0,5}\.?[0-9]{0,6}", fullmatch=True)
anything = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters='",'), max_size=20)


def column(cells: list[str], before: list[str] | None = None) -> bulk.Grid:
    """A grid with these cells in its second column."""
    lines = [f"{first},{cell}\n" for first, cell in zip(before or ["x"] * len(cells), cells, strict=True)]
    found = bulk.grid("".join(lines).encode(), b",\n")
    assert found is not None
    return found


@given(st.lists(decimals | anything, min_size=1), st.data())
def test_a_number_is_exactly_pythons_or_it_is_left_alone(cells: list[str], data: st.DataObject) -> None:
    before = data.draw(st.lists(anything, min_size=len(cells), max_size=len(cells)))
    values, unread = bulk.numbers(column(cells, before), 1)
    for cell, value, left in zip(cells, values.tolist(), unread.tolist(), strict=True):
        if not left:
            assert math.isnan(value) if cell == "" else value == float(cell)
            assert math.copysign(1, value) == 1 or value < 0


@given(st.lists(st.from_regex(r"-?[0-9]{1,4}(\.[0-9]{0,3})?", fullmatch=True), min_size=1))
def test_plain_decimal_numbers_are_all_read(cells: list[str]) -> None:
    _, unread = bulk.numbers(column(cells), 1)
    assert not unread.any()


@given(st.lists(anything, min_size=1), st.data())
def test_texts_are_the_cells_bytes(cells: list[str], data: st.DataObject) -> None:
    before = data.draw(st.lists(anything, min_size=len(cells), max_size=len(cells)))
    words = bulk.texts(column(cells, before), 1, data.draw(st.integers(1, 30)))
    width = words.shape[1] * bulk.WORD
    assert words.view(f"S{width}")[:, 0].tolist() == [cell.encode()[:width] for cell in cells]


@given(st.lists(anything, min_size=1))
def test_texts_are_whole_up_to_the_longest(cells: list[str]) -> None:
    words = bulk.texts(column(cells), 1, 20)
    assert words.view(f"S{words.shape[1] * bulk.WORD}")[:, 0].tolist() == [cell.encode() for cell in cells]


def test_cells_and_lines_are_the_text_that_was_there() -> None:
    grid = bulk.grid(b"a,1,x\nb,,y\nc,3,\n", b",,\n")
    assert grid is not None
    assert grid.rows == 3
    assert grid.cells(1, np.array([2, 1])) == [b"3", b""]
    assert grid.lines([0, 1, 2], np.array([0, 2])) == b"a,1,x\nc,3,\n"
    assert grid.lines([2, 0], np.array([1])) == b"y,b\n"


def test_lines_of_another_length_make_no_grid() -> None:
    for block in (b"1,2\n3\n", b"1,2\n3,4,5\n", b"1,2\n\n3,4\n", b"1\n2,3,4\n", b"1,2,3\n4\n"):
        assert bulk.grid(block, b",\n") is None
    for block in (b"1\n\n2\n", b"1,2\n3\n", b"1\n2,\n"):
        assert bulk.grid(block, b"\n") is None


@pytest.mark.parametrize("known", [[b"M", b"F"], [b"a much longer text", b"M", b"F"]])
def test_the_codes_of_texts_are_their_places_among_the_known(known: list[bytes]) -> None:
    cells = [b"F", b"M", b"", b"a much l", b"a much longer text", b"MM", b" M"]
    found = bulk.grid(b"".join(cell + b",\n" for cell in cells), b",\n")
    assert found is not None
    wanted = [known.index(cell) if cell in known else -1 for cell in cells]
    assert bulk.codes(found, 0, known).tolist() == wanted
    assert bulk.codes(found, 0, []).tolist() == [-1] * len(cells)
    short = bulk.grid(b"M,\na much l,\n", b",\n")
    assert short is not None
    assert bulk.codes(short, 0, known).tolist() == [known.index(b"M"), -1]


def test_a_longer_text_that_begins_like_a_known_one_is_another() -> None:
    found = bulk.grid(b"12345678\n123456789\n", b"\n")
    assert found is not None
    assert bulk.codes(found, 0, [b"M", b"12345678"]).tolist() == [1, -1]


def test_one_long_cell_does_not_make_the_others_as_long() -> None:
    found = bulk.grid(b"F\n" * 100_000 + b"F" * 1_000_000 + b"\n", b"\n")
    assert found is not None
    assert bulk.codes(found, 0, [b"M", b"F"]).tolist() == [1] * 100_000 + [-1]
    assert bulk.texts(found, 0, 20).shape == (100_001, 3)
