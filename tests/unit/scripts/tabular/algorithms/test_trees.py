"""Boosted trees and forests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost

from common.errors import UserError
from tabular.algorithms import Task, gradient_boosting, random_forest
from tabular.algorithms.trees import Trees
from tabular.artifact import Artifact

DRAWS = np.random.default_rng(0)
FEATURES = DRAWS.random((2000, 4)).astype(np.float32)
TARGET = np.sin(6 * FEATURES[:, 0]) + (FEATURES[:, 1] > 0.5) + DRAWS.normal(0, 0.1, 2000)
LABEL = DRAWS.random(2000) < np.where(FEATURES[:, 0] > 0.5, 0.9, 0.2)

MakeTask = Callable[..., Task]
each = pytest.mark.parametrize("algorithm", [gradient_boosting, random_forest], ids=["boosting", "forest"])


@each
def test_what_no_line_fits_is_learned(make_task: MakeTask, algorithm: Any) -> None:
    small = {"num_trees": 50} if algorithm is random_forest else {}
    fitted = algorithm.fit(make_task(algorithm.ALGORITHM, FEATURES, TARGET, **small))
    assert np.mean((fitted.predict(FEATURES) - TARGET) ** 2) < 0.1 * np.var(TARGET)


@each
def test_of_labels_a_probability_is_learned(make_task: MakeTask, algorithm: Any) -> None:
    task = make_task(algorithm.ALGORITHM, FEATURES[:, :1], LABEL, classifies=True, min_child_weight=50, max_depth=3)
    predicted = algorithm.fit(task).predict(FEATURES[:, :1])
    assert predicted[FEATURES[:, 0] > 0.6].mean() == pytest.approx(0.9, abs=0.05)
    assert predicted[FEATURES[:, 0] < 0.4].mean() == pytest.approx(0.2, abs=0.05)
    assert ((predicted >= 0) & (predicted <= 1)).all()


@each
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(make_task: MakeTask, algorithm: Any) -> None:
    def files(seed: int) -> dict[str, bytes]:
        small = {"num_trees": 10} if algorithm is random_forest else {"num_round": 10}
        task = make_task(algorithm.ALGORITHM, FEATURES, TARGET, seed=seed, subsample=0.5, **small)
        found: dict[str, bytes] = algorithm.fit(task).files()
        return found

    assert files(1) == files(1)
    assert files(1) != files(2)


def test_a_forest_has_as_many_trees_as_asked_for(make_task: MakeTask) -> None:
    fitted = random_forest.fit(make_task(random_forest.ALGORITHM, FEATURES, TARGET, num_trees=7))
    assert len(fitted.booster.get_dump()) == 7


def test_a_forest_is_the_mean_of_its_trees_and_not_their_sum(make_task: MakeTask) -> None:
    small, large = (
        random_forest.fit(make_task(random_forest.ALGORITHM, FEATURES, TARGET, num_trees=trees)).predict(FEATURES)
        for trees in (20, 100)
    )
    assert small.mean() == pytest.approx(large.mean(), rel=0.02)


def test_a_gpu_is_refused_where_the_library_cannot_use_one(make_task: MakeTask) -> None:
    if xgboost.build_info()["USE_CUDA"]:
        pytest.fail("this image's xgboost has CUDA: test that the device is used")
    with pytest.raises(
        UserError, match="hyperparameter 'device' is 'cuda', but this image's xgboost is built for CPUs"
    ):
        gradient_boosting.fit(make_task(gradient_boosting.ALGORITHM, FEATURES, TARGET, device="cuda"))


def test_names_that_the_library_does_not_take_are_no_obstacle(make_task: MakeTask) -> None:
    task = make_task(gradient_boosting.ALGORITHM, FEATURES, TARGET)
    columns = tuple(type(c)(f"[{c.name}]<") for c in task.preprocessing.columns)
    renamed = type(task.preprocessing)(type(task.preprocessing.encoding)(columns), {})  # type: ignore[arg-type]
    fitted = gradient_boosting.fit(Task(**{**vars(task), "preprocessing": renamed}))
    assert fitted.booster.feature_names[0] == "(x0)_"  # type: ignore[index]


def test_a_written_model_predicts_the_same(make_task: MakeTask) -> None:
    task = make_task(gradient_boosting.ALGORITHM, FEATURES, TARGET)
    fitted = gradient_boosting.fit(task)
    again = Trees.load(Artifact(Path("model"), {}, fitted.files()), task.preprocessing)
    assert again.predict(FEATURES).tolist() == fitted.predict(FEATURES).tolist()


def test_a_model_of_other_features_is_refused(make_task: MakeTask) -> None:
    fitted = gradient_boosting.fit(make_task(gradient_boosting.ALGORITHM, FEATURES, TARGET))
    other = make_task(gradient_boosting.ALGORITHM, FEATURES[:, :2], TARGET).preprocessing
    with pytest.raises(UserError, match=r"model: the model reads .*; these are parts of two models, train again"):
        Trees.load(Artifact(Path("model"), {}, fitted.files()), other)


def test_a_model_that_the_library_cannot_read_is_refused(make_task: MakeTask) -> None:
    preprocessing = make_task(gradient_boosting.ALGORITHM, FEATURES, TARGET).preprocessing
    with pytest.raises(UserError, match=rf"xgboost {xgboost.__version__} cannot read model\.ubj"):
        Trees.load(Artifact(Path("model"), {}, {"model.ubj": b"{not a model"}), preprocessing)
