"""Regression metrics with bootstrap intervals.

Rows are resampled with replacement, by the same draws for every model on the same rows: the difference of two
models is then estimated from pairs, and is known far better than either metric. (Efron and Tibshirani, *An
Introduction to the Bootstrap*, 1993, chapters 6 and 13: standard errors, percentile intervals.)
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from common.errors import UserError

Vector = npt.NDArray[np.floating[Any]]
Matrix = npt.NDArray[np.float64]

LEVEL = 0.95
RESAMPLES = 2000
SEED = 0


@dataclass(frozen=True)
class Estimate:
    """A metric on all rows, and on each resample; NaN on a resample where it is not defined."""

    value: float
    resampled: Vector

    @property
    def standard_deviation(self) -> float:
        """Bootstrap estimate of the standard error of ``value``."""
        return float(np.nanstd(self.resampled, ddof=1))

    @property
    def interval(self) -> list[float]:
        """Lower and upper end at `LEVEL`, by percentiles."""
        tail = (1 - LEVEL) / 2
        return [float(end) for end in np.nanquantile(self.resampled, [tail, 1 - tail])]

    def minus(self, other: "Estimate") -> "Estimate":
        """The paired difference of two models on the same rows."""
        return Estimate(self.value - other.value, self.resampled - other.resampled)


def estimate(target: Vector, predicted: Vector) -> dict[str, Estimate]:
    """MSE, RMSE, MAE and R2 of one prediction per row.

    Raises UserError where they are not defined: a prediction is not finite, or all targets are equal.
    """
    rows = len(target)
    if bad := int(np.count_nonzero(~np.isfinite(predicted))):
        raise UserError(f"the prediction is not finite for {bad} of {rows} test rows; train the model again")
    if np.ptp(target) == 0:
        raise UserError(f"R2 is undefined: all {rows} test rows have the target {target[0]:g}; supply more")
    error, centred = target - predicted, target - target.mean()
    losses = np.column_stack([error**2, np.abs(error), centred, centred**2])
    values, resampled = _metrics(losses.mean(axis=0)), _metrics(_resampled_means(losses))
    return {name: Estimate(float(value), resampled[name]) for name, value in values.items()}


def _resampled_means(losses: Matrix) -> Matrix:
    """Column means of each of `RESAMPLES` resamples of the rows; memory does not grow with their product."""
    draws, rows = np.random.default_rng(SEED), len(losses)
    counts = (np.bincount(draws.integers(rows, size=rows), minlength=rows) for _ in range(RESAMPLES))
    return np.array([count @ losses / rows for count in counts])


def _metrics(means: Matrix) -> dict[str, Vector]:
    """The metrics from the mean squared error, mean absolute error, mean target and mean squared target."""
    mse, mae, first, second = means.T
    variance = second - first**2
    defined = variance > 1e-12 * second  # a resample of equal targets leaves nothing but rounding
    r2 = 1 - np.divide(mse, variance, out=np.full_like(variance, np.nan), where=defined)
    return {"mse": mse, "rmse": np.sqrt(mse), "mae": mae, "r2": r2}
