"""What an endpoint was asked in a window: every capture file there is, each record once."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from monitoring.batches import Batch, Rows
from monitoring.files import blocks
from monitoring.once import Once
from monitoring.reader import Reader
from monitoring.window import Window
from tabular import tally
from tabular.reading import parallel
from tabular.use_case import Schema

KINDS = (
    "files",
    "read",
    "empty",
    "truncated",
    "duplicated",
    "out_of_order",
    "foreign",
    "tests",
    "outside",
    "unreadable",
    "unanswered",
)
"""What records are counted as: lines are ``read``, ``empty``, ``truncated``, ``foreign`` or ``tests``, the deployment's
own; files of another kind count as one foreign line. Of the records that were read some come again, are older than the
one before them or not of the window; of their rows some are unreadable, and no answer to some was captured."""


@dataclass
class Traffic:
    """How many ``rows`` of a window can be used, and what was found besides: records by `KINDS`, and by column the rows
    in which it is unreadable, missing or unknown."""

    rows: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    extra: Counter[str] = field(default_factory=Counter)

    def records(self) -> dict[str, int]:
        """The counts as they stand in ``result.json``."""
        return {kind: self.counts[kind] for kind in KINDS}


def read(files: Iterable[Path], schema: Schema, window: Window, take: Callable[[Rows], None]) -> Traffic:
    """The traffic in capture files, whose rows go to ``take``, some at a time: no more of them are kept."""
    found = Traffic()
    once = Once(take, found.counts)
    last: tuple[Path | None, bytes] = (None, b"")
    for file, batch in parallel(
        partial(_read, Reader(schema, window), *block) for block in blocks(files, found.counts)
    ):
        last = (file, _ordered(batch, last[1] if file == last[0] else b"", found.counts))
        for name in ("counts", "unreadable", "missing", "extra"):
            tally.add(getattr(found, name), getattr(batch, name))
        once.add(batch.parts)
    once.flush()
    found.rows = once.rows
    return found


def _read(reader: Reader, file: Path, block: bytes) -> tuple[Path, Batch]:
    return file, reader.read(block)


def _ordered(batch: Batch, before: bytes, counts: Counter[str]) -> bytes:
    """Counts records that are earlier than the one before them; returns the last one's time."""
    if not batch.order:
        return before
    lines, times = (np.concatenate(each) for each in zip(*batch.order, strict=True))
    if len(batch.order) > 1:
        times = times[np.argsort(lines, kind="stable")]
    counts["out_of_order"] += int(np.count_nonzero(times[1:] < times[:-1])) + bool(times[0] < before)
    return bytes(times[-1])
