from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from abalone import schema
from common.errors import UserError


def test_the_sample_data_is_read_completely(sample: Path) -> None:
    rows = schema.read(sample)
    assert len(rows) == 4177
    assert rows[0] == {
        "sex": "M",
        "length": 0.455,
        "diameter": 0.365,
        "height": 0.095,
        "whole_weight": 0.514,
        "shucked_weight": 0.2245,
        "viscera_weight": 0.101,
        "shell_weight": 0.15,
        "rings": 15.0,
    }


def test_targets_are_the_rings(sample: Path) -> None:
    targets = schema.targets(schema.read(sample))
    assert (len(targets), targets.min(), targets.max()) == (4177, 1, 29)
    assert targets.mean() == pytest.approx(9.9337, abs=1e-4)


def test_a_bad_cell_is_told_with_file_line_column_value_and_remedy(
    write_csv: Callable[..., Path], cells: Callable[..., str]
) -> None:
    data = write_csv(cells(), cells(height="tall"), name="day=2026-01-01/x.csv")
    told = r"^day=2026-01-01/x\.csv, line 3, column 'height': 'tall' is not a number; correct the cell, or leave it"
    with pytest.raises(UserError, match=told):
        schema.read(data)
