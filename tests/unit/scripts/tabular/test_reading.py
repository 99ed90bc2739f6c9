from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import UserError
from tabular import reading
from tabular.columns import BadCell, Category, Column, Identifier, Label, Number, Row, parse
from tabular.table import Table, of_rows

X: list[Column] = [Number("x")]
ALL: list[Column] = [
    Category("sex", ("F", "M", "a long name")),
    Number("length"),
    Number("rings", whole=True, required=True),
    Identifier("phone"),
    Label("left", "no", "yes"),
]


def file_with(folder: Path, content: bytes, name: str = "a.csv") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def places(source: Path, columns: list[Column] = X) -> list[str]:
    return [block.place(row) for block in reading.read_good(source, columns) for row in range(block.table.rows)]


def numbers(source: Path, name: str = "x") -> list[float]:
    return [value for block in reading.read_good(source, X) for value in block.table.numbers[name].tolist()]


def test_files_in_nested_folders_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    file_with(tmp_path, b"x\n3\n", "day=2026-01-02/b.csv")
    file_with(tmp_path, b"x\n1\n2\n", "day=2026-01-01/a.csv")
    file_with(tmp_path, b"[]", "manifest.json")
    assert places(tmp_path) == [
        "day=2026-01-01/a.csv, line 2",
        "day=2026-01-01/a.csv, line 3",
        "day=2026-01-02/b.csv, line 2",
    ]


def test_a_files_day_is_known_from_its_path(tmp_path: Path) -> None:
    file_with(tmp_path, b"x\n3\n", "day=2026-01-02/b.csv")
    file_with(tmp_path, b"x\n1\n", "c.csv")
    assert [block.day for block in reading.read(tmp_path, X)] == [None, "2026-01-02"]


def test_a_single_file_can_be_named(tmp_path: Path) -> None:
    assert places(file_with(tmp_path, b"x\n1\n")) == ["a.csv, line 2"]


def test_columns_may_come_in_any_order_and_among_others(tmp_path: Path) -> None:
    file = file_with(tmp_path, b"y, x \n1,2\n")
    (block,) = reading.read(file, X)
    assert (block.table.numbers["x"].tolist(), block.unexpected) == ([2], ["y"])
    assert block.csv(np.array([True])) == b"2\n"


@pytest.mark.parametrize(
    "content",
    [b"\xef\xbb\xbfx\r\n1\r\n2", b"x\n\n1\n2\n", b'"x"\n"1"\n2\n', b"x\n1\n2", b'x\n1\n"2"\n', b"x\r\n1\r\n\r\n2\r\n"],
)
def test_byte_order_marks_line_ends_blank_lines_and_quotes_do_no_harm(tmp_path: Path, content: bytes) -> None:
    assert numbers(file_with(tmp_path, content)) == [1, 2]


