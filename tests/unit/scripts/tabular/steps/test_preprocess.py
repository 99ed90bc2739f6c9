from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from abalone import USE_CASE
from churn import USE_CASE as CHURN
from tabular import reading, split
from tabular.main import main
from tabular.preprocessing import Encoding, Preprocessing

WriteCsv = Callable[..., Path]
Cells = Callable[..., str]
SCHEMA = USE_CASE.schema
Rows = list[tuple[float, ...]]


def parts_of(data: Path, output: Path) -> dict[str, Rows]:
    """The parts that the step makes, each as rows of a target and features; the test part is encoded here."""
    assert main(USE_CASE, ["preprocess", "--data", str(data), "--output", str(output)]) == 0
    encoded = {part: np.load(output / part / f"{part}.npy") for part in ("train", "validation")}
    return {**{part: as_rows(rows) for part, rows in encoded.items()}, "test": encoded_rows(output / "test")}


def encoded_rows(data: Path) -> Rows:
    tables = [block.table for block in reading.read_good(data, SCHEMA.columns)]
    features = [Encoding(SCHEMA.features).encode(table) for table in tables]
    rows = [np.column_stack([table.numbers["rings"], each]) for table, each in zip(tables, features, strict=True)]
    return as_rows(np.concatenate(rows).astype(np.float32))


def as_rows(matrix: np.ndarray) -> Rows:
    return [tuple(row) for row in matrix.tolist()]


