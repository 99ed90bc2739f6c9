"""The one way from raw rows to predictions, so that evaluation, batch and endpoint cannot disagree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.errors import UserError
from tabular import algorithms, artifact
from tabular.algorithms import Model, Vector
from tabular.artifact import Artifact
from tabular.columns import parse
from tabular.preprocessing import Preprocessing
from tabular.reading import read_good
from tabular.table import Table, of_rows


@dataclass(frozen=True)
class Predictor:
    """A trained model with its preprocessing, and what its manifest says of it."""

    artifact: Artifact
    preprocessing: Preprocessing
    model: Model

    @classmethod
    def load(cls, folder: Path) -> "Predictor":
        """The model in ``folder``, unpacked or as ``model.tar.gz``. Raises UserError if it is damaged, incomplete, or
        made by other code or a newer library than this."""
        saved = artifact.load(folder)
        preprocessing = Preprocessing.of(saved)
        return cls(saved, preprocessing, _algorithm(saved).load(saved, preprocessing))

    def predict(self, rows: Sequence[Mapping[str, object]]) -> Vector:
        """The target of each row, or the probability of its positive label.

        A row maps column names to raw cells, text or numbers; an empty cell or None is a missing value, and other
        columns are ignored. Raises BadCell naming the row (from 1) and the column.
        """
        columns = self.preprocessing.columns
        typed = [parse(columns, row, f"row {number}") for number, row in enumerate(rows, start=1)]
        return self._predict(of_rows(columns, typed))

    def predict_files(self, source: Path) -> Vector:
        """As `predict`, for the rows of a CSV file or a folder of them. Raises UserError as `reading.read_good`."""
        blocks = read_good(source, self.preprocessing.columns)
        return np.concatenate([self._predict(block.table) for block in blocks])

    def _predict(self, table: Table) -> Vector:
        features = self.preprocessing.features(table)
        return self.model.predict(features) if table.rows else np.empty(0, np.float32)


def _algorithm(saved: Artifact) -> algorithms.Algorithm:
    """The module that the manifest names, if it is one of the job's own code and not just anything importable."""
    name, use_case = saved.facts.get("algorithm"), saved.facts.get("use_case")
    if not isinstance(name, str) or not name.startswith((algorithms.BUILT_IN, f"{use_case}.")):
        problem = f"{artifact.MANIFEST} names the algorithm {name!r}, which is no module of {algorithms.BUILT_IN}"
        raise UserError(f"{saved.place}: {problem} or of the use case; {artifact.REMEDY}")
    return algorithms.find(name)
