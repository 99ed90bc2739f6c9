"""The algorithm's hyperparameters: their types, ranges and dependencies, with the container's texts for errors."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from . import metric_names
from .dependencies import CHECKS
from .errors import UserError
from .ranges import EvalMetrics, Interval

_INT32 = 2**31


@dataclass(frozen=True)
class Hyperparameter:
    """How a value is read, and what it may be."""

    read: Callable[[str], Any]
    range: Any
    elements: Callable[[Any], list[Any]] = lambda value: [value]
    """what of the value has to be in the range"""
    several: bool = False

    def check(self, name: str, value: Any) -> None:
        """Raises ``UserError``."""
        if all(element in self.range for element in self.elements(value)):
            return
        text = f"value {value} not in range" if self.several else f"{value} is not in"
        raise UserError(f"Hyperparameter {name}: {text} {self.range}")


def _integer(low: float | None = None, high: float | None = None) -> Hyperparameter:
    return Hyperparameter(int, Interval(low, high))


def _number(
    low: float | None = None, high: float | None = None, open_low: bool = False, open_high: bool = False
) -> Hyperparameter:
    return Hyperparameter(float, Interval(low, high, open_low, open_high))


def _choice(*values: str) -> Hyperparameter:
    return Hyperparameter(str, list(values))


def _words(values: Any) -> Hyperparameter:
    return Hyperparameter(lambda text: text.split(","), values, list, several=True)


def _literal(kind: type, values: Any, elements: Callable[[Any], list[Any]]) -> Hyperparameter:
    def read(text: str) -> Any:
        value = ast.literal_eval(text)
        if not isinstance(value, kind):
            raise ValueError(f"{text} is no {kind.__name__}")
        return value

    return Hyperparameter(read, values, elements, several=True)


_SWITCH = _integer(0, 1)
_FLAG = _choice("true", "false")
_SHARE = _number(0, 1, open_low=True)
_UPDATERS = [
    "grow_colmaker", "distcol", "grow_histmaker", "grow_local_histmaker", "grow_skmaker", "grow_quantile_histmaker",
    "sync", "refresh", "prune", "shotgun", "coord_descent",
]  # fmt: skip
_OBJECTIVES = (
    "aft_loss_distribution", "binary:logistic", "binary:logitraw", "binary:hinge", "count:poisson", "multi:softmax",
    "multi:softprob", "rank:pairwise", "rank:ndcg", "rank:map", "reg:linear", "reg:squarederror", "reg:logistic",
    "reg:gamma", "reg:pseudohubererror", "reg:squaredlogerror", "reg:absoluteerror", "reg:tweedie", "survival:aft",
    "survival:cox",
)  # fmt: skip
HYPERPARAMETERS: dict[str, Hyperparameter] = {
    "num_round": _integer(1),
    "csv_weights": _SWITCH,
    "early_stopping_rounds": _integer(1),
    "booster": _choice("gbtree", "gblinear", "dart"),
    "verbosity": _integer(0, 3),
    "nthread": _integer(1),
    "eta": _number(0, 1),
    "gamma": _number(0),
    "max_depth": _integer(0),
    "min_child_weight": _number(0),
    "max_delta_step": _number(0),
    "subsample": _SHARE,
    "colsample_bytree": _SHARE,
    "colsample_bylevel": _SHARE,
    "colsample_bynode": _SHARE,
    "lambda": _number(0),
    "alpha": _number(0),
    "tree_method": _choice("auto", "exact", "approx", "hist", "gpu_hist"),
    "sketch_eps": _number(0, 1, open_low=True, open_high=True),
    "scale_pos_weight": _number(0, open_low=True),
    "updater": _words(_UPDATERS),
    "dsplit": _choice("row", "col"),
    "refresh_leaf": _SWITCH,
    "process_type": _choice("default", "update"),
    "grow_policy": _choice("depthwise", "lossguide"),
    "max_leaves": _integer(0),
    "max_bin": _integer(0),
    "predictor": _choice("auto", "cpu_predictor", "gpu_predictor"),
    "monotone_constraints": _literal(tuple, [-1, 0, 1], list),
    "interaction_constraints": _literal(list, Interval(1), lambda groups: [item for group in groups for item in group]),
    "sample_type": _choice("uniform", "weighted"),
    "normalize_type": _choice("tree", "forest"),
    "rate_drop": _number(0, 1),
    "one_drop": _SWITCH,
    "skip_drop": _number(0, 1),
    "lambda_bias": _number(0, 1),
    "tweedie_variance_power": _number(1, 2, open_low=True, open_high=True),
    "objective": _choice(*_OBJECTIVES),
    "num_class": _integer(2),
    "base_score": _number(0),
    "_tuning_objective_metric": _choice(*(f"validation:{name}" for name in metric_names.ALL)),
    "eval_metric": _words(EvalMetrics(metric_names.ALL)),
    "seed": Hyperparameter(int, Interval(-_INT32, _INT32 - 1, open_low=True, open_high=True)),
    "num_parallel_tree": _integer(1),
    "save_model_on_termination": _FLAG,
    "aft_loss_distribution": _choice("normal", "logistic", "extreme"),
    "aft_loss_distribution_scale": _number(0),
    "single_precision_histogram": _FLAG,
    "deterministic_histogram": _FLAG,
    "sampling_method": _choice("uniform", "gradient_based"),
    "prob_buffer_row": Hyperparameter(int, Interval(1.0, open_low=True)),
    "use_dask_gpu_training": _FLAG,
}
_ALIASES = {"learning_rate": "eta", "min_split_loss": "gamma", "reg_lambda": "lambda", "reg_alpha": "alpha"}
_REQUIRED = "num_round"
_NOT_HERE = {
    "_kfold": "cross-validation inside one training job is not available in the local SageMaker",
    "_num_cv_round": "cross-validation inside one training job is not available in the local SageMaker",
}


def validated(raw: Mapping[str, str]) -> dict[str, Any]:
    """The hyperparameters with their values read; raises ``UserError``."""
    named = {_ALIASES.get(name, name): value for name, value in raw.items()}
    if _REQUIRED not in named:
        raise UserError(f"Missing required hyperparameter: {_REQUIRED}")
    values = {name: _read(name, value) for name, value in named.items()}
    for name, value in values.items():
        HYPERPARAMETERS[name].check(name, value)
    for name, check in CHECKS.items():
        if name in values:
            check(values)
    return values


def _read(name: str, value: str) -> Any:
    if name in _NOT_HERE:
        raise UserError(f"Hyperparameter {name}: {_NOT_HERE[name]}")
    if name not in HYPERPARAMETERS:
        raise UserError(f"Extraneous hyperparameter found: {name}")
    try:
        return HYPERPARAMETERS[name].read(value)
    except (ValueError, SyntaxError) as error:
        raise UserError(f"Hyperparameter {name}: could not parse value (caused by {type(error).__name__})") from error
