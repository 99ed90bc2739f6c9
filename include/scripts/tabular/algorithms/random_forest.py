"""A random forest: many deep trees, each of some of the rows, with some of the features to choose from at each fork.

XGBoost grows it in one round of parallel trees. It fits squared errors for labels, too: the mean of the labels in a
leaf is a probability, and so is the mean over the trees.
"""

from common.hyperparameters import Hyperparameter
from tabular.algorithms import Algorithm, Task
from tabular.algorithms.trees import COMMON, Trees, boost

HYPERPARAMETERS = (
    Hyperparameter("num_trees", int, 300, minimum=1, maximum=10_000),
    Hyperparameter("max_depth", int, 14, minimum=1, maximum=30),
    Hyperparameter("subsample", float, 0.63, minimum=0, maximum=1, above_minimum=True),
    Hyperparameter("colsample_bynode", float, 0.4, minimum=0, maximum=1, above_minimum=True),
    Hyperparameter("min_child_weight", float, 5.0, minimum=0, maximum=1_000_000),
    *COMMON,
)


def fit(task: Task) -> Trees:
    """As many trees as ``num_trees`` says, in one round."""
    parameters = {name: value for name, value in task.settings.items() if name != "num_trees"}
    forest = {
        "objective": "reg:squarederror",
        "num_parallel_tree": task.settings["num_trees"],
        "eta": 1,
        "reg_lambda": 0,
    }
    return boost(task, {**parameters, **forest}, rounds=1)


ALGORITHM = Algorithm(HYPERPARAMETERS, fit, Trees.load)
