"""Ground truth that arrives after the answers, as Model Monitor reads it.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-merge.html
"""

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from monitoring.batches import key
from monitoring.traffic import SUFFIX
from tabular.columns import Label, Number
from tabular.hashing import Hashes
from tabular.metrics import Vector

KINDS = ("files", "read", "empty", "truncated", "foreign", "unreadable", "duplicated", "changed")
"""What lines are counted as. Of those that were read some name an id again, of which the last one counts, and of these
some say something else than before."""
HOUR = re.compile(r"(\d{4})/(\d{2})/(\d{2})/(\d{2})/[^/]+$")
BINARY = {"0": 0.0, "1": 1.0}
"""How Model Monitor writes the labels of a binary classifier."""

Hours = npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class Labels:
    """What came true, by ascending keys of the ids and the rows' places in their records; ``hours`` are those of the
    files' paths, NaT where they name none."""

    keys: Hashes
    values: Vector
    hours: Hours
    counts: Counter[str]

    def of(self, identities: Hashes) -> tuple[Vector, Hours]:
        """The values and hours of the rows with such keys, NaN and NaT where there is none."""
        if not len(self.keys):
            return np.full(len(identities), np.nan), np.full(len(identities), "NaT", dtype="datetime64[h]")
        places = np.searchsorted(self.keys, identities).clip(max=len(self.keys) - 1)
        known = self.keys[places] == identities
        return (
            np.where(known, self.values[places], np.nan),
            np.where(known, self.hours[places], np.datetime64("NaT", "h")),
        )


def read(files: Iterable[Path], target: Number | Label) -> Labels:
    """The labels in files; nothing in them is fatal. Later files, by name, correct earlier ones."""
    counts: Counter[str] = Counter()
    found: dict[str, tuple[list[float], str]] = {}
    for file in files:
        counts["files"] += 1
        if file.suffix != SUFFIX:
            counts["foreign"] += 1
            continue
        hour = HOUR.search(file.as_posix())
        named = f"{hour[1]}-{hour[2]}-{hour[3]}T{hour[4]}" if hour else "NaT"
        with file.open("rb") as lines:
            for line in lines:
                if (read := _line(line, target, counts)) is not None:
                    identity, values = read
                    if identity in found:
                        counts["duplicated"] += 1
                        counts["changed"] += found[identity][0] != values
                    found[identity] = values, named
    return _labels(found, counts)


def _labels(found: dict[str, tuple[list[float], str]], counts: Counter[str]) -> Labels:
    rows = [
        (identity, place, value, hour)
        for identity, (values, hour) in found.items()
        for place, value in enumerate(values)
    ]
    keys = key([row[0] for row in rows], [row[1] for row in rows])
    order = np.argsort(keys, kind="stable")
    values = np.array([row[2] for row in rows], dtype=np.float64)
    hours = np.array([row[3] for row in rows], dtype="datetime64[h]")
    return Labels(keys[order], values[order], hours[order], counts)


def _line(line: bytes, target: Number | Label, counts: Counter[str]) -> tuple[str, list[float]] | None:
    """The id and the rows' values; None for a line that is counted as something else."""
    if not line.strip():
        counts["empty"] += 1
        return None
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        counts["truncated"] += 1
        return None
    try:
        identity, data = document["eventMetadata"]["eventId"], document["groundTruthData"]["data"]
        cells = data.split("\n") if identity.encode() else None
    except (KeyError, TypeError, AttributeError, UnicodeEncodeError):
        cells = None
    if cells is None:
        counts["foreign"] += 1
        return None
    try:
        values = [_value(cell.strip(), target) for cell in cells if cell.strip()]
    except ValueError:
        values = []
    counts["read" if values else "unreadable"] += 1
    return (identity, values) if values else None


def _value(cell: Any, target: Number | Label) -> float:
    if isinstance(target, Label) and cell in BINARY:
        return BINARY[cell]
    return target.parse(cell)
