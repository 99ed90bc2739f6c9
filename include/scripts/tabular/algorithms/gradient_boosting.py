"""Gradient-boosted trees: each tree corrects what the ones before it missed."""

from common.hyperparameters import Hyperparameter
from tabular.algorithms import Algorithm, Task
from tabular.algorithms.trees import COMMON, Trees, boost

HYPERPARAMETERS = (
    Hyperparameter("num_round", int, 100, minimum=1, maximum=10_000),
    Hyperparameter("max_depth", int, 6, minimum=1, maximum=16),
    Hyperparameter("eta", float, 0.3, minimum=0, maximum=1, above_minimum=True),
    Hyperparameter("gamma", float, 0.0, minimum=0, maximum=1_000_000),
    Hyperparameter("subsample", float, 1.0, minimum=0, maximum=1, above_minimum=True),
    Hyperparameter("colsample_bytree", float, 1.0, minimum=0, maximum=1, above_minimum=True),
    Hyperparameter("min_child_weight", float, 1.0, minimum=0, maximum=1_000_000),
    *COMMON,
)


def fit(task: Task) -> Trees:
    """As many trees as ``num_round`` says."""
    parameters = {name: value for name, value in task.settings.items() if name != "num_round"}
    objective = "binary:logistic" if task.classifies else "reg:squarederror"
    return boost(task, {**parameters, "objective": objective}, rounds=int(task.settings["num_round"]))


ALGORITHM = Algorithm(HYPERPARAMETERS, fit, Trees.load)
