"""From raw rows to the numbers that models read: fitted on the training part only, and part of the model."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from abalone.schema import SCHEMA
from common import report
from common.columns import Category, Number, Row
from common.errors import UserError

Features = npt.NDArray[np.float32]  # one row of a table each, one column per feature


@dataclass(frozen=True)
class Numeric:
    """What was learned of a numeric column: the ``median`` replaces a missing value, ``mean`` and ``scale``
    (standard deviation after that; 1 for a constant column) standardise it for linear models."""

    median: float
    mean: float
    scale: float

    @classmethod
    def fit(cls, name: str, rows: Sequence[Row]) -> "Numeric":
        """Learn from the column ``name``. Raises UserError if it holds no value at all."""
        known = np.array([row[name] for row in rows if row[name] is not None], dtype=np.float64)
        if not known.size:
            raise UserError(f"column '{name}' is empty in all {len(rows)} training rows; supply its values")
        median = float(np.median(known))
        values = np.append(known, np.full(len(rows) - known.size, median))
        return cls(median, float(values.mean()), float(values.std()) if np.ptp(values) else 1.0)


@dataclass(frozen=True)
class Preprocessing:
    """What turns rows into features.

    Each value of ``categories`` becomes an indicator; a missing or unknown category sets none of them. They
    are the schema's, so that garbage in the data never becomes a feature. Each of ``numbers`` becomes one.
    """

    categories: dict[str, list[str]]
    numbers: dict[str, Numeric]

    @classmethod
    def fit(cls, rows: Sequence[Row]) -> "Preprocessing":
        """Learn from ``rows``. Raises UserError if a numeric column holds no value at all."""
        texts = [column for column in SCHEMA.features if isinstance(column, Category)]
        numbers = [column for column in SCHEMA.features if isinstance(column, Number)]
        return cls(
            {column.name: list(column.values) for column in texts},
            {column.name: Numeric.fit(column.name, rows) for column in numbers},
        )

    @classmethod
    def read(cls, file: Path) -> "Preprocessing":
        """What `abalone.preprocess` wrote. Raises UserError without a ``file``, or as `from_document`."""
        return cls.from_document(report.read(file), file)

    @classmethod
    def from_document(cls, document: Any, place: Path) -> "Preprocessing":
        """The inverse of `document`. Raises UserError, naming ``place``, if it was made for other columns."""
        columns = document.get("schema") if isinstance(document, dict) else None
        if columns != SCHEMA.describe():
            raise UserError(
                f"{place}: made for the columns {columns}, this code reads {SCHEMA.describe()}; "
                "train again with this code, or compare with a model of the same columns"
            )
        try:
            numbers = {name: Numeric(**values) for name, values in document["numbers"].items()}
            return cls(document["categories"], numbers)
        except (KeyError, TypeError, AttributeError) as error:
            raise UserError(f"{place}: damaged ({error!r}); run abalone.preprocess again") from None

    def document(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {"schema": SCHEMA.describe(), **asdict(self)}

    @property
    def names(self) -> list[str]:
        """Name of each feature, in order."""
        indicators = [f"{name}={value}" for name, values in self.categories.items() for value in values]
        return indicators + list(self.numbers)

    def features(self, rows: Sequence[Row]) -> Features:
        """Matrix (rows, features) of raw values. Training and serving both read it, so that the one rounding
        to float32 happens in the same way on both sides of every split threshold."""
        pairs = [(name, value) for name, values in self.categories.items() for value in values]
        indicators = [[row[name] == value for row in rows] for name, value in pairs]
        values = [
            [number.median if row[name] is None else row[name] for row in rows] for name, number in self.numbers.items()
        ]
        return np.ascontiguousarray(np.array(indicators + values, dtype=np.float64).T, dtype=np.float32)

    def standardised(self, features: Features) -> npt.NDArray[np.float64]:
        """``features`` with numbers scaled to mean 0 and deviation 1 on the training part."""
        indicators = len(self.names) - len(self.numbers)
        means = [0.0] * indicators + [number.mean for number in self.numbers.values()]
        scales = [1.0] * indicators + [number.scale for number in self.numbers.values()]
        return (features.astype(np.float64) - means) / scales
