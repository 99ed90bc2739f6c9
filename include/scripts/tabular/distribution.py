"""What a model predicted for the held-out rows at its evaluation, and how that is distributed.

``predictions.csv`` has a prediction a line, in the order of the rows. ``distribution.json`` is what the predictions of
what serves the model are compared with::

    {"version": 1, "rows", "edges": [ascending, each belongs to the bin above], "counts": [one more]}

The bins are tenths of the predictions, fewer where many predictions are equal.
"""

from pathlib import Path
from typing import Any

import numpy as np

from common import report
from tabular.metrics import Vector

VERSION = 1
BINS = 10


def write(folder: Path, predicted: Vector, judged: Vector) -> None:
    """Write both into ``folder``: all that was ``predicted``, and how what was ``judged`` of it is distributed."""
    report.write(folder / "distribution.json", document(judged))
    (folder / "predictions.csv").write_text("".join(f"{value}\n" for value in predicted))


def document(values: Vector) -> dict[str, Any]:
    """The document above."""
    edges = np.unique(np.sort(values)[len(values) * np.arange(1, BINS) // BINS])
    counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
    exact = edges.astype(np.float64).tolist()  # with fewer digits predictions at an edge were below it
    return {"version": VERSION, "rows": len(values), "edges": exact, "counts": counts.tolist()}
