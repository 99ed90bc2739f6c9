"""From raw rows to the numbers that models read: fitted on the training part only, and part of the model."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from common import report
from common.errors import UserError
from tabular import artifact
from tabular.artifact import Artifact
from tabular.columns import Category, Feature, Number
from tabular.table import Table

Features = npt.NDArray[np.float32]  # one row of a table each, one column per feature
FILE = "preprocessing.json"


@dataclass(frozen=True)
class Statistics:
    """What was learned of a numeric column: the ``median`` replaces a missing value, ``mean`` and ``scale``
    (standard deviation after that; 1 for a constant column) standardise it for linear models."""

    median: float
    mean: float
    scale: float

    @classmethod
    def fit(cls, name: str, values: Features) -> "Statistics":
        """Learn from the column ``name``, NaN where missing. Raises UserError if it holds no value at all."""
        missing = np.isnan(values)
        known = values[~missing]
        if not known.size:
            raise UserError(f"column '{name}' is empty in all {len(values)} training rows; supply its values")
        median = np.float32(np.median(known, overwrite_input=True))
        filled = np.where(missing, median, values)
        deviation = filled.std(dtype=np.float64) if np.ptp(filled) else 1.0
        return cls(float(median), float(filled.mean(dtype=np.float64)), float(deviation))


@dataclass(frozen=True)
class Encoding:
    """Which features the columns become, in their order.

    Each value of a category becomes an indicator; a missing or unknown category sets none of them. The values are the
    schema's, so that garbage in the data never becomes a feature. A number becomes itself.
    """

    columns: tuple[Feature, ...]

    @property
    def names(self) -> list[str]:
        """Name of each feature."""
        return [name for column in self.columns for name in _feature_names(column)]

    def encode(self, table: Table) -> Features:
        """Matrix (rows, features) in float32, NaN for missing numbers. Training and serving both read it, so that the
        one rounding to float32 happens in the same way on both sides of every split threshold."""
        features = np.empty((table.rows, len(self.names)), dtype=np.float32)
        place = 0
        for column in self.columns:
            if isinstance(column, Number):
                features[:, place] = table.numbers[column.name]
                place += 1
            else:
                width = len(column.values)
                features[:, place : place + width] = table.codes[column.name][:, None] == np.arange(width)
                place += width
        return features


@dataclass(frozen=True)
class Preprocessing:
    """What turns rows into features: the encoding, and by name what was learned of each number."""

    encoding: Encoding
    numbers: Mapping[str, Statistics]

    @classmethod
    def fit(cls, encoding: Encoding, numbers: Iterable[tuple[str, Features]]) -> "Preprocessing":
        """Learn from the values of the numeric columns. Raises UserError if one holds no value at all."""
        return cls(encoding, {name: Statistics.fit(name, values) for name, values in numbers})

    @classmethod
    def read(cls, file: Path) -> "Preprocessing":
        """What the step ``preprocess`` wrote. Raises UserError without a ``file``, or as `from_document`."""
        return cls.from_document(report.read(file), file)

    @classmethod
    def of(cls, saved: Artifact) -> "Preprocessing":
        """What a model was trained with. Raises UserError if it holds none, or as `from_document`."""
        try:
            document = json.loads(saved.file(FILE))
        except ValueError as error:
            raise UserError(f"{saved.place}: {FILE} is damaged ({error}); {artifact.REMEDY}") from None
        return cls.from_document(document, saved.place)

    @classmethod
    def from_document(cls, document: Any, place: Path) -> "Preprocessing":
        """The inverse of `document`. Raises UserError, naming ``place``, if it is damaged."""
        try:
            columns = [dict(entry) for entry in document["columns"]]
            statistics = {column["name"]: column.pop("statistics") for column in columns if column["kind"] == "number"}
            encoding = Encoding(tuple(_column(**column) for column in columns))
            return cls(encoding, {name: Statistics(**values) for name, values in statistics.items()})
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"{place}: damaged ({error!r}); run the step preprocess again") from None

    def document(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {"columns": [self._entry(column) for column in self.encoding.columns]}

    def _entry(self, column: Feature) -> dict[str, Any]:
        named = {"name": column.name, "kind": column.kind}
        if isinstance(column, Number):
            return {**named, "statistics": asdict(self.numbers[column.name])}
        return {**named, "values": list(column.values)}

    @property
    def columns(self) -> tuple[Feature, ...]:
        """The columns that are read. Which values are plausible is not known here, nor needed."""
        return self.encoding.columns

    @property
    def names(self) -> list[str]:
        """Name of each feature, in order."""
        return self.encoding.names

    def features(self, table: Table) -> Features:
        """Matrix (rows, features) that models read."""
        return self.filled(self.encoding.encode(table))

    def empty_row(self) -> Features:
        """The features of a row whose every cell is empty."""
        values = [np.nan if name in self.numbers else 0.0 for name in self.names]
        return self.filled(np.array([values], dtype=np.float32))

    def filled(self, encoded: Features) -> Features:
        """``encoded`` with the median of the training rows where a number is missing, in place."""
        medians = np.array([self._of(name).median for name in self.names], dtype=np.float32)
        for place in np.flatnonzero(np.isnan(encoded).any(axis=0)):
            column = encoded[:, place]
            column[np.isnan(column)] = medians[place]
        return encoded

    def standardised(self, features: Features) -> npt.NDArray[np.float64]:
        """``features`` with numbers scaled to mean 0 and deviation 1 on the training part."""
        standardised: npt.NDArray[np.float64] = (features.astype(np.float64) - self.means) / self.scales
        return standardised

    @property
    def means(self) -> npt.NDArray[np.float64]:
        """Mean of each feature as it is standardised."""
        return np.array([self._of(name).mean for name in self.names])

    @property
    def scales(self) -> npt.NDArray[np.float64]:
        """Deviation of each feature as it is standardised."""
        return np.array([self._of(name).scale for name in self.names])

    def _of(self, feature: str) -> Statistics:
        return self.numbers.get(feature, INDICATOR)


INDICATOR = Statistics(median=0.0, mean=0.0, scale=1.0)  # left as it is, and never missing


def _feature_names(column: Feature) -> Sequence[str]:
    return [column.name] if isinstance(column, Number) else [f"{column.name}={value}" for value in column.values]


def _column(name: str, kind: str, values: Sequence[str] = ()) -> Feature:
    if kind == Number.kind:
        return Number(name)
    if kind == Category.kind:
        return Category(name, tuple(values))
    raise ValueError(f"a column of the kind {kind!r}")
