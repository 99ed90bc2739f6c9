from __future__ import annotations

import numpy as np
import pytest

from abalone import USE_CASE as REGRESSION
from churn import USE_CASE as CLASSIFICATION
from tabular import plots

DRAWS = np.random.default_rng(0)


def test_misses_of_a_number_are_counted_and_far_ones_at_the_ends() -> None:
    target = DRAWS.normal(10, 3, 1000)
    found = plots.points(REGRESSION, target, target + np.append(DRAWS.normal(0, 1, 999), 1000))
    counts = found["histogram"]["counts"]["prediction minus truth"]
    assert sum(counts) == 1000
    assert len(found["histogram"]["edges"]) == len(counts) + 1
    assert found["histogram"]["edges"][-1] < 5


def test_probabilities_are_counted_by_the_true_label() -> None:
    label = np.array([0.0, 1.0, 1.0])
    counts = plots.points(CLASSIFICATION, label, np.array([0.0, 0.99, 1.0]))["histogram"]["counts"]
    assert (counts["negative"][0], counts["positive"][-1]) == (1, 2)


def test_a_calibrated_model_predicts_what_comes_true_in_every_group_of_rows() -> None:
    probability = DRAWS.random(100_000)
    label = (DRAWS.random(100_000) < probability).astype(float)
    found = plots.points(CLASSIFICATION, label, probability)["calibration"]
    assert found["predicted"] == pytest.approx(np.arange(0.05, 1, 0.1), abs=0.01)
    assert found["actual"] == pytest.approx(found["predicted"], abs=0.02)


def test_one_row_can_be_drawn() -> None:
    found = plots.points(REGRESSION, np.array([3.0]), np.array([4.0]))
    assert found["calibration"] == {"predicted": [4], "actual": [3]}
