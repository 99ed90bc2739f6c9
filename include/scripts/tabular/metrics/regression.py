"""Mean squared and absolute errors, and the share of the variance that is explained."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tabular.metrics import Vector, Weights, finite


class Errors:
    """What predictions of numbers miss by. Raises UserError for predictions that are not finite."""

    def __init__(self, target: Vector, predicted: Vector) -> None:
        error, centred = target - finite(predicted), target - target.mean()
        self._losses = np.column_stack([error**2, np.abs(error), centred, centred**2])

    def metrics(self, weights: Weights) -> Mapping[str, Vector]:
        """``mse``, ``rmse``, ``mae`` and ``r2``, the last undefined where all targets are equal."""
        mse, mae, first, second = (weights @ self._losses / weights.sum(axis=1, keepdims=True)).T
        variance = second - first**2
        varied = variance > 1e-12 * second  # equal targets leave nothing but rounding
        r2 = 1 - np.divide(mse, variance, out=np.full_like(variance, np.nan), where=varied)
        return {"mae": mae, "mse": mse, "rmse": np.sqrt(mse), "r2": r2}

    def facts(self) -> Mapping[str, Any]:
        """Nothing."""
        return {}
