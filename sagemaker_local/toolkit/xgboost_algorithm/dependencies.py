"""What one hyperparameter asks of another, with the container's texts for errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .errors import UserError

Values = Mapping[str, Any]

_TREE = (
    "grow_colmaker", "distcol", "grow_histmaker", "grow_local_histmaker", "grow_skmaker", "sync", "refresh", "prune",
    "grow_quantile_histmaker",
)  # fmt: skip
_GROWERS = ("grow_colmaker", "distcol", "grow_histmaker", "grow_local_histmaker", "grow_quantile_histmaker")
_LINEAR = ("shotgun", "coord_descent")


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _check_updater(values: Values) -> None:
    updaters = values["updater"]
    if values.get("booster") == "gblinear":
        if len(updaters) != 1 or updaters[0] not in _LINEAR:
            raise UserError(f"Linear updater should be one of these options: {_quoted(_LINEAR)}.")
    elif values.get("process_type") == "update":
        if not {"refresh", "prune"}.issuperset(updaters):
            raise UserError("process_type 'update' can only be used with updater 'refresh' and 'prune'")
    elif not set(_TREE).issuperset(updaters):
        raise UserError(f"Tree updater should be selected from these options: {_quoted(_TREE)}.")
    elif sum(updater in _GROWERS for updater in updaters) > 1:
        raise UserError(
            f"Only one tree grow plugin can be selected. Choose one from the following: {_quoted(_GROWERS)}"
        )


def _check_objective(values: Values) -> None:
    if values["objective"] in ("multi:softmax", "multi:softprob") and "num_class" not in values:
        raise UserError("Require input for parameter 'num_class' for multi-classification")


def _check_eval_metric(values: Values) -> None:
    if "objective" not in values:
        raise UserError("Require input for parameter 'objective' where 'eval_metric' is given")
    objective, metrics = values["objective"], values["eval_metric"]
    if "auc" in metrics and not objective.startswith(("binary:", "rank:")):
        raise UserError("Metric 'auc' can only be applied for classification and ranking problems.")
    if "aft-nloglik" in metrics and objective != "survival:aft":
        raise UserError("Metric 'aft-nloglik' can only be applied for 'survival:aft' objective.")


def _check_monotone(values: Values) -> None:
    if values.get("tree_method") not in ("exact", "hist"):
        raise UserError(
            "monotone_constraints can be used only when the tree_method parameter is set to either 'exact' or 'hist'."
        )


def _check_interaction(values: Values) -> None:
    if values.get("tree_method") not in ("exact", "hist", "approx"):
        raise UserError(
            "interaction_constraints can be used only when the tree_method parameter is set to either 'exact', 'hist' "
            "or 'approx'."
        )


def _check_dask(values: Values) -> None:
    if values["use_dask_gpu_training"] == "true":
        raise UserError("use_dask_gpu_training: the local SageMaker trains on CPUs only")


CHECKS: dict[str, Callable[[Values], None]] = {
    "updater": _check_updater,
    "objective": _check_objective,
    "eval_metric": _check_eval_metric,
    "monotone_constraints": _check_monotone,
    "interaction_constraints": _check_interaction,
    "use_dask_gpu_training": _check_dask,
}
"""by the hyperparameter that asks"""