def test_a_file_of_nothing_but_its_header_is_fine_beside_one_with_rows(tmp_path: Path) -> None:
    file_with(tmp_path, b"x\n", "a.csv")
    file_with(tmp_path, b"x\n1\n", "b.csv")
    assert places(tmp_path) == ["b.csv, line 2"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "a.csv, line 1: missing column 'x'; the header must name it (found nothing)"),
        (b"y,z\n1,2\n", "a.csv, line 1: missing column 'x'; the header must name it (found 'y', 'z')"),
        (b"x,y,x\n1,2,3\n", "a.csv, line 1: column 'x' is named twice; keep one"),
        (b"x,y\n1,2\n1\n", "a.csv, line 3: 1 cells, the header has 2; correct the row"),
        (b"x,y\n1,2,3\n", "a.csv, line 2: 3 cells, the header has 2; correct the row"),
        (b'x\n"1\n2\n', "a.csv, line 3: not CSV (unexpected end of data); correct the file"),
        (b'x\n1\n"a"b\n', "a.csv, line 3: not CSV"),
        (b"x\n1\n\xff\n", "a.csv, line 3: not UTF-8 text"),
        (b"\xff\n1\n", "a.csv, line 1: not UTF-8 text"),
        (b"x\n1\n1\r2\n", "a.csv, line 3: not CSV (new-line character seen in unquoted field"),
        (b"x\n", "a.csv: no row of data below the header"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_place(tmp_path: Path, content: bytes, told: str) -> None:
    with pytest.raises(UserError, match=re.escape(told)):
        places(file_with(tmp_path, content))


@pytest.mark.parametrize(
    ("prepare", "told"),
    [
        (lambda folder: None, "no such file or folder"),
        (lambda folder: folder.mkdir(), "holds no *.csv file"),
        (lambda folder: file_with(folder, b"{}", "a.json"), "holds no *.csv file"),
    ],
)
def test_a_place_without_data_is_named(tmp_path: Path, prepare: Callable[[Path], object], told: str) -> None:
    prepare(tmp_path / "data")
    with pytest.raises(UserError, match=re.escape(f"{tmp_path / 'data'}: {told}")):
        places(tmp_path / "data")


def test_lines_are_counted_on_over_blocks_and_ways_of_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BLOCK_BYTES", 8)
    monkeypatch.setattr(reading, "ROWS_AT_ONCE", 2)
    content = b'x\n100\n200\n300\n\n400\n500\n600\nbad\n"7\n00"\n800\n'
    found = list(reading.read(file_with(tmp_path, content), X))
    assert [line for block in found for line in block.lines.tolist()] == [2, 3, 4, 6, 7, 8, 12]
    assert [error.place for block in found for error in block.bad] == ["a.csv, line 9", "a.csv, line 11"]
    assert [value for block in found for value in block.table.numbers["x"]] == [100, 200, 300, 400, 500, 600, 800]


def test_the_first_unreadable_cell_of_a_row_is_told_and_the_other_rows_are_read(tmp_path: Path) -> None:
    lines = ["sex,length,rings,phone,left", "F,1,2,3,yes", "M,tall,2.5,4,no", ",,,5,no", "X,-1,7,6,no"]
    (block,) = reading.read(file_with(tmp_path, "\n".join(lines).encode()), ALL)
    assert [str(error).partition(" is ")[0] for error in block.bad] == [
        "a.csv, line 3, column 'length': 'tall'",
        "a.csv, line 4, column 'rings': ''",
    ]
    assert block.lines.tolist() == [2, 5]
    assert block.table.unknown["sex"] == {1: "X"}
    assert block.csv(np.array([False, True])) == b"X,-1,7,6,no\n"
    with pytest.raises(BadCell, match="line 3, column 'length'"):
        list(reading.read_good(tmp_path, ALL))


plain = st.text(st.characters(min_codepoint=32, max_codepoint=0x3FF, exclude_characters='",'), max_size=20)
texts = (
    st.sampled_from(
        ["", " ", "F", "M ", "a long name", "a long names", "X", "yes", " no", "1", "2.0", "-0", "1_0", "nan"]
    )
    | st.floats(allow_nan=True, width=64).map(repr)
    | st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**6), max_value=10**6).map(str)
    | st.integers(-(10**12), 10**12).map(str)
    | plain
)
good_lines = st.tuples(
    st.sampled_from(["", "F", "M", "a long name", "X", "öffentlich", " F"]),
    st.sampled_from(["", "0.5", "-.5", "+1", "8.1622040217391", "1e-3", " 2 "]) | st.floats(-1e6, 1e6).map(repr),
    st.sampled_from(["1", "29", "1e2", "7.0", "-3"]),
    st.text("abc-0123456789ö", min_size=1, max_size=30),
    st.sampled_from(["yes", "no", " no "]),
)


def one_by_one(rows: list[tuple[str, ...]]) -> tuple[list[Row], list[str]]:
    """What the cells mean, and the errors, by `tabular.columns` alone."""
    good, bad = [], []
    for number, row in enumerate(rows, start=2):
        try:
            good.append(parse(ALL, dict(zip([c.name for c in ALL], row, strict=True)), f"a.csv, line {number}"))
        except BadCell as error:
            bad.append(str(error))
    return good, bad


def contents(table: Table) -> dict[str, Any]:
    return {
        "numbers": {name: [repr(value) for value in values.tolist()] for name, values in table.numbers.items()},
        "codes": {name: codes.tolist() for name, codes in table.codes.items()},
        "unknown": {name: dict(found) for name, found in table.unknown.items()},
        "texts": {name: found.tolist() for name, found in table.texts.items()},
    }


@given(st.lists(good_lines | st.tuples(texts, texts, texts, texts, texts), min_size=1, max_size=12), st.booleans())
def test_many_at_a_time_or_row_by_row_the_values_and_the_errors_are_those_of_each_cell(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]], quoted: bool
) -> None:
    text = io.StringIO()
    style = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    csv.writer(text, lineterminator="\n", quoting=style).writerows([[c.name for c in ALL], *rows])
    file = file_with(tmp_path_factory.mktemp("rows"), text.getvalue().encode())
    (block,) = reading.read(file, ALL)
    good, bad = one_by_one(rows)
    assert contents(block.table) == contents(of_rows(ALL, good))
    assert [str(error) for error in block.bad] == bad


def test_an_identifier_that_is_too_long_is_a_bad_cell_and_makes_no_others_as_long(tmp_path: Path) -> None:
    phone = [Identifier("phone")]
    rows = b"1" * 256 + b"\n" + b"0123\n" * 100_000 + b"1" * 100_000 + b"\n"
    plain, quoted = (b"phone\n" + rows, b'"phone"\n' + rows)
    for content in (plain, quoted):
        blocks = list(reading.read(file_with(tmp_path, content), phone))
        (bad,) = [error for block in blocks for error in block.bad]
        assert (bad.place, bad.reason) == (
            "a.csv, line 100003",
            "is longer than 256 bytes; correct the cell or remove the row",
        )
        assert sum(block.table.rows for block in blocks) == 100_001
