from __future__ import annotations

import pytest

from sagemaker_local.toolkit.xgboost_algorithm.parameters import metrics_of, parameters

pytestmark = pytest.mark.documented("sagemaker-xgboost-container: train_utils")


def test_metrics_are_xgboosts_or_the_containers() -> None:
    metrics = metrics_of({"eval_metric": ["rmse", "mse", "mae"]})
    assert (metrics.native, metrics.own, metrics.stopping) == (["rmse", "mae"], ["mse"], "mae")


def test_a_tuning_jobs_objective_is_measured_and_decides_on_stopping() -> None:
    metrics = metrics_of({"eval_metric": ["rmse"], "_tuning_objective_metric": "validation:f1"})
    assert (metrics.native, metrics.own, metrics.stopping) == (["rmse"], ["f1"], "f1")


def test_without_a_named_metric_xgboost_takes_its_own_and_nothing_stops_early() -> None:
    metrics = metrics_of({})
    assert (metrics.native, metrics.own, metrics.stopping) == ([], [], None)


def test_xgboost_is_given_its_own_parameters_only() -> None:
    values = {
        "num_round": 3,
        "eta": 0.1,
        "updater": ["grow_histmaker", "prune"],
        "early_stopping_rounds": 2,
        "eval_metric": ["mae", "mse"],
        "save_model_on_termination": "true",
        "_tuning_objective_metric": "validation:mae",
    }
    given = parameters(values, metrics_of(values))
    assert given == {"eta": 0.1, "updater": "grow_histmaker,prune", "eval_metric": ["mae"]}


def test_the_containers_metrics_alone_leave_xgboost_with_its_default() -> None:
    values = {"eval_metric": ["mse"]}
    assert parameters(values, metrics_of(values)) == {}
