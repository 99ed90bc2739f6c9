from __future__ import annotations

import math

import numpy as np
import pytest

from tabular.metrics import bootstrap
from tabular.metrics.bootstrap import Estimate, estimate
from tabular.metrics.classification import scoring
from tabular.metrics.regression import Errors

DRAWS = np.random.default_rng(0)
TARGET = DRAWS.normal(10, 3, 400)
GOOD = TARGET + DRAWS.normal(0, 1, 400)
WORSE = GOOD + DRAWS.normal(0.5, 0.1, 400)
METRICS = ["mse", "rmse", "mae", "r2"]


def estimates(*predictions: np.ndarray, target: np.ndarray = TARGET) -> list[dict[str, Estimate]]:
    models = {str(number): Errors(target, predicted) for number, predicted in enumerate(predictions)}
    return list(estimate(models, len(target)).values())


def test_the_standard_deviation_is_that_of_a_mean_of_independent_losses() -> None:
    losses = (TARGET - GOOD) ** 2
    expected = losses.std(ddof=1) / math.sqrt(len(losses))
    assert estimates(GOOD)[0]["mse"].standard_deviation == pytest.approx(expected, rel=0.05)


def test_the_interval_covers_the_truth_as_often_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "RESAMPLES", 200)
    draws = np.random.default_rng(7)
    covered = 0
    for _ in range(200):
        errors = draws.normal(0, 2, 300)
        interval = estimates(np.arange(300.0) + errors, target=np.arange(300.0))[0]["mse"].interval
        assert interval
        covered += interval[0] <= 4 <= interval[1]
    assert 0.88 <= covered / 200 <= 0.99


@pytest.mark.parametrize("name", METRICS)
def test_every_interval_holds_its_value(name: str) -> None:
    metric = estimates(GOOD)[0][name]
    assert metric.interval
    assert metric.interval[0] < metric.value < metric.interval[1]


def test_the_same_rows_give_the_same_intervals_whatever_other_models_there_are() -> None:
    assert estimates(GOOD)[0]["r2"].interval == estimates(WORSE, GOOD)[1]["r2"].interval


def test_a_paired_difference_is_known_better_than_either_metric() -> None:
    good, worse = (found["mse"] for found in estimates(GOOD, WORSE))
    difference = good.minus(worse)
    assert difference.value == pytest.approx(good.value - worse.value)
    assert difference.interval
    assert difference.interval[0] < difference.value < difference.interval[1] < 0
    assert difference.standard_deviation < good.standard_deviation


def test_a_model_does_not_differ_from_itself() -> None:
    one, other = (found["mse"] for found in estimates(GOOD, GOOD))
    difference = one.minus(other)
    assert (difference.value, difference.standard_deviation, difference.interval) == (0, 0, (0, 0))


def test_draws_in_several_batches_are_as_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "NUMBERS_AT_ONCE", 400 * 300)
    found = estimates(GOOD)[0]["mse"]
    assert len(found.resampled) == bootstrap.RESAMPLES
    assert found.standard_deviation == pytest.approx(0.075, rel=0.2)


@pytest.mark.parametrize("rows", [1, bootstrap.MIN_ROWS - 1])
def test_of_few_rows_nothing_is_computed_but_the_value(rows: int) -> None:
    found = estimates(GOOD[:rows], target=TARGET[:rows])[0]["mse"]
    assert found.value > 0
    assert math.isnan(found.standard_deviation)
    assert found.interval is None


def test_a_metric_that_is_not_defined_on_many_resamples_is_not_computed() -> None:
    label = np.zeros(100)
    label[:2] = 1  # of 100 rows: without a positive in one resample of seven
    found = estimate({"model": scoring(0.5)(label, np.linspace(0, 1, 100))}, 100)["model"]["auc"]
    assert math.isfinite(found.value)
    assert np.isnan(found.resampled).mean() == pytest.approx(0.133, abs=0.03)
    assert math.isnan(found.standard_deviation)
    assert found.interval is None


def test_a_few_undefined_resamples_are_left_out() -> None:
    found = Estimate(1.0, np.array([np.nan, *np.linspace(0, 2, 99)]))
    assert found.interval == pytest.approx((0.05, 1.95), abs=0.02)
    assert math.isfinite(found.standard_deviation)
