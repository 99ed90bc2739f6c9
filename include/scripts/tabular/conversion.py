"""A grid's cells as a table: columns at once, and what is not plain cell by cell, so that both read alike."""

from collections.abc import Sequence

import numpy as np

from tabular import bulk
from tabular.bulk import Places
from tabular.columns import FLOAT32_MAX, LONGEST, BadCell, Category, Column, Identifier, Label, Number, Value, value
from tabular.table import MISSING, UNKNOWN, Codes, Numbers, Table, Texts

NUMERIC = b"0123456789+-.eE"
WORD_BITS = np.uint64(0x8080808080808080)  # set in bytes that are not ASCII


class Conversion:
    """Reads the cells of ``grid``, in which ``columns`` stand at ``places``; ``first_line`` is the first row's."""

    def __init__(self, grid: bulk.Grid, columns: Sequence[Column], places: Sequence[int], file: str, first_line: int):
        self._grid, self._file, self._first_line = grid, file, first_line
        self._bad: dict[int, BadCell] = {}
        self._unknown: dict[str, dict[int, str]] = {}
        numbers: dict[str, Numbers] = {}
        codes: dict[str, Codes] = {}
        texts: dict[str, Texts] = {}
        for column, place in zip(columns, places, strict=True):
            match column:
                case Category():
                    codes[column.name] = self._codes(column, place)
                case Identifier():
                    texts[column.name] = self._texts(column, place)
                case Label():
                    numbers[column.name] = self._labels(column, place)
                case Number():
                    numbers[column.name] = self._numbers(column, place)
        self.table = Table(grid.rows, numbers, codes, self._unknown, texts)

    @property
    def bad(self) -> dict[int, BadCell]:
        """By row the first unreadable cell, in the order of columns; such a row's values mean nothing."""
        return dict(sorted(self._bad.items()))

    def _codes(self, column: Category, place: int) -> Codes:
        codes = bulk.codes(self._grid, place, [text.encode() for text in column.values])
        codes[codes < 0] = UNKNOWN
        empty = self._grid.lengths[place] == 0
        codes[empty] = MISSING
        unknown = self._unknown.setdefault(column.name, {})
        for row in np.flatnonzero((codes == UNKNOWN) | (empty & column.required)).tolist():
            text = self._value(column, place, row)
            if isinstance(text, str) and text not in column.values:
                unknown[row] = text
            else:  # blanks around it, or nothing else
                codes[row] = column.values.index(text) if isinstance(text, str) else MISSING
        return codes

    def _labels(self, column: Label, place: int) -> Numbers:
        known = [text.encode() for text in (column.negative, column.positive)]
        values = bulk.codes(self._grid, place, known).astype(np.float64)
        return self._filled(values, np.flatnonzero(values < 0), column, place)

    def _texts(self, column: Identifier, place: int) -> Texts:
        words = bulk.texts(self._grid, place, LONGEST)
        found = words.view(f"S{words.shape[1] * bulk.WORD}")[:, 0]
        characters, ends, lengths = self._grid.characters, self._grid.ends[place], self._grid.lengths[place]
        blanks = (characters[ends - lengths] <= ord(" ")) | (characters[ends - 1] <= ord(" "))
        unusual = (lengths == 0) | (lengths > LONGEST) | blanks | (words & WORD_BITS != 0).any(axis=1)
        for row in np.flatnonzero(unusual).tolist():
            found[row] = str(self._value(column, place, row) or "").encode()
        return found

    def _numbers(self, column: Number, place: int) -> Numbers:
        values, unread = bulk.numbers(self._grid, place)
        if column.whole:
            unread |= values != np.floor(values)  # a NaN differs, too
            unread &= ~np.isnan(values)
        if column.required:
            unread |= np.isnan(values)
        rows = np.flatnonzero(unread)
        values[rows] = _long_numbers(self._grid.cells(place, rows), column)
        return self._filled(values, rows[np.isnan(values[rows])], column, place)

    def _filled(self, values: Numbers, rows: Places, column: Column, place: int) -> Numbers:
        """``values`` with those of ``rows`` read cell by cell."""
        for row in rows.tolist():
            found = self._value(column, place, row)
            values[row] = np.nan if found is None else found
        return values

    def _value(self, column: Column, place: int, row: int) -> Value:
        """One cell's value, None for a bad one."""
        (text,) = self._grid.cells(place, np.array([row]))
        try:
            return value(column, text.decode(), f"{self._file}, line {self._first_line + row}")
        except BadCell as error:
            self._bad.setdefault(row, error)
            return None


def _long_numbers(texts: Sequence[bytes], column: Number) -> Numbers:
    """Numbers in any plain notation, read at once; NaN where that is not certain to be right."""
    unsure = np.full(len(texts), np.nan)
    if b"".join(texts).translate(None, NUMERIC):
        return unsure
    try:
        values = np.array(list(map(float, texts))) + 0.0
    except ValueError:
        return unsure
    fit = np.abs(values) <= FLOAT32_MAX
    return np.where(fit & (values == np.floor(values)) if column.whole else fit, values, np.nan)
