"""The answers of a window, of each no more than what it takes to judge it: some twenty bytes."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from monitoring.batches import Rows, Times
from tabular import groups
from tabular.columns import PREDICTION
from tabular.groups import Groups
from tabular.hashing import Hashes
from tabular.metrics import Vector
from tabular.use_case import UseCase

Hours = npt.NDArray[np.int32]
NO_HOUR = int(np.iinfo(np.int32).min)


@dataclass(frozen=True)
class Answered:
    """Some rows: what ground truth names them by, what was predicted, in what hour, and the groups they belong to."""

    identities: Hashes
    predicted: Vector
    hours: Hours
    groups: Groups

    @classmethod
    def of(cls, use_case: UseCase, rows: Rows) -> "Answered":
        """What is kept of them."""
        predicted = rows.table.numbers[PREDICTION.name]
        return cls(rows.identities, predicted, _hours(rows.times), groups.of(use_case, rows.table))


@lru_cache(1 << 10)
def hour(text: str) -> int:
    """The hours since 1970 of a time that begins like 2026-03-01T10; `NO_HOUR` for what is none."""
    try:
        return int(np.datetime64(text, "h").astype(np.int64))
    except ValueError:
        return NO_HOUR


def _hours(times: Times) -> Hours:
    """Told once for records that follow each other."""
    named = times.astype("S13")
    (first,) = np.nonzero(np.append(True, named[1:] != named[:-1])[: len(named)])
    found = np.array([hour(text.decode()) for text in named[first].tolist()], dtype=np.int32)
    return np.repeat(found, np.diff(np.append(first, len(named))))
