from __future__ import annotations

import math

import numpy as np
import pytest

from abalone import metrics
from abalone.metrics import estimate
from common.errors import UserError

DRAWS = np.random.default_rng(0)
TARGET = DRAWS.normal(10, 3, 400)
GOOD = TARGET + DRAWS.normal(0, 1, 400)
WORSE = GOOD + DRAWS.normal(0.5, 0.1, 400)


def test_the_metrics_of_a_worked_example() -> None:
    found = estimate(np.array([1.0, 2.0, 3.0, 6.0]), np.array([1.0, 4.0, 3.0, 5.0]))
    values = {name: metric.value for name, metric in found.items()}
    assert values == pytest.approx({"mse": 1.25, "rmse": math.sqrt(1.25), "mae": 0.75, "r2": 1 - 5 / 14})


def test_predicting_the_mean_explains_nothing_and_the_truth_everything() -> None:
    assert estimate(TARGET, np.full(400, TARGET.mean()))["r2"].value == pytest.approx(0)
    assert estimate(TARGET, TARGET)["r2"].value == 1


def test_the_standard_deviation_is_that_of_a_mean_of_independent_losses() -> None:
    losses = (TARGET - GOOD) ** 2
    expected = losses.std(ddof=1) / math.sqrt(len(losses))
    assert estimate(TARGET, GOOD)["mse"].standard_deviation == pytest.approx(expected, rel=0.05)


def test_the_interval_covers_the_truth_as_often_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "RESAMPLES", 200)
    draws = np.random.default_rng(7)
    covered = 0
    for _ in range(200):
        errors = draws.normal(0, 2, 300)
        low, high = estimate(np.arange(300.0), np.arange(300.0) + errors)["mse"].interval
        covered += low <= 4 <= high
    assert 0.88 <= covered / 200 <= 0.99


@pytest.mark.parametrize("name", ["mse", "rmse", "mae", "r2"])
def test_every_interval_holds_its_value(name: str) -> None:
    metric = estimate(TARGET, GOOD)[name]
    low, high = metric.interval
    assert low < metric.value < high


def test_the_same_rows_give_the_same_intervals() -> None:
    assert estimate(TARGET, GOOD)["r2"].interval == estimate(TARGET, GOOD)["r2"].interval


def test_a_paired_difference_is_known_better_than_either_metric() -> None:
    good, worse = estimate(TARGET, GOOD)["mse"], estimate(TARGET, WORSE)["mse"]
    difference = good.minus(worse)
    low, high = difference.interval
    assert difference.value == pytest.approx(good.value - worse.value)
    assert low < difference.value < high < 0
    assert high - low < good.interval[1] - good.interval[0]


def test_a_model_does_not_differ_from_itself() -> None:
    difference = estimate(TARGET, GOOD)["mse"].minus(estimate(TARGET, GOOD)["mse"])
    assert (difference.value, difference.interval) == (0, [0, 0])


def test_predictions_in_float32_lose_nothing() -> None:
    rounded = GOOD.astype(np.float32)
    assert estimate(TARGET, rounded)["mse"].value == estimate(TARGET, rounded.astype(float))["mse"].value


def test_resamples_of_equal_targets_do_not_spoil_r2() -> None:
    found = estimate(np.array([1.1, 1.1, 5.3]), np.array([1.0, 2.0, 5.0]))["r2"]
    assert np.isnan(found.resampled).any()
    assert all(math.isfinite(number) for number in (found.standard_deviation, *found.interval))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_prediction_that_is_not_finite_is_refused(bad: float) -> None:
    with pytest.raises(UserError, match="the prediction is not finite for 1 of 3 test rows"):
        estimate(np.array([1.0, 2.0, 3.0]), np.array([1.0, bad, 3.0]))


@pytest.mark.parametrize("target", [[7.0], [7.0, 7.0, 7.0]])
def test_equal_targets_are_refused_because_r2_is_undefined(target: list[float]) -> None:
    with pytest.raises(UserError, match=f"all {len(target)} test rows have the target 7"):
        estimate(np.array(target), np.array(target))
