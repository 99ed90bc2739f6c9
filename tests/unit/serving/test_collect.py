"""Predictions and keys become one Parquet file, in the image that serves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

import churn
from tabular.main import main

ARN = "arn:aws:sagemaker:us-east-1:000000000000:model-package/churn/7"
KEYS = "file,line,Phone\nday=2026-03-01/a.csv,2,382-4657\nday=2026-03-01/a.csv,3,371-7191\n"


def collected(folder: Path, predictions: str, keys: str = KEYS) -> int:
    (folder / "keys.csv").write_text(keys)
    (folder / "rows.csv.out").write_text(predictions)
    given = {
        "keys": folder, "predictions": folder, "output": folder / "out",
        "version": 7, "package": ARN, "predicted-at": "2026-03-02T04:05:06+00:00",
    }  # fmt: skip
    return main(churn.USE_CASE, ["collect", *(f"--{name}={value}" for name, value in given.items())])


def rows(folder: Path) -> Any:
    return pyarrow.parquet.read_table(folder / "out" / "predictions.parquet").to_pylist()


def test_each_row_has_its_key_prediction_version_and_time(tmp_path: Path) -> None:
    assert collected(tmp_path, "0,0.25\n1,0.0003125\n") == 0
    first, second = rows(tmp_path)
    assert first["predicted_at"].isoformat() == "2026-03-02T04:05:06+00:00"
    del first["predicted_at"]
    assert first == {
        "file": "day=2026-03-01/a.csv", "line": 2, "Phone": "382-4657",
        "prediction": 0.25, "model_version": 7, "model_package_arn": ARN,
    }  # fmt: skip
    assert (second["Phone"], second["prediction"]) == ("371-7191", 0.0003125)


def test_collecting_again_replaces_the_file(tmp_path: Path) -> None:
    assert collected(tmp_path, "0,0.25\n1,0.5\n") == 0
    assert collected(tmp_path, "0,0.75\n1,0.5\n") == 0
    assert [row["prediction"] for row in rows(tmp_path)] == [0.75, 0.5]
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["predictions.parquet"]


@pytest.mark.parametrize(
    ("predictions", "told"),
    [
        ("0,0.25\n", "one prediction for each of the 2 rows"),
        ("0,0.25\n0,0.25\n", "one prediction for each of the 2 rows"),
        ("1,0.25\n0,0.25\n", "in order"),
        ("0,0.25\n1,True.\n", "transform them again"),
    ],
    ids=["too few", "one twice", "mixed up", "no number"],
)
def test_predictions_that_do_not_fit_the_rows_are_refused(
    tmp_path: Path, predictions: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert collected(tmp_path, predictions) == 1
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
