"""The columns of a data set: how text becomes values, and which values are plausible.

Training, evaluation and prediction read their rows through the same columns, so that a cell means the same
everywhere. `tabular.bulk` does for many cells at once what `parse` does for one, and leaves to it what is unusual.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import ClassVar

from common.errors import UserError

Value = str | float | None  # None: missing
Row = dict[str, Value]

# float() also takes "1_000", "nan", "infinity" and digits of other scripts, none of which is a measurement.
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
FLOAT32_MAX = 3.4028234663852886e38  # models read float32; beyond this a value would become infinite
REMEDY = "correct the cell, or leave it empty if the value is not known"
LONGEST = 256  # bytes of an identifier; those of a block are an array, in which each takes as much as the longest


class BadCell(UserError):
    """A cell that cannot be read as its column demands."""

    def __init__(self, place: str, column: str, value: object, reason: str) -> None:
        super().__init__(f"{place}, column '{column}': {'' if value is None else shortened(repr(value))} {reason}")
        self.place, self.column, self.value, self.reason = place, column, value, reason


@dataclass(frozen=True)
class Category:
    """A column of text with a known vocabulary."""

    name: str
    values: tuple[str, ...]
    required: bool = False
    kind: ClassVar[str] = "category"

    def parse(self, cell: object) -> str:
        """The text without surrounding blanks. Raises ValueError with the reason if ``cell`` is none."""
        return _text(cell)

    def oddity(self, value: Value) -> str | None:
        """Why ``value`` is implausible, or None."""
        return None if value in self.values else f"not one of {', '.join(self.values)}"


@dataclass(frozen=True)
class Number:
    """A column of finite numbers; plausible ones are above ``above``, at least ``minimum`` and at most ``maximum``."""

    name: str
    above: float = -math.inf
    minimum: float = -math.inf
    maximum: float = math.inf
    whole: bool = False
    required: bool = False
    kind: ClassVar[str] = "number"

    def parse(self, cell: object) -> float:
        """The number as a Python float. Raises ValueError with the reason if ``cell`` is none."""
        value = _number(cell)
        if not abs(value) <= FLOAT32_MAX:
            raise ValueError(f"is not a finite 32-bit number; {REMEDY}")
        if self.whole and not value.is_integer():
            raise ValueError(f"is not a whole number; {REMEDY}")
        return value

    def oddity(self, value: Value) -> str | None:
        """Why ``value`` is implausible, or None."""
        if not isinstance(value, float):
            return None
        if value <= self.above:
            return f"not above {self.above}"
        if value < self.minimum:
            return f"less than {self.minimum}"
        return f"more than {self.maximum}" if value > self.maximum else None


@dataclass(frozen=True)
class Label:
    """The column that a classifier predicts: one of two texts, as numbers 1 (``positive``) and 0."""

    name: str
    negative: str
    positive: str
    required: ClassVar[bool] = True
    kind: ClassVar[str] = "label"

    def parse(self, cell: object) -> float:
        """1 or 0. Raises ValueError with the reason if ``cell`` is neither text."""
        text = _text(cell)
        if text not in (self.negative, self.positive):
            raise ValueError(f"is neither {self.negative!r} nor {self.positive!r}; correct the cell or remove the row")
        return float(text == self.positive)

    def oddity(self, value: Value) -> str | None:
        """None: what is not one of the two texts is unreadable."""
        return None


@dataclass(frozen=True)
class Identifier:
    """A column of text of up to `LONGEST` bytes that says whom or what a row is about; a key and never a feature."""

    name: str
    required: ClassVar[bool] = True
    kind: ClassVar[str] = "identifier"

    def parse(self, cell: object) -> str:
        """The text without surrounding blanks. Raises ValueError with the reason if ``cell`` is none, or too long."""
        text = _text(cell)
        if len(text.encode()) > LONGEST:
            raise ValueError(f"is longer than {LONGEST} bytes; correct the cell or remove the row")
        return text

    def oddity(self, value: Value) -> str | None:
        """None: any such text may be a name."""
        return None


Feature = Category | Number
PREDICTION = Number("prediction")
"""The column of a model's answers, where they stand beside the features."""
Column = Category | Number | Label | Identifier


def parse(columns: Sequence[Column], cells: Mapping[str, object], place: str) -> Row:
    """Typed values of ``columns``; other cells are ignored. Raises BadCell, with ``place`` in front of its
    message, for a missing column, an unreadable cell, or an empty cell of a required column."""
    return {column.name: _value(column, cells, place) for column in columns}


def value(column: Column, cell: object, place: str) -> Value:
    """The typed value of one ``cell``. Raises BadCell as `parse` does."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        if column.required:
            raise BadCell(place, column.name, cell, "is empty but required; fill it in or remove the row")
        return None
    try:
        return column.parse(cell)
    except ValueError as error:
        raise BadCell(place, column.name, cell, str(error)) from None


def _value(column: Column, cells: Mapping[str, object], place: str) -> Value:
    if column.name not in cells:
        raise BadCell(place, column.name, None, f"is missing; the row has only {list(cells)}")
    return value(column, cells[column.name], place)


def _text(cell: object) -> str:
    if not isinstance(cell, str):
        raise ValueError(f"is not text; {REMEDY}")
    return cell.strip()


def _number(cell: object) -> float:
    if isinstance(cell, str):
        if not NUMBER.fullmatch(cell.strip()):
            raise ValueError(f"is not a number; {REMEDY}")
        return float(cell) + 0.0  # -0 becomes 0
    if not isinstance(cell, Real) or isinstance(cell, bool):
        raise ValueError(f"is not a number; {REMEDY}")
    try:
        return float(cell) + 0.0
    except OverflowError:  # an integer of hundreds of digits
        return math.inf


def shortened(text: str) -> str:
    """As much of a text as a reader needs to find the cell again."""
    return text if len(text) <= 60 else f"{text[:57]}..."
