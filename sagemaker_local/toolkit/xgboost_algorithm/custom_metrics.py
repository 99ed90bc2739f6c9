"""The metrics that are the container's own and not XGBoost's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy
from sklearn import metrics

Score = Callable[[Any, Any], float]

# Of class labels, true ones first.
_OF_CLASSES: dict[str, Score] = {
    "accuracy": metrics.accuracy_score,
    "balanced_accuracy": metrics.balanced_accuracy_score,
    "f1": lambda true, found: metrics.f1_score(true, found, average="macro"),
    "f1_binary": lambda true, found: metrics.f1_score(true, found, average="binary"),
    "f1_macro": lambda true, found: metrics.f1_score(true, found, average="macro"),
    "precision": metrics.precision_score,
    "precision_macro": lambda true, found: metrics.precision_score(true, found, average="macro"),
    "precision_micro": lambda true, found: metrics.precision_score(true, found, average="micro"),
    "recall": metrics.recall_score,
    "recall_macro": lambda true, found: metrics.recall_score(true, found, average="macro"),
    "recall_micro": lambda true, found: metrics.recall_score(true, found, average="micro"),
}
_OF_NUMBERS: dict[str, Score] = {"mse": metrics.mean_squared_error, "r2": metrics.r2_score}


def evaluation(names: Sequence[str], objective: str) -> Callable[[Any, Any], list[tuple[str, float]]]:
    """The function that XGBoost calls with predictions and a matrix, for these metrics."""

    def evaluate(predictions: Any, data: Any) -> list[tuple[str, float]]:
        true = data.get_label()
        return [(name, float(_score(name, true, predictions, objective))) for name in names]

    return evaluate


def _score(name: str, true: Any, predictions: Any, objective: str) -> float:
    if name in _OF_NUMBERS:
        return _OF_NUMBERS[name](true, predictions)
    return _OF_CLASSES[name](true, classes(predictions, objective))


def classes(predictions: Any, objective: str) -> Any:
    """The class labels that *predictions* of *objective* stand for."""
    if predictions.ndim > 1:
        return numpy.argmax(predictions, axis=1)
    if objective == "multi:softmax":
        return predictions
    return (predictions > (0.0 if objective == "binary:logitraw" else 0.5)).astype(int)
