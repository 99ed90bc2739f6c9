"""What of the hyperparameters is for XGBoost, and what is measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import metric_names

_OWN = ("num_round", "early_stopping_rounds", "save_model_on_termination", "use_dask_gpu_training", "eval_metric")
_TUNING = "_tuning_objective_metric"


@dataclass(frozen=True)
class Metrics:
    """What is measured after each round."""

    native: list[str]
    """by XGBoost; empty: what it takes for the objective"""
    own: list[str]
    """by this package"""
    stopping: str | None
    """which decides on early stopping, if one was named"""


def metrics_of(values: Mapping[str, Any]) -> Metrics:
    """The metrics that the hyperparameters ask for: to be seen, or as a tuning job's objective."""
    asked = list(values.get("eval_metric", []))
    objective = values[_TUNING].partition(":")[2] if _TUNING in values else None
    # Sorted, so that all instances of a cluster have one order.
    wanted = asked if objective is None else sorted({*asked, objective})
    stopping = objective or (asked[-1] if asked else None)
    return Metrics(
        [name for name in wanted if name not in metric_names.OWN],
        [name for name in wanted if name in metric_names.OWN],
        stopping,
    )


def parameters(values: Mapping[str, Any], metrics: Metrics) -> dict[str, Any]:
    """What XGBoost itself is given."""
    given = {name: value for name, value in values.items() if name not in (*_OWN, _TUNING)}
    if "updater" in given:
        given["updater"] = ",".join(given["updater"])
    return {**given, **({"eval_metric": metrics.native} if metrics.native else {})}
