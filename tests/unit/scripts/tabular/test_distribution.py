from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tabular import distribution
from tabular.predictor import Predictor
from tests.unit.scripts.tabular.steps.test_evaluate import Trained, evaluation_of


def test_bins_are_tenths_and_their_counts_add_up() -> None:
    found = distribution.document(np.arange(1000, dtype=np.float32))
    assert found == {"version": 1, "rows": 1000, "edges": list(range(100, 1000, 100)), "counts": [100] * 10}


@pytest.mark.parametrize(
    ("values", "edges", "counts"),
    [([3.0] * 50, [3.0], [0, 50]), ([0.0] * 95 + [1.0] * 5, [0.0], [0, 100]), ([7.5], [7.5], [0, 1])],
    ids=["all equal", "nearly all equal", "a single one"],
)
def test_equal_predictions_share_a_bin(values: list[float], edges: list[float], counts: list[int]) -> None:
    found = distribution.document(np.array(values, dtype=np.float32))
    assert (found["edges"], found["counts"]) == (edges, counts)


def test_the_evaluation_records_every_prediction_for_the_held_out_rows(trained: Trained, tmp_path: Path) -> None:
    evaluation_of(trained, tmp_path)
    folder = tmp_path / "quality" / "xgboost"
    recorded = [float(line) for line in (folder / "predictions.csv").read_text().split()]
    expected = Predictor.load(trained.models / "xgboost").predict_files(trained.parts / "test")
    assert np.array_equal(np.float32(recorded), expected)
    assert json.loads((folder / "distribution.json").read_text()) == distribution.document(expected)
