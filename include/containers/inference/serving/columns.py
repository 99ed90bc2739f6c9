"""The columns of a row: how cells become features. A cell means here what it means to the job code."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from serving import bulk
from serving.errors import BadCell, Refused

Features = npt.NDArray[np.float32]
Cells = Sequence[Any]
"""of one column: text (UTF-8 bytes, too), numbers, None"""

# float() also takes "1_000", "nan", "infinity" and digits of other scripts, none of which is a measurement.
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
NUMERIC = b"0123456789+-.eE,"
FLOAT32_MAX = 3.4028234663852886e38  # models read float32; beyond this a value would become infinite
REMEDY = "correct the cell, or leave it empty if the value is not known"


@dataclass(frozen=True)
class Number:
    """A number, which becomes one feature; ``median`` stands for an empty cell."""

    name: str
    median: float
    width = 1

    def fill(self, features: Features, cells: Cells) -> None:
        """Write the feature of each cell. Raises BadCell for the first that is none."""
        values = _plain_numbers(cells)
        features[:, 0] = [self.value(cell, row) for row, cell in enumerate(cells)] if values is None else values

    def value(self, cell: object, row: int) -> float:
        """The number in a cell of the row (from 0). Raises BadCell."""
        if isinstance(cell, bytes):
            cell = cell.decode()
        if isinstance(cell, str):
            text = cell.strip()
            if not text:
                return self.median
            value = float(text) if NUMBER.fullmatch(text) else None
        elif cell is None:
            return self.median
        else:
            value = _real(cell)
        if value is None:
            raise BadCell(row + 1, self.name, cell, f"is not a number; {REMEDY}")
        if not abs(value) <= FLOAT32_MAX:
            raise BadCell(row + 1, self.name, cell, f"is not a finite 32-bit number; {REMEDY}")
        return value + 0.0  # -0 becomes 0


@dataclass(frozen=True)
class Category:
    """A text, which becomes an indicator for each known value; any other text, or none, sets none of them."""

    name: str
    places: Mapping[object, int]
    """by text, and by its UTF-8 bytes"""
    width: int

    @cached_property
    def known(self) -> list[bytes]:
        """The texts that have an indicator, in the order of these."""
        return [text for text in self.places if isinstance(text, bytes)]

    @cached_property
    def _indicators(self) -> Features:
        """A row for each place, and as the last, which is that of -1, one without any."""
        return np.eye(self.width + 1, self.width, dtype=np.float32)

    def fill(self, features: Features, cells: Cells) -> None:
        """Write the indicators of each cell. Raises BadCell for the first that is no text."""
        plain = set(map(type, cells)) <= {bytes, str}
        codes: list[Any] = list(map(self.places.get, cells)) if plain else [None] * len(cells)
        if None in codes:
            codes = [self.place(cells[row], row) if code is None else code for row, code in enumerate(codes)]
        self._set(features, np.fromiter(codes, np.intp, len(codes)))

    def fill_from(self, features: Features, grid: bulk.Grid, place: int) -> None:
        """Write the indicators of each cell of the column at ``place``."""
        codes = bulk.codes(grid, place, self.known)
        others = np.flatnonzero((codes < 0) & (grid.lengths[place] > 0))
        if len(others):
            codes[others] = [self.place(cell, 0) for cell in grid.cells(place, others)]
        self._set(features, codes)

    def _set(self, features: Features, codes: npt.NDArray[Any]) -> None:
        features[:] = self._indicators.take(codes, axis=0, mode="wrap")

    def place(self, cell: object, row: int) -> int:
        """Which indicator a cell of the row (from 0) sets, -1 for none. Raises BadCell."""
        if isinstance(cell, bytes):
            cell = cell.decode()
        if cell is None:
            return -1
        if not isinstance(cell, str):
            raise BadCell(row + 1, self.name, cell, f"is not text; {REMEDY}")
        return self.places.get(cell.strip(), -1)


Column = Number | Category


class Schema:
    """The columns in order."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = columns
        self.names = [column.name for column in columns]
        *self._places, self._width = accumulate((column.width for column in columns), initial=0)
        self._numbers = [number for number, column in enumerate(columns) if isinstance(column, Number)]
        self._number_places = [self._places[number] for number in self._numbers]
        self._medians = np.array([[column.median] for column in columns if isinstance(column, Number)])
        self._empty = np.zeros((1, self._width), np.float32)

    @classmethod
    def of_document(cls, document: Mapping[str, Any], place: object) -> "Schema":
        """What training wrote as preprocessing.json. Raises Refused if it is damaged."""
        try:
            return cls([_column(**entry) for entry in document["columns"]])
        except (KeyError, TypeError, ValueError) as error:
            raise Refused(f"{place} is damaged ({error!r}); fetch the model again") from None

    def row(self, cells: Cells) -> Features:
        """Features of one row. Raises BadCell."""
        features = self._empty.copy()
        values, place = features[0], 0
        for column, cell in zip(self.columns, cells, strict=True):
            if isinstance(column, Number):
                values[place] = column.value(cell, 0)
            elif (code := column.place(cell, 0)) >= 0:
                values[place + code] = 1
            place += column.width
        return features

    def rows(self, columns: Sequence[Cells]) -> Features:
        """Features of many rows, given column by column. Raises BadCell for the first row that has one."""
        features = np.empty((len(columns[0]), self._width), np.float32)
        numbers = [columns[number] for number in self._numbers]
        values = _plain_numbers([*chain.from_iterable(numbers)]) if numbers else None
        if values is not None:
            features[:, self._number_places] = values.reshape(len(numbers), -1).T
        read = self._numbers if values is not None else ()
        return self._fill(features, ((number, cells) for number, cells in enumerate(columns) if number not in read))

    def grid(self, grid: bulk.Grid) -> Features:
        """Features of rows of plain text. Raises BadCell for the first row that has one."""
        features = np.empty((grid.rows, self._width), np.float32)
        unread = self._read_numbers(features, grid)
        for number, column in enumerate(self.columns):
            if isinstance(column, Category):
                column.fill_from(self._part(features, number), grid, number)
        rows = np.arange(grid.rows)
        return self._fill(features, ((number, grid.cells(number, rows)) for number in unread))

    def _read_numbers(self, features: Features, grid: bulk.Grid) -> list[int]:
        """Write all numbers at once; returns the columns of which some cell has to be looked at by itself."""
        if not self._numbers:
            return []
        ends, lengths = grid.ends[self._numbers], grid.lengths[self._numbers]
        values, unread = bulk.numbers(bulk.Grid(grid.text, ends.reshape(1, -1), lengths.reshape(1, -1)), 0)
        values, unread = values.reshape(ends.shape), unread.reshape(ends.shape)
        features[:, self._number_places] = np.where(np.isnan(values), self._medians, values).T
        return [self._numbers[place] for place in np.flatnonzero(unread.any(axis=1))]

    def _fill(self, features: Features, columns: Iterable[tuple[int, Cells]]) -> Features:
        """Write columns by their number. Raises BadCell for the first row that has one."""
        bad: list[BadCell] = []
        for number, cells in columns:
            try:
                self.columns[number].fill(self._part(features, number), cells)
            except BadCell as error:
                bad.append(error)
        if bad:
            raise min(bad, key=lambda error: error.row or 0)
        return features

    def _part(self, features: Features, number: int) -> Features:
        place = self._places[number]
        return features[:, place : place + self.columns[number].width]


