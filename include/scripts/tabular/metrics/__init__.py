"""How good predictions are: metrics in the shapes of SageMaker's model quality reports, and how sure they are.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-metrics.html
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from common.errors import UserError
from tabular.use_case import UseCase

Vector = npt.NDArray[np.floating[Any]]
Weights = npt.NDArray[np.float64]  # one row per resample, one column per row of data: how often it was drawn


class Scores(Protocol):
    """Predictions beside the truth, ready to be weighed in many ways."""

    def metrics(self, weights: Weights) -> Mapping[str, Vector]:
        """Each metric by name, one value per row of ``weights``; NaN where it is not defined."""

    def facts(self) -> Mapping[str, Any]:
        """What the report says beside the metrics, such as a curve."""


Score = Callable[[Vector, Vector], Scores]


def section(use_case: UseCase) -> str:
    """The report's name for the metrics of the use case's kind of problem."""
    return "binary_classification_metrics" if use_case.classifies else "regression_metrics"


def scoring(use_case: UseCase) -> Score:
    """What makes scores of targets and predictions."""
    from tabular.metrics import classification, regression

    if use_case.classifies:
        return classification.scoring(use_case.decision_threshold)
    return regression.Errors


def values(scores: Scores, rows: int) -> dict[str, float]:
    """Each metric on all rows."""
    return {name: float(value[0]) for name, value in scores.metrics(np.ones((1, rows))).items()}


def finite(predicted: Vector) -> Vector:
    """``predicted``. Raises UserError unless every prediction is a finite number."""
    if bad := int(np.count_nonzero(~np.isfinite(predicted))):
        raise UserError(f"the prediction is not finite for {bad} of {len(predicted)} rows; train the model again")
    return predicted
