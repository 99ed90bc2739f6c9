from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from common.errors import UserError
from tabular import holdout, reading
from tabular.columns import Number
from tabular.holdout import Piece
from tabular.use_case import Schema

SCHEMA = Schema((Number("x"),), Number("y", required=True))


@pytest.fixture
def written(tmp_path: Path) -> Path:
    for name in ("c.csv", "day=2026-01-01/a.csv", "day=2026-01-01/b.csv", "day=2026-01-02/a.csv"):
        file = tmp_path / "data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("y,z,x\n1,?,10\n2,?,20\n" if name != "c.csv" else 'x,y\n"30","3"\n40,4\n')
    with holdout.Writer(tmp_path / "test", SCHEMA) as writer:
        for block in reading.read_good(tmp_path / "data", SCHEMA.columns):
            writer.add(Piece.of(block, block.table.numbers["y"] != 2))
        assert writer.rows == 5
    return tmp_path / "test"


def test_chosen_rows_keep_their_text_and_have_the_schemas_columns(written: Path) -> None:
    assert (written / "test.csv").read_text() == "x,y\n30,3\n40,4\n10,1\n10,1\n10,1\n"


def test_the_days_are_counted_in_the_order_of_the_rows(written: Path) -> None:
    assert json.loads((written / "days.json").read_text()) == [[None, 2], ["2026-01-01", 2], ["2026-01-02", 1]]
    assert holdout.days(written, 5).tolist() == ["", "", "2026-01-01", "2026-01-01", "2026-01-02"]


def test_of_a_plain_file_no_day_is_known(tmp_path: Path) -> None:
    assert holdout.days(tmp_path, 2).tolist() == ["", ""]


@pytest.mark.parametrize("content", ["3", "[3]", '[["2026-01-01"]]', '[["2026-01-01", "x"]]', '[["2026-01-01", -1]]'])
def test_a_damaged_list_of_days_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "days.json").write_text(content)
    with pytest.raises(UserError, match=r"days\.json: damaged"):
        holdout.days(tmp_path, 1)


def test_a_list_of_days_of_other_rows_is_refused(written: Path) -> None:
    with pytest.raises(UserError, match=r"days\.json: is about 5 rows, there are 6; run the step preprocess again"):
        holdout.days(written, 6)


def test_a_row_in_quotes_stays_one_row(tmp_path: Path, write_csv: Callable[..., Path]) -> None:
    data = write_csv('1,"2"', '"3",4', header="x,y")
    with holdout.Writer(tmp_path / "test", SCHEMA) as writer:
        for block in reading.read_good(data, SCHEMA.columns):
            writer.add(Piece.of(block, np.array([True, True])))
    assert (tmp_path / "test" / "test.csv").read_text() == "x,y\n1,2\n3,4\n"
