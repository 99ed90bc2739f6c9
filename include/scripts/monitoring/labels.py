"""Ground truth that arrives after the answers, as Model Monitor reads it.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-merge.html

Most of it is of other days. Kept is what is said of the rows that are asked about, a number and an hour of each; what
joins none of them is counted.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from monitoring import files as of_lines
from monitoring.answers import NO_HOUR, Hours, hour
from monitoring.batches import key
from monitoring.records import LONGEST
from tabular.columns import Label, Number
from tabular.hashing import Hashes, ascending
from tabular.metrics import Vector

KINDS = ("files", "read", "empty", "truncated", "foreign", "unreadable", "outside", "duplicated", "changed")
"""What lines are counted as. Of those that were read some are of no row that is asked about; of the others some name a
row again, of which the last one counts, and of these some say something else than before."""
HOUR = re.compile(r"(\d{4})/(\d{2})/(\d{2})/(\d{2})/[^/]+$")
BINARY = {"0": 0.0, "1": 1.0}
"""How Model Monitor writes the labels of a binary classifier."""

Said = list[tuple[str, dict[int, float]]]
"""By id what came true of its rows, by their places, line by line."""


class Labels:
    """What came true of the rows with such ``identities``, and the hours that the files' paths name."""

    def __init__(self, identities: Hashes) -> None:
        self.counts: Counter[str] = Counter()
        self._keys = ascending(identities)
        self._values = np.full(len(self._keys), np.nan)
        self._hours = np.full(len(self._keys), NO_HOUR, dtype=np.int32)

    def of(self, identities: Hashes) -> tuple[Vector, Hours]:
        """The values and hours of some of the rows, NaN and `NO_HOUR` where nothing is known."""
        places = np.searchsorted(self._keys, identities)
        return self._values[places], self._hours[places]

    def add(self, said: Said, when: int) -> None:
        """Lines of a file of that hour, which correct earlier ones."""
        if not len(self._keys):
            self.counts["outside"] += len(said)
            return
        cells = [
            (identity, place, value, line)
            for line, (identity, values) in enumerate(said)
            for place, value in values.items()
        ]
        keys = key([cell[0] for cell in cells], [cell[1] for cell in cells])
        places = np.searchsorted(self._keys, keys).clip(max=len(self._keys) - 1)
        (known,) = np.nonzero(self._keys[places] == keys)
        lines = np.array([cell[3] for cell in cells], dtype=np.int64)[known]
        self.counts["outside"] += len(said) - len(np.unique(lines))
        order = np.argsort(places[known], kind="stable")
        values = np.array([cell[2] for cell in cells], dtype=np.float64)[known]
        self._correct(places[known][order], values[order], lines[order])
        self._hours[places[known]] = when

    def _correct(self, places: npt.NDArray[np.int64], values: Vector, lines: npt.NDArray[np.int64]) -> None:
        """Of the values for one place, which stand together, the last one counts."""
        again = np.append(False, places[1:] == places[:-1])[: len(places)]
        before = np.where(again, np.roll(values, 1), self._values[places])
        repeated = ~np.isnan(before)
        self.counts["duplicated"] += len(np.unique(lines[repeated]))
        self.counts["changed"] += len(np.unique(lines[repeated & (before != values)]))
        last = ~np.append(again[1:], False)[: len(places)]
        self._values[places[last]] = values[last]


def read(files: Iterable[Path], target: Number | Label, identities: Hashes) -> Labels:
    """What the files say of the rows with such ``identities``; nothing in them is fatal. Later files, by name, correct
    earlier ones."""
    found = Labels(identities)
    for file, block in of_lines.blocks(files, found.counts):
        lines = block.removesuffix(b"\n").split(b"\n")
        found.add([said for line in lines if (said := _line(line, target, found.counts))], _hour(file))
    return found


def _hour(file: Path) -> int:
    named = HOUR.search(file.as_posix())
    return hour("{}-{}-{}T{}".format(*named.groups())) if named else NO_HOUR


def _line(line: bytes, target: Number | Label, counts: Counter[str]) -> tuple[str, dict[int, float]] | None:
    """The id and the values that are known, by their rows; None for a line that is counted as something else."""
    if not line.strip():
        counts["empty"] += 1
        return None
    try:
        document = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        counts["truncated"] += 1
        return None
    try:
        identity, data = document["eventMetadata"]["eventId"], document["groundTruthData"]["data"]
        cells = data.split("\n") if 0 < len(identity.encode()) <= LONGEST else None
    except (KeyError, TypeError, AttributeError, UnicodeEncodeError):
        cells = None
    if cells is None:
        counts["foreign"] += 1
        return None
    try:
        values = {row: _value(text, target) for row, cell in enumerate(cells) if (text := cell.strip())}
    except ValueError:
        values = {}
    counts["read" if values else "unreadable"] += 1
    return (identity, values) if values else None


def _value(cell: Any, target: Number | Label) -> float:
    if isinstance(target, Label) and cell in BINARY:
        return BINARY[cell]
    return target.parse(cell)
