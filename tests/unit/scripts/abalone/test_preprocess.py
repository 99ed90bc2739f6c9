from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from abalone import preprocess, schema

WriteCsv = Callable[..., Path]
Cells = Callable[..., str]
PARTS = ("train", "validation", "test")


def parts_of(data: Path, output: Path) -> dict[str, list[tuple[str, ...]]]:
    assert preprocess.main(["--data", str(data), "--output", str(output)]) == 0
    found = {}
    for part in PARTS:
        with (output / part / f"{part}.csv").open(newline="") as stream:
            header, *rows = csv.reader(stream)
        assert header == schema.SCHEMA.names
        found[part] = [tuple(row) for row in rows]
    return found


def content(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.fixture
def varied(cells: Cells) -> list[str]:
    """A hundred different rows, enough for every part."""
    return [cells(length=f"0.{number}") for number in range(100, 200)]


def test_the_parts_of_the_sample_data_are_all_of_its_rows(sample: Path, tmp_path: Path) -> None:
    parts = parts_of(sample, tmp_path)
    assert {part: len(rows) for part, rows in parts.items()} == {"train": 2923, "validation": 622, "test": 632}
    with sample.open(newline="") as stream:
        original = [tuple(row) for row in csv.reader(stream)][1:]
    assert sorted(row for rows in parts.values() for row in rows) == sorted(original)


def test_the_same_data_gives_the_same_bytes(sample: Path, tmp_path: Path) -> None:
    parts_of(sample, tmp_path / "one")
    parts_of(sample, tmp_path / "two")
    assert content(tmp_path / "one") == content(tmp_path / "two")
    assert set(content(tmp_path / "one")) == {
        "train/train.csv",
        "validation/validation.csv",
        "test/test.csv",
        "preprocessing/preprocessing.json",
    }


def test_rows_that_arrive_later_move_no_older_one(write_csv: WriteCsv, varied: list[str], tmp_path: Path) -> None:
    before = parts_of(write_csv(*varied[:60], name="day=1/a.csv"), tmp_path / "before")
    after = parts_of(write_csv(*varied[60:], name="day=0/b.csv"), tmp_path / "after")
    assert all(set(before[part]) < set(after[part]) for part in PARTS)


def test_rows_of_equal_features_stay_together(
    write_csv: WriteCsv, cells: Cells, varied: list[str], tmp_path: Path
) -> None:
    spellings = [cells(length=length, rings=rings) for length in ("0.5", ".50") for rings in ("3", "20")]
    parts = parts_of(write_csv(*varied, *spellings), tmp_path / "out")
    homes = [part for part, rows in parts.items() for row in rows if row[1] in ("0.5", ".50")]
    assert len(homes) == 4
    assert len(set(homes)) == 1


def test_the_preprocessing_knows_the_training_part_alone(sample: Path, tmp_path: Path) -> None:
    parts_of(sample, tmp_path)
    document = json.loads((tmp_path / "preprocessing" / "preprocessing.json").read_text())
    learned = {name: number["median"] for name, number in document["numbers"].items()}
    rows = schema.read(tmp_path / "train")
    assert learned == {name: np.median([row[name] for row in rows]) for name in learned}


def test_rows_keep_their_text_and_lose_unexpected_columns(
    write_csv: WriteCsv, varied: list[str], tmp_path: Path
) -> None:
    header = "colour,sex,length,diameter,height,whole_weight,shucked_weight,viscera_weight,shell_weight,rings"
    data = write_csv(*(f"red,{line}" for line in varied), header=header)
    parts = parts_of(data, tmp_path / "out")
    assert sorted(",".join(row) for rows in parts.values() for row in rows) == varied


def test_too_few_rows_fail_the_job_and_name_the_empty_parts(
    write_csv: WriteCsv, cells: Cells, tmp_path: Path, base_dir: Path
) -> None:
    data = write_csv(cells())
    assert preprocess.main(["--data", str(data), "--output", str(tmp_path / "out")]) == 1
    message = (base_dir / "output" / "message").read_text()
    assert message.startswith(f"{data}: 1 rows are too few, no row is left for ")


def test_an_unreadable_cell_fails_the_job_with_its_place(
    write_csv: WriteCsv, cells: Cells, tmp_path: Path, base_dir: Path
) -> None:
    data = write_csv(cells(shell_weight="heavy"))
    assert preprocess.main(["--data", str(data), "--output", str(tmp_path / "out")]) == 1
    assert "a.csv, line 2, column 'shell_weight': 'heavy'" in (base_dir / "output" / "message").read_text()
