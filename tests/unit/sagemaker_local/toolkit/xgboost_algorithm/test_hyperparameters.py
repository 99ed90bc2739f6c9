from __future__ import annotations

import re
from typing import Any

import pytest

from sagemaker_local.toolkit.xgboost_algorithm.errors import UserError
from sagemaker_local.toolkit.xgboost_algorithm.hyperparameters import validated

pytestmark = pytest.mark.documented("sagemaker-xgboost-container: hyperparameter_validation")
BASE = {"num_round": "10"}


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("eta", "0.2", 0.2),
        ("eta", "0", 0.0),
        ("subsample", "1", 1.0),
        ("max_depth", "0", 0),
        ("booster", "dart", "dart"),
        ("seed", "-7", -7),
        ("monotone_constraints", "(1, -1, 0)", (1, -1, 0)),
        ("interaction_constraints", "[[1, 2], [3]]", [[1, 2], [3]]),
        ("updater", "grow_histmaker,prune", ["grow_histmaker", "prune"]),
        ("_tuning_objective_metric", "validation:auc", "validation:auc"),
        ("use_dask_gpu_training", "false", "false"),
    ],
)
def test_a_value_is_read_by_its_type(name: str, raw: str, value: Any) -> None:
    assert validated({**BASE, "tree_method": "hist", name: raw})[name] == value


@pytest.mark.parametrize(
    ("alias", "name"),
    [("learning_rate", "eta"), ("min_split_loss", "gamma"), ("reg_lambda", "lambda"), ("reg_alpha", "alpha")],
)
def test_an_alias_is_another_name_for_the_same(alias: str, name: str) -> None:
    assert validated({**BASE, alias: "0.5"})[name] == 0.5


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({}, "Missing required hyperparameter: num_round"),
        ({"num_round": "0"}, "Hyperparameter num_round: 0 is not in [1, +inf)"),
        ({"num_round": "many"}, "Hyperparameter num_round: could not parse value (caused by ValueError)"),
        ({"num_round": "1.5"}, "Hyperparameter num_round: could not parse value (caused by ValueError)"),
        ({**BASE, "colour": "red"}, "Extraneous hyperparameter found: colour"),
        ({**BASE, "eta": "1.5"}, "Hyperparameter eta: 1.5 is not in [0, 1]"),
        ({**BASE, "subsample": "0"}, "Hyperparameter subsample: 0.0 is not in (0, 1]"),
        ({**BASE, "tweedie_variance_power": "2"}, "Hyperparameter tweedie_variance_power: 2.0 is not in (1, 2)"),
        ({**BASE, "booster": "x"}, "Hyperparameter booster: x is not in ['gbtree', 'gblinear', 'dart']"),
        ({**BASE, "updater": "x,y"}, "Hyperparameter updater: value ['x', 'y'] not in range ['grow_colmaker', "),
        ({**BASE, "objective": '"reg:squarederror"'}, 'Hyperparameter objective: "reg:squarederror" is not in ['),
        ({**BASE, "objective": "multi:softmax"}, "Require input for parameter 'num_class' for multi-classification"),
        ({**BASE, "objective": "reg:logistic", "eval_metric": "auc"}, "Metric 'auc' can only be applied for class"),
        ({**BASE, "objective": "reg:logistic", "eval_metric": "aft-nloglik"}, "Metric 'aft-nloglik' can only be appl"),
        (
            {**BASE, "objective": "reg:logistic", "eval_metric": "mae,x"},
            "Hyperparameter eval_metric: value ['mae', 'x']",
        ),
        ({**BASE, "objective": "reg:logistic", "eval_metric": "mae@1"}, "Metric 'mae@1' is not supported."),
        ({**BASE, "objective": "reg:logistic", "eval_metric": "map@x"}, "Threshold value 't' in 'map@t' expects float"),
        ({**BASE, "eval_metric": "mae"}, "Require input for parameter 'objective' where 'eval_metric' is given"),
        ({**BASE, "monotone_constraints": "(1,)"}, "monotone_constraints can be used only when the tree_method"),
        ({**BASE, "monotone_constraints": "(2,)", "tree_method": "hist"}, "value (2,) not in range [-1, 0, 1]"),
        ({**BASE, "monotone_constraints": "import os"}, "could not parse value (caused by SyntaxError)"),
        ({**BASE, "monotone_constraints": "[1]"}, "could not parse value (caused by ValueError)"),
        ({**BASE, "interaction_constraints": "[[1]]"}, "interaction_constraints can be used only when the tree_method"),
        ({**BASE, "updater": "shotgun"}, "Tree updater should be selected from these options: 'grow_colmaker'"),
        (
            {**BASE, "booster": "gblinear", "updater": "prune"},
            "Linear updater should be one of these options: 'shotgun'",
        ),
        ({**BASE, "process_type": "update", "updater": "sync"}, "process_type 'update' can only be used with updater"),
        ({**BASE, "updater": "distcol,grow_colmaker"}, "Only one tree grow plugin can be selected."),
        ({**BASE, "_kfold": "5"}, "Hyperparameter _kfold: cross-validation inside one training job"),
        ({**BASE, "use_dask_gpu_training": "true"}, "the local SageMaker trains on CPUs only"),
    ],
    ids=lambda value: ",".join(f"{key}={text}" for key, text in value.items()) if isinstance(value, dict) else "",
)
def test_what_is_wrong_is_told_in_the_containers_words(values: dict[str, str], text: str) -> None:
    with pytest.raises(UserError, match=re.escape(text)):
        validated(values)


@pytest.mark.parametrize("metric", ["error@0.7", "ndcg@5", "map@10", "rmse"])
def test_a_metric_can_have_a_threshold(metric: str) -> None:
    assert validated({**BASE, "objective": "rank:ndcg", "eval_metric": metric})["eval_metric"] == [metric]