def _column(name: str, kind: str, statistics: Mapping[str, float] = {}, values: Sequence[str] = ()) -> Column:
    if kind == "number":
        return Number(name, float(np.float32(statistics["median"])))
    if kind == "category":
        places: dict[object, int] = {text: place for place, text in enumerate(values)}
        places |= {text.encode(): place for place, text in enumerate(values)}
        return Category(name, places, len(values))
    raise ValueError(f"a column of the kind {kind!r}")


def _plain_numbers(cells: Cells) -> npt.NDArray[np.float64] | None:
    """Numbers in any plain notation, read at once; None where some cell has to be looked at by itself."""
    try:
        found = _floats(cells) if isinstance(cells[0], bytes) else _numbers(cells)
        values = np.fromiter(found, np.float64, len(cells)) + 0.0
    except (TypeError, ValueError):
        return None
    return values if (np.abs(values) <= FLOAT32_MAX).all() else None


def _numbers(cells: Sequence[Any]) -> Sequence[float]:
    """The cells, if all are numbers. Raises TypeError."""
    if not set(map(type, cells)) <= {int, float}:
        raise TypeError
    return cells


def _floats(cells: Sequence[bytes]) -> list[float]:
    """The numbers in the cells, as JSON: half as fast again as ``float`` alone, but JSON lacks some notations. Raises
    ValueError for what is no plain number, and TypeError for what is no text."""
    text = b",".join(cells)
    if text.translate(None, NUMERIC):
        raise ValueError
    try:
        found: list[float] = orjson.loads(b"[" + text + b"]")
    except orjson.JSONDecodeError:
        return list(map(float, cells))
    if len(found) != len(cells):  # a quoted cell with a comma in it
        raise ValueError
    return found


def _real(cell: object) -> float | None:
    return None if not isinstance(cell, Real) or isinstance(cell, bool) else float(cell)
