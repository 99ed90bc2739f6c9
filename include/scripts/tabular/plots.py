"""What the report draws of a model, small enough for a JSON file however many rows there are."""

from typing import Any

import numpy as np

from tabular.metrics import Vector
from tabular.use_case import UseCase

BINS = 10
BARS = 30


def points(use_case: UseCase, target: Vector, predicted: Vector) -> dict[str, Any]:
    """``calibration``: rows in ten groups of ascending predictions, and of each the mean prediction and the mean
    truth. ``histogram``: counts of misses of a number, or of probabilities by true label, between ``edges``."""
    return {"calibration": _calibration(target, predicted), "histogram": _histogram(use_case, target, predicted)}


def _calibration(target: Vector, predicted: Vector) -> dict[str, Any]:
    groups = np.array_split(np.argsort(predicted, kind="stable"), min(BINS, len(target)))
    return {
        "predicted": [float(predicted[rows].mean()) for rows in groups],
        "actual": [float(target[rows].mean()) for rows in groups],
    }


def _histogram(use_case: UseCase, target: Vector, predicted: Vector) -> dict[str, Any]:
    if use_case.classifies:
        edges = np.linspace(0, 1, BARS + 1)
        series = {"negative": predicted[target == 0], "positive": predicted[target == 1]}
    else:
        misses = predicted - target
        low, high = np.quantile(misses, [0.005, 0.995]).tolist()
        edges = np.linspace(low, high, BARS + 1)
        series = {"prediction minus truth": misses.clip(edges[0], edges[-1])}
    counts = {name: np.histogram(values, edges)[0].tolist() for name, values in series.items()}
    return {"edges": edges.tolist(), "counts": counts}
