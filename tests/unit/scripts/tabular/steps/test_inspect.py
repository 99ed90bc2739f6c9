from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from abalone import USE_CASE
from tabular.main import main
from tests.unit.scripts.conftest import HEADER, ROW

OTHER = ROW.replace("0.455", "0.5")


@pytest.fixture
def inspect(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """What the step says of the files of these contents, by their names."""

    def inspected(*options: str, **contents: str | bytes) -> dict[str, Any]:
        folder = tmp_path / "arrived"
        folder.mkdir()
        for name, content in contents.items():
            (folder / f"{name}.csv").write_bytes(content.encode() if isinstance(content, str) else content)
        arguments = ["--data", str(folder), "--output", str(tmp_path / "out"), *options]
        assert main(USE_CASE, ["inspect", *arguments]) == 0
        report = json.loads((tmp_path / "out" / "inspection.json").read_text())
        return {each["file"].removesuffix(".csv"): each for each in report["files"]}

    return inspected


def table(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows, ""])


def told(report: dict[str, Any]) -> list[tuple[str, str | None, str]]:
    return [(each["check"], each["column"], each["problem"]) for each in report["problems"]]


def test_each_file_is_judged_by_itself(inspect: Callable[..., dict[str, Any]]) -> None:
    good, bad = table(ROW, OTHER), table(ROW, OTHER.replace("15", "many").replace("0.many", "0.15"))
    found = inspect(a=good, b=bad, c=good)
    assert {name: bool(each["problems"]) for name, each in found.items()} == {"a": False, "b": True, "c": False}
    assert found["a"] == {
        "file": "a.csv",
        "sha256": hashlib.sha256(good.encode()).hexdigest(),
        "rows": 2,
        "problems": [],
    }


def test_an_unreadable_cell_is_told_with_its_place_value_and_remedy(inspect: Callable[..., dict[str, Any]]) -> None:
    (problem,) = inspect(a=table(ROW, "M,x,0.365,0.095,0.514,0.2245,0.101,0.15,15"))["a"]["problems"]
    assert (problem["check"], problem["column"], problem["count"]) == ("type", "length", 1)
    assert problem["examples"] == [{"place": "line 3", "value": "x"}]
    assert "send the file again" in problem["remedy"]


def test_of_a_cell_of_any_length_no_more_is_told_than_a_notice_can_hold(
    inspect: Callable[..., dict[str, Any]],
) -> None:
    (problem,) = inspect(a=table(ROW, f"M,{'x' * 100_000},0.365,0.095,0.514,0.2245,0.101,0.15,15"))["a"]["problems"]
    assert problem["examples"] == [{"place": "line 3", "value": "x" * 57 + "..."}]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "line 1: missing column 'sex', "),
        (table(), "no row of data below the header"),
        ("a,b\n1,2\n", "line 1: missing column 'sex', "),
        (table(ROW, "M,1"), "line 3: 2 cells, the header has 9"),
        (table(ROW).encode("utf-16"), "line 1: not UTF-8 text"),
        (table(ROW, 'M,"0.4'), "line 3: not CSV"),
        (gzip.compress(table(ROW).encode()), "is gzip, not text"),
        (b"PK\x03\x04 and more", "is a ZIP archive or an Excel workbook, not text"),
        (b"PAR1 and more", "is Parquet, not text"),
    ],
)
def test_what_is_no_table_of_the_schema_is_refused(
    inspect: Callable[..., dict[str, Any]], content: str | bytes, problem: str
) -> None:
    (found,) = inspect(a=content)["a"]["problems"]
    assert found["check"] == "form"
    assert found["problem"].startswith(problem)


@pytest.mark.parametrize(
    ("odd", "check", "column"),
    [
        ("M,0.455,0.365,9,0.514,0.2245,0.101,0.15,15", "range", "height"),
        ("X,0.455,0.365,0.095,0.514,0.2245,0.101,0.15,15", "category", "sex"),
    ],
)
def test_a_column_may_be_implausible_in_so_many_cells(
    inspect: Callable[..., dict[str, Any]], odd: str, check: str, column: str
) -> None:
    found = inspect("--max-implausible=0.5", few=table(ROW, odd), many=table(ROW, odd, odd))
    assert found["few"]["problems"] == []
    assert [(problem[0], problem[1]) for problem in told(found["many"])] == [(check, column)]


def test_by_default_one_implausible_cell_of_a_hundred_is_let_through(inspect: Callable[..., dict[str, Any]]) -> None:
    odd = ROW.replace("0.095", "9")
    found = inspect(few=table(*[ROW] * 99, odd), many=table(*[ROW] * 98, odd, odd))
    assert [bool(each["problems"]) for each in found.values()] == [False, True]


def test_a_column_may_be_empty_in_half_of_its_cells(inspect: Callable[..., dict[str, Any]]) -> None:
    empty = ROW.replace("0.455", "")
    found = inspect(half=table(ROW, empty), more=table(ROW, empty, empty))
    assert found["half"]["problems"] == []
    assert told(found["more"]) == [("missing", "length", "empty")]


def test_rows_that_are_repeated_count_once(inspect: Callable[..., dict[str, Any]]) -> None:
    found = inspect("--min-rows=2", same=table(ROW, ROW, ROW), different=table(ROW, OTHER))
    assert told(found["same"]) == [("rows", None, "has 1 different rows, at least 2 are asked for")]
    assert found["different"]["problems"] == []


def test_a_folder_that_is_not_there_fails_the_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(USE_CASE, ["inspect", "--data", str(tmp_path / "no"), "--output", str(tmp_path)]) == 1
    assert "no such folder" in capsys.readouterr().err
