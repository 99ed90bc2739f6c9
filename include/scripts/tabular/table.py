"""Rows as columns of values: what is read from files, and what features are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tabular.columns import Category, Column, Identifier, Row

Numbers = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]
Texts = npt.NDArray[np.bytes_]
Mask = npt.NDArray[np.bool_]

MISSING, UNKNOWN = -1, -2


@dataclass(frozen=True)
class Table:
    """Values of ``rows`` rows by column name.

    ``numbers`` holds numbers and labels, NaN where missing; ``codes`` the place of each category in its column's
    vocabulary, or `MISSING` or `UNKNOWN`; ``unknown`` the texts of the latter by row; ``texts`` identifiers in UTF-8.
    """

    rows: int
    numbers: Mapping[str, Numbers]
    codes: Mapping[str, Codes]
    unknown: Mapping[str, Mapping[int, str]]
    texts: Mapping[str, Texts]

    def take(self, chosen: Mask) -> "Table":
        """The rows where ``chosen`` is true."""
        if chosen.all():
            return self
        place = np.cumsum(chosen) - 1
        return Table(
            int(np.count_nonzero(chosen)),
            {name: values[chosen] for name, values in self.numbers.items()},
            {name: values[chosen] for name, values in self.codes.items()},
            {
                name: {int(place[row]): text for row, text in texts.items() if chosen[row]}
                for name, texts in self.unknown.items()
            },
            {name: values[chosen] for name, values in self.texts.items()},
        )


def of_rows(columns: Sequence[Column], rows: Sequence[Row]) -> Table:
    """The table of ``rows`` that `tabular.columns.parse` has read."""
    numbers: dict[str, Numbers] = {}
    codes: dict[str, Codes] = {}
    unknown: dict[str, dict[int, str]] = {}
    texts: dict[str, Texts] = {}
    for column in columns:
        cells = [row[column.name] for row in rows]
        if isinstance(column, Category):
            codes[column.name], unknown[column.name] = code_texts(column, [_text(cell) for cell in cells])
        elif isinstance(column, Identifier):
            texts[column.name] = np.array([str(cell).encode() for cell in cells], dtype=np.bytes_)
        else:
            numbers[column.name] = np.array([np.nan if cell is None else cell for cell in cells], dtype=np.float64)
    return Table(len(rows), numbers, codes, unknown, texts)


def code_texts(column: Category, texts: Sequence[str]) -> tuple[Codes, dict[int, str]]:
    """Codes of stripped ``texts``, empty ones being missing, and the unknown texts by their places."""
    places = {value: code for code, value in enumerate(column.values)} | {"": MISSING}
    codes = np.array([places.get(text, UNKNOWN) for text in texts], dtype=np.int32)
    return codes, {row: texts[row] for row in np.flatnonzero(codes == UNKNOWN).tolist()}


def _text(cell: str | float | None) -> str:
    return "" if cell is None else str(cell)
