"""What a block of a capture file comes to: its rows as values, and what else was in it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tabular.columns import Identifier
from tabular.hashing import Hashes, hashes
from tabular.table import Mask, Table

EVENT, INFERENCE, TIME = Identifier("eventId"), Identifier("inferenceId"), Identifier("inferenceTime")
NEXT_ROW = np.uint64(0x9E3779B97F4A7C15)
"""What the hashes of a record's rows differ by."""

Lines = npt.NDArray[np.int64]
Times = npt.NDArray[np.bytes_]


@dataclass(frozen=True)
class Rows:
    """Rows of the window with the prediction that each got.

    ``keys`` are hashes of the event and the row's place in its record, ``identities`` the same of what ground truth
    names the record by; ``first`` are those that begin a record.
    """

    table: Table
    keys: Hashes
    identities: Hashes
    times: Times
    first: Mask

    def take(self, chosen: Mask) -> "Rows":
        """The rows where ``chosen`` is true."""
        if chosen.all():
            return self
        return Rows(
            self.table.take(chosen),
            self.keys[chosen],
            self.identities[chosen],
            self.times[chosen],
            self.first[chosen],
        )


@dataclass
class Batch:
    """What is in a block: ``parts`` of its rows, how many records there are of each kind, and by column in how many
    rows it is ``unreadable``, ``missing``, or ``extra``: none that the model knows. ``order`` is when each record was
    captured that stands in a line."""

    parts: list[Rows] = field(default_factory=list)
    order: list[tuple[Lines, Times]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    extra: Counter[str] = field(default_factory=Counter)


def key(identities: Sequence[str], places: Sequence[int]) -> Hashes:
    """The hash of each identity and the place of the row in its record."""
    texts = np.array([text.encode() for text in identities] or [b""], dtype=np.bytes_)[: len(identities)]
    table = Table(len(texts), {}, {}, {}, {EVENT.name: texts})
    found: Hashes = hashes([EVENT], table) + np.asarray(places, dtype=np.uint64) * NEXT_ROW
    return found
