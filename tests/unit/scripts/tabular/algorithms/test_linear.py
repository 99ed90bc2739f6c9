from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from common.errors import UserError
from tabular.algorithms import Task, linear
from tabular.algorithms.linear import ALGORITHM, Linear
from tabular.artifact import Artifact

DRAWS = np.random.default_rng(0)
FEATURES = DRAWS.normal(size=(500, 3)).astype(np.float32)
WEIGHTS = np.array([1.0, -3.0, 0.5])

MakeTask = Callable[..., Task]


def test_a_linear_target_is_found_exactly(make_task: MakeTask) -> None:
    target = 2 + FEATURES @ WEIGHTS
    fitted = linear.fit(make_task(ALGORITHM, FEATURES, target, l2=0))
    assert fitted.predict(FEATURES) == pytest.approx(target, abs=1e-5)


def test_the_residuals_are_orthogonal_to_the_features(make_task: MakeTask) -> None:
    target = DRAWS.normal(size=500).astype(np.float32)
    residuals = target - linear.fit(make_task(ALGORITHM, FEATURES, target, l2=0)).predict(FEATURES)
    assert FEATURES.T @ residuals == pytest.approx(0, abs=1e-4)
    assert residuals.sum() == pytest.approx(0, abs=1e-4)


def test_indicators_that_add_up_to_the_intercept_are_no_obstacle(make_task: MakeTask) -> None:
    indicators = np.eye(3)[np.arange(30) % 3]
    fitted = linear.fit(make_task(ALGORITHM, indicators, indicators @ [1.0, 5.0, 9.0], l2=0))
    assert fitted.predict(np.eye(3, dtype=np.float32)) == pytest.approx([1, 5, 9])


def test_a_penalty_shrinks_the_coefficients_and_not_the_intercept(make_task: MakeTask) -> None:
    target = 7 + FEATURES @ WEIGHTS
    fitted = linear.fit(make_task(ALGORITHM, FEATURES, target, l2=1_000_000))
    assert fitted.intercept == pytest.approx(target.mean(), rel=1e-5)
    assert np.abs(fitted.coefficients).max() < 0.01


def test_the_log_odds_of_a_label_are_found(make_task: MakeTask) -> None:
    features = DRAWS.normal(size=(200_000, 3)).astype(np.float32)
    label = DRAWS.random(len(features)) < 1 / (1 + np.exp(-(0.5 + features @ WEIGHTS)))
    task = make_task(ALGORITHM, features, label, classifies=True)
    scales = [task.preprocessing.numbers[name].scale for name in task.preprocessing.names]
    fitted = linear.fit(task)
    assert np.array(fitted.coefficients) / scales == pytest.approx(WEIGHTS, abs=0.05)


def test_probabilities_of_labels_add_up_to_the_labels(make_task: MakeTask) -> None:
    label = DRAWS.random(len(FEATURES)) < 0.3
    predicted = linear.fit(make_task(ALGORITHM, FEATURES, label, classifies=True, l2=0)).predict(FEATURES)
    assert predicted.mean() == pytest.approx(label.mean(), abs=1e-6)
    assert ((predicted > 0) & (predicted < 1)).all()


def test_labels_that_one_feature_separates_give_finite_weights(make_task: MakeTask) -> None:
    fitted = linear.fit(make_task(ALGORITHM, FEATURES, FEATURES[:, 0] > 0, classifies=True))
    assert np.isfinite(fitted.coefficients).all()
    assert ((fitted.predict(FEATURES) > 0.5) == (FEATURES[:, 0] > 0)).mean() > 0.98


def test_rows_in_several_batches_count_like_rows_in_one(make_task: MakeTask, monkeypatch: pytest.MonkeyPatch) -> None:
    task = make_task(ALGORITHM, FEATURES, DRAWS.random(500) < 0.5, classifies=True)
    whole = linear.fit(task).predict(FEATURES)
    monkeypatch.setattr(linear, "ROWS_AT_ONCE", 99)
    assert linear.fit(task).predict(FEATURES) == pytest.approx(whole, abs=1e-12)


def test_a_written_model_predicts_the_same(make_task: MakeTask) -> None:
    task = make_task(ALGORITHM, FEATURES, DRAWS.normal(size=500))
    fitted = linear.fit(task)
    again = Linear.load(Artifact(Path("model"), {}, fitted.files()), task.preprocessing)
    assert again.predict(FEATURES).tolist() == fitted.predict(FEATURES).tolist()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "linear.json is damaged"),
        (b'{"intercept": 0}', "linear.json is damaged"),
        (b'{"intercept": 0, "coefficients": [1], "logistic": false}', "parts of two models"),
    ],
)
def test_a_damaged_model_is_refused_by_its_place(make_task: MakeTask, content: bytes, told: str) -> None:
    task = make_task(ALGORITHM, FEATURES, FEATURES[:, 0])
    with pytest.raises(UserError, match=f"model: .*{told}"):
        Linear.load(Artifact(Path("model"), {}, {"linear.json": content}), task.preprocessing)
