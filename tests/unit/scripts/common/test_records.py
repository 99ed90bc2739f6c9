from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from common import records
from common.errors import UserError


def file_with(folder: Path, content: bytes, name: str = "a.csv") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def places(source: Path) -> list[str]:
    return [record.place for record in records.read(source, ["x"])]


def test_files_in_nested_folders_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    file_with(tmp_path, b"x\n3\n", "day=2026-01-02/b.csv")
    file_with(tmp_path, b"x\n1\n2\n", "day=2026-01-01/a.csv")
    file_with(tmp_path, b"[]", "manifest.json")
    assert places(tmp_path) == [
        "day=2026-01-01/a.csv, line 2",
        "day=2026-01-01/a.csv, line 3",
        "day=2026-01-02/b.csv, line 2",
    ]


def test_a_single_file_can_be_named(tmp_path: Path) -> None:
    assert places(file_with(tmp_path, b"x\n1\n")) == ["a.csv, line 2"]


def test_columns_may_come_in_any_order_and_among_others(tmp_path: Path) -> None:
    file = file_with(tmp_path, b"y, x \n1,2\n")
    assert [record.cells for record in records.read(file, ["x", "y"])] == [{"y": "1", "x": "2"}]


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfx\r\n1\r\n", b"x\n\n1", b'"x"\n"1"\n'])
def test_byte_order_marks_line_ends_blank_lines_and_quotes_do_no_harm(tmp_path: Path, content: bytes) -> None:
    assert [record.cells for record in records.read(file_with(tmp_path, content), ["x"])] == [{"x": "1"}]


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
        (b"x\n1\n\xff\n", "a.csv, line 3: not UTF-8 text"),
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
