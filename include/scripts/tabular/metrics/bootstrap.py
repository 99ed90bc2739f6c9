"""How sure a metric is: rows are resampled with replacement, and the metric is computed again each time.

All models are computed on the same draws: the difference of two models is then estimated from pairs, and is known far
better than either metric. (Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993, chapters 6 and 13: standard
errors, percentile intervals.)
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from tabular.metrics import Scores, Vector, Weights

LEVEL = 0.95
RESAMPLES = 2000
SEED = 0
MIN_ROWS = 50  # fewer say nothing about what other rows would have given
MIN_DEFINED = 0.9  # the share of resamples on which a metric must be defined
NUMBERS_AT_ONCE = 1 << 22


@dataclass(frozen=True)
class Estimate:
    """A metric on all rows, NaN if it is not defined there, and on each resample; none where rows are too few."""

    value: float
    resampled: Vector

    @property
    def standard_deviation(self) -> float:
        """Bootstrap estimate of the standard error of ``value``; NaN: not computed."""
        defined = self._defined
        return float(defined.std(ddof=1)) if defined.size else np.nan

    @property
    def interval(self) -> tuple[float, float] | None:
        """Lower and upper end at `LEVEL`, by percentiles; None: not computed."""
        defined, tail = self._defined, (1 - LEVEL) / 2
        if not defined.size:
            return None
        low, high = np.quantile(defined, [tail, 1 - tail])
        return float(low), float(high)

    def minus(self, other: "Estimate") -> "Estimate":
        """The paired difference of two models on the same rows."""
        return Estimate(self.value - other.value, self.resampled - other.resampled)

    @property
    def _defined(self) -> Vector:
        defined = self.resampled[~np.isnan(self.resampled)]
        enough = defined.size >= MIN_DEFINED * self.resampled.size and not np.isnan(self.value)
        return defined if enough else defined[:0]


def estimate(models: Mapping[str, Scores], rows: int) -> dict[str, dict[str, Estimate]]:
    """By model and metric. The same rows give the same draws whatever the models are."""
    values = {model: scores.metrics(np.ones((1, rows))) for model, scores in models.items()}
    pieces = [{model: scores.metrics(weights) for model, scores in models.items()} for weights in _draws(rows)]
    return {
        model: {
            name: Estimate(float(value[0]), np.concatenate([np.empty(0), *(piece[model][name] for piece in pieces)]))
            for name, value in metrics.items()
        }
        for model, metrics in values.items()
    }


def _draws(rows: int) -> Iterator[Weights]:
    """How often each row is drawn in each of `RESAMPLES` resamples; memory does not grow with their product."""
    if rows < MIN_ROWS:
        return
    random = np.random.default_rng(SEED)
    at_once = max(1, NUMBERS_AT_ONCE // rows)
    for start in range(0, RESAMPLES, at_once):
        resamples = min(at_once, RESAMPLES - start)
        drawn = random.integers(rows, size=(resamples, rows)) + np.arange(resamples)[:, None] * rows
        yield np.bincount(drawn.ravel(), minlength=resamples * rows).reshape(resamples, rows).astype(np.float64)
