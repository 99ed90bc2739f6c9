from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from abalone import USE_CASE
from tabular import reading
from tabular.main import main

WriteCsv = Callable[..., Path]
Cells = Callable[..., str]


def report_of(data: Path, tmp_path: Path, status: int = 0) -> dict[str, Any]:
    output = tmp_path / "validate"
    assert main(USE_CASE, ["validate", "--data", str(data), "--output", str(output)]) == status
    report: dict[str, Any] = json.loads((output / "validation.json").read_text())
    return report


def findings(report: dict[str, Any]) -> list[tuple[str, str | None, int, list[tuple[int, Any]]]]:
    return [
        (
            finding["check"],
            finding["column"],
            finding["count"],
            [(int(example["place"].split("line ")[1]), example["value"]) for example in finding["examples"]],
        )
        for finding in report["findings"]
    ]


def test_the_known_oddities_of_the_sample_data_are_reported_and_do_not_fail(sample: Path, tmp_path: Path) -> None:
    report = report_of(sample, tmp_path)
    assert (report["passed"], report["rows"], report["files"]) == (True, 4177, {"abalone.csv": 4177})
    assert findings(report) == [
        ("range", "height", 2, [(1259, 0.0), (3998, 0.0)]),
        ("range", "height", 1, [(2053, 1.13)]),
    ]


def test_every_check_says_whether_it_passed_and_how_often_it_did_not(sample: Path, tmp_path: Path) -> None:
    checks = {check["check"]: check for check in report_of(sample, tmp_path)["checks"]}
    assert list(checks) == ["type", "missing", "category", "range", "duplicate", "unexpected_column"]
    assert [name for name, check in checks.items() if not check["passed"]] == ["range"]
    assert checks["range"]["violations"] == 3


@pytest.mark.parametrize(
    ("replaced", "finding"),
    [
        ({"length": ""}, ("missing", "length", 1, [(3, None)])),
        ({"sex": " "}, ("missing", "sex", 1, [(3, None)])),
        ({"sex": "X"}, ("category", "sex", 1, [(3, "X")])),
        ({"whole_weight": "-0.5"}, ("range", "whole_weight", 1, [(3, -0.5)])),
        ({"rings": "99"}, ("range", "rings", 1, [(3, 99.0)])),
        ({}, ("duplicate", None, 1, [(3, "first in a.csv, line 2")])),
    ],
)
def test_what_is_odd_is_found_with_its_place_and_does_not_fail(
    write_csv: WriteCsv,
    cells: Cells,
    tmp_path: Path,
    replaced: dict[str, str],
    finding: tuple[Any, ...],
) -> None:
    report = report_of(write_csv(cells(), cells(**replaced)), tmp_path)
    assert report["passed"] is True
    assert findings(report) == [finding]


def test_a_duplicate_is_found_across_files_and_spellings(write_csv: WriteCsv, cells: Cells, tmp_path: Path) -> None:
    write_csv(cells(length="0.5"), name="day=1/a.csv")
    report = report_of(write_csv(cells(length=".50"), name="day=2/b.csv"), tmp_path)
    assert report["findings"][0]["examples"] == [
        {"place": "day=2/b.csv, line 2", "value": "first in day=1/a.csv, line 2"}
    ]


def test_what_is_odd_is_found_wherever_in_a_file_it_is(
    write_csv: WriteCsv, cells: Cells, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BLOCK_BYTES", 1000)
    rows = [cells(length=f"0.{number}") for number in range(100, 200)]
    rows[70], rows[80], rows[90] = cells(height="0"), rows[10], cells(sex="X")
    assert findings(report_of(write_csv(*rows), tmp_path)) == [
        ("category", "sex", 1, [(92, "X")]),
        ("range", "height", 1, [(72, 0.0)]),
        ("duplicate", None, 1, [(82, "first in a.csv, line 12")]),
    ]


def test_an_unexpected_column_is_found(write_csv: WriteCsv, cells: Cells, tmp_path: Path) -> None:
    header = "colour,sex,length,diameter,height,whole_weight,shucked_weight,viscera_weight,shell_weight,rings"
    report = report_of(write_csv(f"red,{cells()}", header=header), tmp_path)
    assert findings(report) == [("unexpected_column", "colour", 1, [(1, "colour")])]


def test_of_many_places_the_count_is_exact_and_the_first_are_listed(
    write_csv: WriteCsv, cells: Cells, tmp_path: Path
) -> None:
    odd = [cells(height="0", length=f"0.{number}") for number in range(100, 150)]
    [finding] = report_of(write_csv(*odd), tmp_path)["findings"]
    assert finding["count"] == 50
    assert [example["place"] for example in finding["examples"]] == [f"a.csv, line {line}" for line in range(2, 22)]


def test_an_unreadable_cell_fails_the_job_and_all_of_them_are_in_the_report(
    write_csv: WriteCsv, cells: Cells, tmp_path: Path, base_dir: Path
) -> None:
    data = write_csv(cells(), cells(height="tall"), cells(rings=""), cells(height="high"))
    report = report_of(data, tmp_path, status=1)
    assert report["passed"] is False
    assert findings(report) == [
        ("type", "height", 2, [(3, "tall"), (5, "high")]),
        ("type", "rings", 1, [(4, "")]),
    ]
    message = (base_dir / "output" / "message").read_text()
    assert message.startswith("a.csv, line 3, column 'height': 'tall' is not a number; correct the cell")


@pytest.mark.parametrize(
    ("rows", "header", "told"),
    [
        (("M,0.4",), "sex,length", "a.csv, line 1: missing column 'diameter', 'height', 'whole_weight'"),
        ((), None, "no row of data below the header"),
    ],
)
def test_data_without_the_schemas_columns_or_rows_fails_the_job(
    write_csv: WriteCsv,
    tmp_path: Path,
    base_dir: Path,
    rows: tuple[str, ...],
    header: str | None,
    told: str,
) -> None:
    data = write_csv(*rows, header=header) if header else write_csv(*rows)
    assert main(USE_CASE, ["validate", "--data", str(data), "--output", str(tmp_path / "out")]) == 1
    assert told in (base_dir / "output" / "message").read_text()


def test_a_feature_without_any_value_fails_the_job_by_its_name(
    write_csv: WriteCsv, cells: Cells, tmp_path: Path, base_dir: Path
) -> None:
    data = write_csv(cells(diameter=""), cells(diameter="", rings="8"))
    assert main(USE_CASE, ["validate", "--data", str(data), "--output", str(tmp_path / "out")]) == 1
    told = (base_dir / "output" / "message").read_text()
    assert "column 'diameter' is empty in all 2 rows; supply its values" in told
    assert json.loads((tmp_path / "out" / "validation.json").read_text())["passed"] is False


def test_in_a_job_data_and_report_lie_where_sagemaker_puts_them(
    write_csv: WriteCsv, cells: Cells, base_dir: Path
) -> None:
    (base_dir / "processing" / "input").mkdir(parents=True)
    write_csv(cells()).rename(base_dir / "processing" / "input" / "data")
    assert main(USE_CASE, ["validate"]) == 0
    assert (base_dir / "processing" / "output" / "validation.json").is_file()
