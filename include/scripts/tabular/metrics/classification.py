"""Right and wrong answers of a binary classifier, and how well its probabilities order the rows."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from tabular.metrics import Score, Vector, Weights, finite

POINTS = 100  # of a curve, at most
BETAS = {"f0_5": 0.5, "f1": 1.0, "f2": 2.0}
CONSTANT = ("recall", "precision", "accuracy", *BETAS)


def scoring(threshold: float) -> Score:
    """What makes answers of targets and probabilities: "positive" from ``threshold`` on."""
    return partial(Answers, threshold)


class Answers:
    """Probabilities of the positive label beside the truth. Raises UserError for ones that are not finite."""

    def __init__(self, threshold: float, target: Vector, probability: Vector) -> None:
        self._positive, self._answer = target == 1, finite(probability) >= threshold
        self._order = np.argsort(probability, kind="stable")
        ordered = probability[self._order]
        self._ties = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))  # where each value begins

    def metrics(self, weights: Weights) -> Mapping[str, Vector]:
        """Those of SageMaker's reports; undefined where they would divide by 0."""
        kinds = np.column_stack([self._positive & self._answer, ~self._positive & self._answer])
        (tp, fp), positives = (weights @ kinds).T, weights @ self._positive
        rows = weights.sum(axis=1)
        answers = _answers(tp, fp, positives, rows)
        return {**answers, "auc": self._auc(weights), "predicted_positive_rate": (tp + fp) / rows}

    def facts(self) -> Mapping[str, Any]:
        """The confusion matrix (true label, then answer), two curves, and as ``*_best_constant_classifier`` what always
        answering "positive" would get; their standard deviations are not computed."""
        yes, positive = self._answer, self._positive
        counts = {
            str(truth): {str(answer): int(np.count_nonzero((positive == truth) & (yes == answer))) for answer in (0, 1)}
            for truth in (0, 1)
        }
        return {"confusion_matrix": counts, **self._curves(), **self._constant()}

    def _constant(self) -> dict[str, Any]:
        rows, positives = np.array([float(len(self._positive))]), np.array([float(np.count_nonzero(self._positive))])
        answers = _answers(positives, rows - positives, positives, rows)
        values = {**{name: answers[name][0] for name in CONSTANT}, "auc": 0.5}
        return {
            f"{name}_best_constant_classifier": {
                "value": None if np.isnan(value) else float(value),
                "standard_deviation": "NaN",
            }
            for name, value in values.items()
        }

    def _auc(self, weights: Weights) -> Vector:
        """The share of pairs of a positive and a negative row that are in order; a tie is half in order."""
        ordered = weights[:, self._order]
        positive = self._positive[self._order]
        positives, negatives = (np.add.reduceat(ordered * own, self._ties, axis=1) for own in (positive, ~positive))
        below = np.cumsum(negatives, axis=1) - negatives
        return _ratio((positives * (below + negatives / 2)).sum(axis=1), positives.sum(axis=1) * negatives.sum(axis=1))

    def _curves(self) -> dict[str, Any]:
        """Both from the highest threshold to the lowest."""
        positive = np.add.reduceat(self._positive[self._order].astype(float), self._ties)[::-1].cumsum()
        negative = np.add.reduceat((~self._positive)[self._order].astype(float), self._ties)[::-1].cumsum()
        if not (positive[-1] and negative[-1]):
            return {}
        chosen = np.unique(np.linspace(0, len(positive) - 1, POINTS).round().astype(int))
        tp, fp = positive[chosen], negative[chosen]
        return {
            "receiver_operating_characteristic_curve": {
                "false_positive_rates": [0.0, *(fp / negative[-1]).tolist()],
                "true_positive_rates": [0.0, *(tp / positive[-1]).tolist()],
            },
            "precision_recall_curve": {
                "precisions": (tp / (tp + fp)).tolist(),
                "recalls": (tp / positive[-1]).tolist(),
            },
        }


def _answers(tp: Vector, fp: Vector, positives: Vector, rows: Vector) -> dict[str, Vector]:
    negatives = rows - positives
    recall, precision = _ratio(tp, positives), _ratio(tp, tp + fp)
    false_positives = _ratio(fp, negatives)
    return {
        "recall": recall,
        "precision": precision,
        "accuracy": (tp + negatives - fp) / rows,
        "true_positive_rate": recall,
        "true_negative_rate": 1 - false_positives,
        "false_positive_rate": false_positives,
        "false_negative_rate": 1 - recall,
        **{name: _ratio((1 + beta**2) * tp, beta**2 * positives + tp + fp) for name, beta in BETAS.items()},
    }


def _ratio(part: Vector, whole: Vector) -> Vector:
    return np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole != 0)
