"""What later measurements of a model's quality are compared with, in Model Monitor's published shapes.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-baseline.html
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tabular.columns import PREDICTION
from tabular.data_quality import Profile
from tabular.metrics import Vector
from tabular.table import Table

ERRORS = {"mae", "mse", "rmse", "false_positive_rate", "false_negative_rate"}  # the smaller the better
NEUTRAL = {"predicted_positive_rate"}


def statistics(section: str, model: Mapping[str, Any], predicted: Vector) -> dict[str, Any]:
    """The metrics of one model, and how the answers ``predicted`` that they are of are distributed."""
    profile = Profile((PREDICTION,))
    profile.add(Table(len(predicted), {PREDICTION.name: predicted.astype(np.float64)}, {}, {}, {}))
    described, _ = profile.documents()
    return {**described, section: model[section]}


def constraints(section: str, model: Mapping[str, Any]) -> dict[str, Any]:
    """By metric the worst value that the rows leave possible: the unfavourable end of its interval, where there is
    one. Beyond it lies a loss of quality."""
    limits = {metric: limit for metric in model["intervals"] if (limit := _limit(section, model, metric)) is not None}
    return {"version": 0.0, section.replace("_metrics", "_constraints"): limits}


def _limit(section: str, model: Mapping[str, Any], metric: str) -> dict[str, Any] | None:
    value = model[section][metric]["value"]
    if metric in NEUTRAL or value is None:
        return None
    low, high = model["intervals"][metric] or (value, value)
    if metric in ERRORS:
        return {"threshold": high, "comparison_operator": "GreaterThanThreshold"}
    return {"threshold": low, "comparison_operator": "LessThanThreshold"}
