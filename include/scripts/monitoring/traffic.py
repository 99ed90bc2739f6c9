"""What an endpoint was asked in a window: every capture file there is, each record once."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from common.errors import UserError
from monitoring.batches import Batch, Rows
from monitoring.reader import Reader
from monitoring.window import Window
from tabular.hashing import Hashes
from tabular.reading import parallel
from tabular.use_case import Schema

BLOCK_BYTES = 1 << 20  # what is taken out of the text passes through the processor's caches
LINE_BYTES = 1 << 26  # more than a record of the largest payload needs; what goes on without an end is several lines
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
SUFFIX = ".jsonl"


@dataclass(frozen=True)
class Traffic:
    """The rows of a window, in ``parts``, and what was found besides: records by `KINDS`, and by column the rows in
    which it is unreadable, missing or unknown."""

    parts: Sequence[Rows]
    counts: Counter[str]
    unreadable: Counter[str]
    missing: Counter[str]
    extra: Counter[str]

    @property
    def rows(self) -> int:
        """How many rows can be used."""
        return sum(part.table.rows for part in self.parts)

    def records(self) -> dict[str, int]:
        """The counts as they stand in ``result.json``."""
        return {kind: self.counts[kind] for kind in KINDS}


def read(files: Iterable[Path], schema: Schema, window: Window) -> Traffic:
    """The traffic in capture files."""
    found = Traffic([], Counter(), Counter(), Counter(), Counter())
    parts: list[Rows] = []
    last: tuple[Path | None, bytes] = (None, b"")
    for file, batch in parallel(
        partial(_read, Reader(schema, window), *block) for block in _blocks(files, found.counts)
    ):
        last = (file, _ordered(batch, last[1] if file == last[0] else b"", found.counts))
        for name in ("counts", "unreadable", "missing", "extra"):
            getattr(found, name).update(getattr(batch, name))
        parts += batch.parts
    return replace(found, parts=_once(parts, found.counts))


def files_in(folder: Path) -> list[Path]:
    """The files below a folder, in the order of their names, which is that of time; none where it is absent."""
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: no folder; name the one below which the *{SUFFIX} files lie")
    return sorted(file for file in folder.rglob("*") if file.is_file())


def _blocks(files: Iterable[Path], counts: Counter[str]) -> Iterator[tuple[Path, bytes]]:
    for file in files:
        counts["files"] += 1
        if file.suffix != SUFFIX:
            counts["foreign"] += 1
            continue
        with file.open("rb") as stream:
            if not stream.peek(1):
                counts["empty"] += 1
            while block := stream.read(BLOCK_BYTES):
                yield file, block if block.endswith(b"\n") else block + stream.readline(LINE_BYTES)


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


def _once(parts: Sequence[Rows], counts: Counter[str]) -> list[Rows]:
    """The parts without rows that came before; sorting tells quickly that there are none."""
    keys: Hashes = np.concatenate([np.empty(0, np.uint64), *(part.keys for part in parts)])
    ordered = np.sort(keys)
    if not (ordered[1:] == ordered[:-1]).any():
        return list(parts)
    new = np.zeros(len(keys), dtype=np.bool_)
    new[np.unique(keys, return_index=True)[1]] = True
    ends = np.cumsum([part.table.rows for part in parts])
    masks = np.split(new, ends[:-1])
    marked = list(zip(parts, masks, strict=True))
    counts["duplicated"] += sum(int(np.count_nonzero(part.first & ~mask)) for part, mask in marked)
    return [part.take(mask) for part, mask in marked]
