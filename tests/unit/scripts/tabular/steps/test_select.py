"""What a batch transform is given, and what its predictions are told apart by."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import churn
from tabular.main import main
from tabular.predictor import Predictor
from tabular.steps.select import select
from tests.unit.scripts.conftest import DATA, HEADER, Trained, WriteCsv


def cells_of(file: Path) -> list[list[str]]:
    with file.open(newline="") as stream:
        return list(csv.reader(stream))


def test_the_rows_are_the_models_own_columns_numbered_and_without_a_header(
    trained: Trained, write_csv: WriteCsv, cells: Callable[..., str], tmp_path: Path
) -> None:
    columns = HEADER.split(",")
    shuffled = ",".join(reversed(columns))
    rows = [cells(sex="F"), cells(sex="I", length="")]
    data = write_csv(*(",".join(reversed(row.split(","))) for row in rows), header=shuffled)
    select(trained.use_case, data, trained.models / "linear", tmp_path / "out")
    expected = [[str(number), *row.split(",")[:-1]] for number, row in enumerate(rows)]
    assert cells_of(tmp_path / "out" / "rows" / "rows.csv") == expected
    assert cells_of(tmp_path / "out" / "keys" / "keys.csv") == [["file", "line"], ["a.csv", "2"], ["a.csv", "3"]]


def test_a_row_without_its_target_is_selected(
    trained: Trained, write_csv: WriteCsv, cells: Callable[..., str], tmp_path: Path
) -> None:
    header, row = HEADER.rpartition(",")[0], cells().rpartition(",")[0]
    select(trained.use_case, write_csv(row, header=header), trained.models / "linear", tmp_path / "out")
    assert cells_of(tmp_path / "out" / "rows" / "rows.csv") == [["0", *row.split(",")]]


def test_the_model_predicts_what_was_selected_as_it_predicts_the_data(classified: Trained, tmp_path: Path) -> None:
    data, model = DATA / "churn.csv", classified.models / "linear"
    options = ["--data", str(data), "--model", str(model), "--output", str(tmp_path)]
    assert main(churn.USE_CASE, ["select", *options]) == 0
    predictor = Predictor.load(model)
    numbered = cells_of(tmp_path / "rows" / "rows.csv")
    names = [column.name for column in predictor.preprocessing.columns]
    rows = [dict(zip(names, cells, strict=True)) for _, *cells in numbered]
    assert [int(number) for number, *_ in numbered] == list(range(len(rows)))
    assert np.array_equal(predictor.predict(rows), predictor.predict_files(data))
    header, *keys = cells_of(tmp_path / "keys" / "keys.csv")
    assert header == ["file", "line", "Phone"]
    with data.open(newline="") as stream:
        assert [phone for *_, phone in keys] == [row["Phone"] for row in csv.DictReader(stream)]


def test_rows_of_several_files_are_told_apart(
    trained: Trained, write_csv: WriteCsv, cells: Callable[..., str], tmp_path: Path
) -> None:
    write_csv(cells(), name="day=2026-03-01/a.csv")
    data = write_csv(cells(), cells(), name="day=2026-03-01/b.csv")
    select(trained.use_case, data, trained.models / "linear", tmp_path / "out")
    found = cells_of(tmp_path / "out" / "keys" / "keys.csv")[1:]
    assert found == [["day=2026-03-01/a.csv", "2"], ["day=2026-03-01/b.csv", "2"], ["day=2026-03-01/b.csv", "3"]]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"length": "long"}, "a.csv, line 2"),
        ({"sex": '"M\nF"'}, "a.csv, line 3: a cell has several lines"),
    ],
    ids=["an unreadable cell", "a cell of several lines"],
)
def test_a_row_that_no_transform_could_read_is_named(
    trained: Trained, write_csv: WriteCsv, cells: Callable[..., str], tmp_path: Path,
    row: dict[str, str], told: str, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    data = write_csv(cells(**row))
    options = ["--data", str(data), "--model", str(trained.models / "linear"), "--output", str(tmp_path / "out")]
    assert main(trained.use_case, ["select", *options]) == 1
    assert told in capsys.readouterr().err
