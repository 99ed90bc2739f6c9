"""Ordinary least squares: the baseline that a tree model must beat to be worth its complexity."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Linear:
    """``intercept`` plus the sum of ``coefficients`` times standardised features."""

    intercept: float
    coefficients: list[float]

    @classmethod
    def fit(cls, features: Matrix, target: Matrix) -> "Linear":
        """The solution of smallest norm; there are many, as the indicators of a category add up to 1."""
        intercept, *coefficients = np.linalg.lstsq(_with_ones(features), target, rcond=None)[0].tolist()
        return cls(intercept, coefficients)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Linear":
        """The inverse of `document`."""
        return cls(**document)

    def document(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return asdict(self)

    def predict(self, features: Matrix) -> Matrix:
        """One prediction for each row of standardised ``features``."""
        predicted: Matrix = _with_ones(features) @ np.array([self.intercept, *self.coefficients])
        return predicted


def _with_ones(features: Matrix) -> Matrix:
    return np.column_stack([np.ones(len(features)), features])
