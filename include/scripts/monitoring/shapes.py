"""Captured records many at a time.

Records of one endpoint differ in a few values; the JSON around these is the same in all of them. What is learned from
one line, its shape, is taken out of all others by searching for text; left over are the values, which
`tabular.bulk` reads as cells. No value can hold a piece of a shape, since inside of values JSON escapes each quote.
"""

import json
import re
from dataclasses import dataclass
from functools import cached_property

from tabular import bulk

_VALUE = rb'([^"\\\x00-\x1f]*)'
_RECORD = re.compile(
    rb'(\{"captureData":\{"endpointInput":\{[^{}]*"data":")' + _VALUE
    + rb'((?:\\n)?"[^{}]*\},"endpointOutput":\{[^{}]*"data":")' + _VALUE
    + rb'((?:\\n)?"[^{}]*\}\},"eventMetadata":\{"eventId":")' + _VALUE
    + rb'(?:(","inferenceId":")' + _VALUE + rb')?'
    + rb'("(?:,"customAttributes":\[[^\[\]]*\])?,"inferenceTime":")' + _VALUE + rb'("\},"eventVersion":"0"\})'
)  # fmt: skip
_CSV = b'"encoding":"CSV"'
SEPARATOR = b"\x1f"
"""JSON has no such character in it, unless escaped."""
_NO_VALUE = b'"\\' + bytes(set(range(32)) - {*SEPARATOR, *b"\n"})


@dataclass(frozen=True)
class Shape:
    """The text before, between and behind a record's values: input, output, event's id, inference id if ``identified``
    and time."""

    head: bytes
    between: tuple[bytes, ...]
    tail: bytes

    @classmethod
    def of(cls, line: bytes) -> "Shape | None":
        """The shape of a record of CSV without its line end; None for any other line."""
        found = _RECORD.fullmatch(line)
        if not found or not _is_json(line):
            return None
        pieces = [piece for piece in found.groups()[::2] if piece is not None]
        if not (_CSV in pieces[1] and _CSV in pieces[2]):
            return None
        return cls(pieces[0], tuple(pieces[1:-1]), pieces[-1])

    @property
    def identified(self) -> bool:
        """Whether records have an inference id of their own."""
        return len(self.between) == len(("output", "event", "inference", "time"))

    def strip(self, block: bytes) -> bytes:
        """What is left of whole lines: their values, if all are of this shape."""
        text = block.removeprefix(self.head)
        for piece in self.between:
            text = text.replace(piece, SEPARATOR)
        return text.replace(self.tail + b"\n" + self.head, b"\n").replace(self.tail, b"")

    def values(self, line: bytes) -> bytes | None:
        """What `strip` leaves of one line; None unless it is of this shape."""
        found = self._pattern.fullmatch(line)
        return SEPARATOR.join(found.groups()) if found else None

    @cached_property
    def _pattern(self) -> re.Pattern[bytes]:
        pieces = map(re.escape, (self.head, *self.between, self.tail))
        return re.compile(_VALUE.join(pieces))

    def grid(self, text: bytes, features: int) -> bulk.Grid | None:
        """The cells of what `strip` has left; None unless each line has those of ``features`` and of one prediction."""
        if len(text.translate(None, _NO_VALUE)) < len(text):
            return None
        more = len(self.between)
        return bulk.grid(text, b"," * (features - 1) + SEPARATOR * more + b"\n")


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line.decode())
    except (ValueError, RecursionError):
        return False
    return True
