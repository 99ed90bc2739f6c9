from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from abalone import USE_CASE
from tabular import trials
from tabular.metrics.bootstrap import Estimate
from tabular.predictor import Predictor
from tabular.trials import Noise, Rows


@pytest.fixture(scope="session")
def rows() -> Rows:
    return Rows.read(USE_CASE, Path(__file__).resolve().parents[4] / "include" / "data" / "abalone.csv")


def test_shares_of_the_rows_do_not_overlap() -> None:
    one, other, third = trials.deal(1000, (0.5, 0.3, 0.1), seed=0)
    assert (len(one), len(other), len(third)) == (500, 300, 100)
    assert len({*one.tolist(), *other.tolist(), *third.tolist()}) == 900
    assert trials.deal(1000, (0.5, 0.5), seed=0)[0].tolist() != trials.deal(1000, (0.5, 0.5), seed=1)[0].tolist()


def test_a_model_of_a_trial_is_that_of_the_training_step(rows: Rows, trained: object) -> None:
    model = Predictor.load(trained.models / "xgboost")  # type: ignore[attr-defined]
    learned = np.load(trained.parts / "train" / "train.npy")  # type: ignore[attr-defined]
    again = trials.train(USE_CASE, "xgboost", Rows(learned[:, 1:], learned[:, 0].astype(float)), {})
    expected = model.model.predict(model.preprocessing.filled(rows.features.copy()))
    assert again.predict(rows).tolist() == expected.tolist()


def test_models_are_reported_as_the_gate_gets_them(rows: Rows) -> None:
    test, learned = (rows.take(places) for places in trials.deal(len(rows), (0.2, 0.8), seed=0))
    model = trials.train(USE_CASE, "linear", learned, {})
    document = trials.report(USE_CASE, test, {"xgboost": model}, champion=model)
    assert (document["rows"], document["champion"]["state"]) == (835, "scored")
    compared = document["candidates"]["xgboost"]["comparisons"]["champion"]["metrics"]["mse"]
    assert compared == {"difference": 0, "standard_deviation": 0, "interval": (0, 0)}


def test_the_noise_of_training_is_told_from_that_of_the_test_rows() -> None:
    draws = np.random.default_rng(1)
    spread = draws.normal(0, 0.3, 4000)  # what models differ by in truth
    pairs = [Estimate(value + draws.normal(0, 0.4), draws.normal(0, 0.4, 50)) for value in spread]
    noise = Noise.of(pairs)
    assert noise.training == pytest.approx(0.3, abs=0.02)
    assert noise.training < noise.training_bound < 0.33
    assert noise.test == pytest.approx(0.4, abs=0.01)


def test_models_that_do_not_differ_beyond_the_blur_have_no_noise() -> None:
    same = [Estimate(0.0, np.array([-1.0, 1.0]))] * 10
    assert Noise.of(same) == Noise(0, 0, pytest.approx(np.sqrt(2)))
