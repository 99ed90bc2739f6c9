"""Records that come again, told by hashes of 8 bytes: of ten million rows they take 80 MB, and nothing else is kept."""

from collections import Counter
from collections.abc import Callable, Iterable

import numpy as np

from monitoring.batches import Rows
from tabular.hashing import Hashes, ascending
from tabular.table import Mask

ROWS = 1 << 17
"""Rows that wait to be looked at together: sorted, they find their like sooner."""
SHARDS = 64
_BOUNDS = np.arange(1, SHARDS, dtype=np.uint64) * np.uint64(2**64 // SHARDS)


class Seen:
    """The hashes so far. Of each shard, those that begin with the same bits, there are ascending runs, each at least
    twice as long as the next: few to look through, and each hash is seldom moved."""

    def __init__(self) -> None:
        self._shards: list[list[Hashes]] = [[] for _ in range(SHARDS)]

    def new(self, keys: Hashes) -> Mask:
        """Which of ``keys`` came neither before nor earlier among them; they are seen from now on."""
        ordered = ascending(keys)
        ends = np.searchsorted(ordered, _BOUNDS)
        unseen = np.ones(len(ordered), dtype=np.bool_)
        for runs, own, mask in zip(self._shards, np.split(ordered, ends), np.split(unseen, ends), strict=True):
            for run in runs:
                mask &= ~_among(own, run)  # a view: it is ``unseen`` that changes
            _insert(runs, own[mask])
        if len(ordered) == len(keys) and unseen.all():
            return np.ones(len(keys), dtype=np.bool_)
        found = np.zeros(len(keys), dtype=np.bool_)
        found[np.unique(keys, return_index=True)[1][unseen]] = True
        return found


def _among(keys: Hashes, run: Hashes) -> Mask:
    found: Mask = run[np.searchsorted(run, keys).clip(max=len(run) - 1)] == keys
    return found


def _insert(runs: list[Hashes], new: Hashes) -> None:
    while runs and len(runs[-1]) < 2 * len(new):
        new = np.sort(np.concatenate([runs.pop(), new]))
    if len(new):
        runs.append(new)


class Once:
    """Passes rows on to ``take``, but those that came before, whose records are counted; `flush` passes the last."""

    def __init__(self, take: Callable[[Rows], None], counts: Counter[str]) -> None:
        self.rows = 0
        self._take, self._counts = take, counts
        self._seen = Seen()
        self._waiting: list[Rows] = []

    def add(self, parts: Iterable[Rows]) -> None:
        """Some more rows."""
        self._waiting += [part for part in parts if part.table.rows]
        if sum(part.table.rows for part in self._waiting) >= ROWS:
            self.flush()

    def flush(self) -> None:
        """Pass all on that wait."""
        if not self._waiting:
            return
        parts, self._waiting = self._waiting, []
        new = self._seen.new(np.concatenate([part.keys for part in parts]))
        ends = np.cumsum([part.table.rows for part in parts])
        for part, mask in zip(parts, np.split(new, ends[:-1]), strict=True):
            self._counts["duplicated"] += int(np.count_nonzero(part.first & ~mask))
            self.rows += int(np.count_nonzero(mask))
            self._take(part.take(mask))
