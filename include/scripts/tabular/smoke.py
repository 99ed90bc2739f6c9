"""Known rows with the predictions that a model gave for them at its evaluation: what serves it must give the same.

The document::

    {"version": 1, "columns": [names], "rows": [[texts], ...], "predictions": [numbers]}

The rows are raw: the texts of the columns that the model reads, as they lie in the data.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tabular import reading
from tabular.columns import Column
from tabular.metrics import Vector
from tabular.table import Mask

VERSION = 1
ROWS = 32


def choose(unseen: Mask) -> Mask:
    """At most `ROWS` of the ``unseen`` rows, spread evenly."""
    there = np.flatnonzero(unseen)
    chosen = np.zeros(len(unseen), dtype=np.bool_)
    chosen[there[np.linspace(0, len(there) - 1, min(ROWS, len(there))).astype(int)]] = True
    return chosen


def document(source: Path, columns: Sequence[Column], chosen: Mask, predictions: Vector) -> dict[str, Any]:
    """The document of the ``chosen`` rows of ``source``, of all whose rows these are the ``predictions``."""
    return {
        "version": VERSION,
        "columns": [column.name for column in columns],
        "rows": list(_texts(source, columns, chosen)),
        "predictions": [float(value) for value in predictions[chosen]],
    }


def _texts(source: Path, columns: Sequence[Column], chosen: Mask) -> Iterator[list[str]]:
    first = 0
    for block in reading.read_good(source, columns):
        rows = block.table.rows
        yield from csv.reader(io.StringIO(block.csv(chosen[first : first + rows]).decode()))
        first += rows
