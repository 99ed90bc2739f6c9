"""A linear model: the baseline that any other must beat to be worth its complexity.

Least squares for numbers, logistic regression by Newton's method for labels, both on standardised features. Only sums
over rows are needed, so that rows are never in memory twice and several instances add theirs.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from common import report
from common.errors import UserError
from common.hyperparameters import Hyperparameter
from tabular import onnx_format
from tabular.algorithms import Algorithm, Task, Vector
from tabular.artifact import Artifact
from tabular.preprocessing import Features, Preprocessing

FILE = "linear.json"
ROWS_AT_ONCE = 50_000
STEPS = 50
TOLERANCE = 1e-10
# Enough to keep the coefficients of a perfect separation finite, too little to be seen elsewhere.
HYPERPARAMETERS = (Hyperparameter("l2", float, 0.01, minimum=0, maximum=1_000_000),)

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Linear:
    """``intercept`` plus the sum of ``coefficients`` times standardised features: the target or, if ``logistic``, the
    log-odds of the positive label."""

    intercept: float
    coefficients: list[float]
    logistic: bool
    preprocessing: Preprocessing = field(repr=False)

    @classmethod
    def load(cls, artifact: Artifact, preprocessing: Preprocessing) -> "Linear":
        """The inverse of `files`. Raises UserError if it is damaged."""
        try:
            document = json.loads(artifact.file(FILE))
            model = cls(**document, preprocessing=preprocessing)
            fits = len(model.coefficients) == len(preprocessing.names)
        except (ValueError, TypeError) as error:
            raise UserError(f"{artifact.place}: {FILE} is damaged ({error!r}); train the model again") from None
        if not fits:
            raise UserError(f"{artifact.place}: {FILE} is not its preprocessing's; these are parts of two models")
        return model

    def predict(self, features: Features) -> Vector:
        """The target, or the probability of the positive label."""
        pieces = [_with_ones(self.preprocessing, piece) @ self._weights for piece in _pieces(features)]
        scores = np.concatenate(pieces) if pieces else np.empty(0)
        return _probability(scores) if self.logistic else scores

    def files(self) -> dict[str, bytes]:
        """The numbers, as JSON, and the model in ONNX."""
        document = {"intercept": self.intercept, "coefficients": self.coefficients, "logistic": self.logistic}
        return {FILE: report.encode(document), onnx_format.FILE: self._graph()}

    def _graph(self) -> bytes:
        """For features that are not standardised, which is one operation less for each row."""
        means, scales = self.preprocessing.means, self.preprocessing.scales
        slopes = np.array(self.coefficients) / scales
        return onnx_format.of_line(slopes, self.intercept - float(slopes @ means), self.logistic)

    @property
    def _weights(self) -> Matrix:
        return np.array([self.intercept, *self.coefficients])


def fit(task: Task) -> Linear:
    """The weights that fit the training part best; the intercept is not held back by ``l2``."""
    find = _logistic if task.classifies else _least_squares
    intercept, *coefficients = find(task, _penalty(task)).tolist()
    return Linear(intercept, coefficients, task.classifies, task.preprocessing)


def _least_squares(task: Task, penalty: Matrix) -> Matrix:
    """The solution of smallest norm; there are many, as the indicators of a category add up to 1."""
    size = len(penalty)
    gram, moment = np.zeros((size, size)), np.zeros(size)
    for features, target in _batches(task):
        gram += features.T @ features
        moment += features.T @ target
    weights = np.linalg.lstsq(task.cluster.total(gram) + penalty, task.cluster.total(moment), rcond=None)[0]
    return weights.astype(np.float64, copy=False)


def _logistic(task: Task, penalty: Matrix) -> Matrix:
    weights = np.zeros(len(penalty))
    for _ in range(STEPS):
        gradient, curvature = penalty @ weights, penalty.copy()
        own_gradient, own_curvature = np.zeros_like(gradient), np.zeros_like(curvature)
        for features, target in _batches(task):
            probability = _probability(features @ weights)
            own_gradient += features.T @ (probability - target)
            own_curvature += (features.T * (probability * (1 - probability))) @ features
        gradient += task.cluster.total(own_gradient)
        curvature += task.cluster.total(own_curvature)
        step = np.linalg.lstsq(curvature, gradient, rcond=None)[0]
        weights -= step
        if np.abs(step).max() < TOLERANCE:
            break
    return weights


def _batches(task: Task) -> Iterator[tuple[Matrix, Matrix]]:
    for start, piece in zip(range(0, len(task.train.target), ROWS_AT_ONCE), _pieces(task.train.features), strict=True):
        target = task.train.target[start : start + ROWS_AT_ONCE].astype(np.float64)
        yield _with_ones(task.preprocessing, piece), target


def _pieces(features: Features) -> Iterator[Features]:
    return (features[start : start + ROWS_AT_ONCE] for start in range(0, len(features), ROWS_AT_ONCE))


def _with_ones(preprocessing: Preprocessing, features: Features) -> Matrix:
    return np.column_stack([np.ones(len(features)), preprocessing.standardised(features)])


def _penalty(task: Task) -> Matrix:
    strengths = np.full(len(task.preprocessing.names) + 1, float(task.settings["l2"]))
    strengths[0] = 0
    return np.diag(strengths)


def _probability(scores: Matrix) -> Matrix:
    """Without overflow on either side."""
    small = np.exp(-np.abs(scores))
    probability: Matrix = np.where(scores >= 0, 1, small) / (1 + small)
    return probability


ALGORITHM = Algorithm(HYPERPARAMETERS, fit, Linear.load)
