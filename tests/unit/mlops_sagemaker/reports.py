"""Evaluation reports as the evaluation job writes them, small."""

import copy
from typing import Any

MISSING = object()


def metrics(mse: Any) -> dict[str, Any]:
    """The metrics of a regression model, with two groups of rows that it is as good on."""
    section = {"regression_metrics": {"mse": {"value": mse, "standard_deviation": 0.3}, "mae": {"value": 1.5}}}
    groups = {group: {"rows": 200, **section} for group in ("F", "M")}
    return {**section, "slices": {"sex": groups}}


def compared(difference: Any, deviation: Any = 0.05) -> dict[str, Any]:
    """A difference of candidate minus other, the same on all rows and on each group."""
    found = {name: {"difference": difference, "standard_deviation": deviation} for name in ("mse", "mae")}
    return {"metrics": found, "slices": {"sex": {"F": found, "M": found}}}


def candidate(mse: float, baseline: float, champion: float | None) -> dict[str, Any]:
    """A candidate and how it compares."""
    rivals = {
        "baseline": compared(mse - baseline),
        "champion": None if champion is None else compared(mse - champion),
    }
    return {**metrics(mse), "comparisons": rivals}


def report(
    mse: float = 4.5, baseline: float = 4.9, champion: float | None = 4.7, rows: int = 600, **others: float
) -> dict[str, Any]:
    """A report of the candidate ``xgboost`` and ``others``, by their MSE."""
    models = {"xgboost": mse, **others}
    document = {
        "rows": rows,
        "fresh": {"from": "2026-02-01", "rows": 90},
        "candidates": {name: candidate(value, baseline, champion) for name, value in models.items()},
        "baseline": {"name": "linear", **metrics(baseline)},
        "champion": {"state": "none"} if champion is None else {"state": "scored", **metrics(champion)},
    }
    return copy.deepcopy(document)


def with_value(path: tuple[str, ...], value: Any) -> Any:
    """A good report with ``value`` at ``path``, or without anything there."""
    changed = report()
    entry: Any = changed
    for key in path[:-1]:
        entry = entry[key]
    if value is MISSING:
        del entry[path[-1]]
    else:
        entry[path[-1]] = value
    return changed