def content(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.fixture
def varied(cells: Cells) -> list[str]:
    """A hundred different rows, enough for every part."""
    return [cells(length=f"0.{number}") for number in range(100, 200)]


def test_the_parts_of_the_sample_data_are_all_of_its_rows(sample: Path, tmp_path: Path) -> None:
    parts = parts_of(sample, tmp_path)
    assert {part: len(rows) for part, rows in parts.items()} == {"train": 2939, "validation": 627, "test": 611}
    assert sorted(row for rows in parts.values() for row in rows) == sorted(encoded_rows(sample))


def test_other_shares_are_asked_for_by_their_names(sample: Path, tmp_path: Path) -> None:
    given = ["preprocess", "--data", str(sample), "--output", str(tmp_path), "--test-share=0.3", "--validation-share="]
    assert main(USE_CASE, given) == 0
    rows = {part: len(np.load(tmp_path / part / f"{part}.npy")) for part in ("train", "validation")}
    total = len(encoded_rows(sample))
    assert rows["train"] / total == pytest.approx(0.55, abs=0.03)
    assert rows["validation"] / total == pytest.approx(0.15, abs=0.03)


@pytest.mark.parametrize("share", ["0.9", "-0.1", "many", "nan"])
def test_shares_that_are_none_are_refused(sample: Path, tmp_path: Path, share: str) -> None:
    given = ["preprocess", "--data", str(sample), "--output", str(tmp_path), f"--test-share={share}"]
    assert main(USE_CASE, given) == 1
    assert not list(tmp_path.rglob("*.npy"))


def test_the_same_data_gives_the_same_bytes(sample: Path, tmp_path: Path) -> None:
    parts_of(sample, tmp_path / "one")
    parts_of(sample, tmp_path / "two")
    assert content(tmp_path / "one") == content(tmp_path / "two")
    assert set(content(tmp_path / "one")) == {
        "train/train.npy",
        "validation/validation.npy",
        "test/test.csv",
        "test/days.json",
        "preprocessing/preprocessing.json",
    }


def test_rows_in_many_blocks_and_in_quotes_are_divided_alike(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts_of(sample, tmp_path / "one")
    monkeypatch.setattr(reading, "BLOCK_BYTES", 1000)
    parts_of(sample, tmp_path / "blocks")
    with sample.open(newline="") as stream, (tmp_path / "abalone.csv").open("w", newline="") as quoted:
        csv.writer(quoted, quoting=csv.QUOTE_ALL).writerows(csv.reader(stream))
    parts_of(tmp_path / "abalone.csv", tmp_path / "quoted")
    assert content(tmp_path / "blocks") == content(tmp_path / "one") == content(tmp_path / "quoted")


def test_rows_that_arrive_later_move_no_older_one(write_csv: WriteCsv, varied: list[str], tmp_path: Path) -> None:
    before = parts_of(write_csv(*varied[:60], name="day=1/a.csv"), tmp_path / "before")
    after = parts_of(write_csv(*varied[60:], name="day=0/b.csv"), tmp_path / "after")
    assert all(set(before[part]) < set(after[part]) for part in before)


def test_rows_of_equal_features_stay_together(
    write_csv: WriteCsv, cells: Cells, varied: list[str], tmp_path: Path
) -> None:
    spellings = [cells(length=length, rings=rings) for length in ("0.5", ".50") for rings in ("3", "20")]
    parts = parts_of(write_csv(*varied, *spellings), tmp_path / "out")
    homes = [part for part, rows in parts.items() for row in rows if row[4] == 0.5]
    assert len(homes) == 4
    assert len(set(homes)) == 1


def test_rows_about_one_subject_stay_together_however_they_differ(sample: Path, tmp_path: Path) -> None:
    """The telephone number is churn's key, and no feature."""
    header, *lines = sample.with_name("churn.csv").read_text().splitlines()
    phone = header.split(",").index("Phone")
    changed = [",".join([*line.split(",")[:phone], "403-2562", *line.split(",")[phone + 1 :]]) for line in lines[:200]]
    (tmp_path / "churn.csv").write_text("\n".join([header, *changed]))
    (block,) = reading.read_good(tmp_path / "churn.csv", CHURN.schema.columns)
    assert len(set(split.keys(CHURN.schema, block.table).tolist())) == 1


def test_the_preprocessing_knows_the_training_part_alone(sample: Path, tmp_path: Path) -> None:
    parts_of(sample, tmp_path)
    fitted = Preprocessing.read(tmp_path / "preprocessing" / "preprocessing.json")
    rows = np.load(tmp_path / "train" / "train.npy")[:, 1:]
    for place, name in enumerate(fitted.names[3:], start=3):
        found = fitted.numbers[name]
        assert found.median == np.median(rows[:, place])
        assert (found.mean, found.scale) == pytest.approx((rows[:, place].mean(), rows[:, place].std()), rel=1e-5)


def test_test_rows_keep_their_text_and_lose_unexpected_columns(
    write_csv: WriteCsv, varied: list[str], tmp_path: Path
) -> None:
    header = "colour,sex,length,diameter,height,whole_weight,shucked_weight,viscera_weight,shell_weight,rings"
    data = write_csv(*(f"red,{line}" for line in varied), header=header)
    parts_of(data, tmp_path / "out")
    first, *rows = (tmp_path / "out" / "test" / "test.csv").read_text().splitlines()
    assert first == ",".join(SCHEMA.names)
    assert rows == [line for line in varied if line in rows]
    assert 5 < len(rows) < 30


def test_too_few_rows_fail_the_job_and_name_the_empty_parts(
    write_csv: WriteCsv, cells: Cells, tmp_path: Path, base_dir: Path
) -> None:
    data = write_csv(cells())
    assert main(USE_CASE, ["preprocess", "--data", str(data), "--output", str(tmp_path / "out")]) == 1
    message = (base_dir / "output" / "message").read_text()
    assert message.startswith(f"{data}: 1 rows are too few, no row is left for ")


def test_an_unreadable_cell_fails_the_job_with_its_place(
    write_csv: WriteCsv, cells: Cells, tmp_path: Path, base_dir: Path
) -> None:
    data = write_csv(cells(shell_weight="heavy"))
    assert main(USE_CASE, ["preprocess", "--data", str(data), "--output", str(tmp_path / "out")]) == 1
    assert "a.csv, line 2, column 'shell_weight': 'heavy'" in (base_dir / "output" / "message").read_text()
