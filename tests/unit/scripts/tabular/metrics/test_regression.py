from __future__ import annotations

import math

import numpy as np
import pytest

from common.errors import UserError
from tabular import metrics
from tabular.metrics.regression import Errors

DRAWS = np.random.default_rng(0)
TARGET = DRAWS.normal(10, 3, 400)


def values(target: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    return metrics.values(Errors(target, predicted), len(target))


def test_the_metrics_of_a_worked_example() -> None:
    found = values(np.array([1.0, 2.0, 3.0, 6.0]), np.array([1.0, 4.0, 3.0, 5.0]))
    assert found == pytest.approx({"mse": 1.25, "rmse": math.sqrt(1.25), "mae": 0.75, "r2": 1 - 5 / 14})


def test_predicting_the_mean_explains_nothing_and_the_truth_everything() -> None:
    assert values(TARGET, np.full(400, TARGET.mean()))["r2"] == pytest.approx(0)
    assert values(TARGET, TARGET)["r2"] == 1


def test_a_row_that_is_drawn_twice_counts_twice() -> None:
    weights = np.array([[2.0, 0.0, 1.0]])
    drawn = Errors(np.array([1.0, 2.0, 4.0]), np.array([2.0, 9.0, 4.0])).metrics(weights)
    repeated = values(np.array([1.0, 1.0, 4.0]), np.array([2.0, 2.0, 4.0]))
    assert {name: float(value[0]) for name, value in drawn.items()} == pytest.approx(repeated)


def test_predictions_in_float32_lose_nothing() -> None:
    rounded = TARGET.astype(np.float32)
    assert values(TARGET, rounded)["mse"] == values(TARGET, rounded.astype(float))["mse"]


@pytest.mark.parametrize("target", [[7.0], [1.1, 1.1, 1.1]])
def test_of_equal_targets_nothing_can_be_explained(target: list[float]) -> None:
    found = values(np.array(target), np.array(target) + 1)
    assert math.isnan(found["r2"])
    assert found["mse"] == pytest.approx(1)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_prediction_that_is_not_finite_is_refused(bad: float) -> None:
    with pytest.raises(UserError, match="the prediction is not finite for 1 of 3 rows"):
        Errors(np.array([1.0, 2.0, 3.0]), np.array([1.0, bad, 3.0]))
