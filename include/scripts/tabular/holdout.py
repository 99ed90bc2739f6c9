"""The test part on disk: raw rows as text, so that every model reads them its own way, and the day of each."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
import numpy.typing as npt

from common import report
from common.errors import UserError
from tabular.reading import Block, csv_lines
from tabular.table import Mask
from tabular.use_case import Schema

ROWS, DAYS = "test.csv", "days.json"


@dataclass(frozen=True)
class Piece:
    """Some test rows of one file, as text, and the day (YYYY-MM-DD) of all of them."""

    text: bytes
    rows: int
    day: str | None

    @classmethod
    def of(cls, block: Block, chosen: Mask) -> "Piece":
        """The rows of ``block`` where ``chosen`` is true."""
        return cls(block.csv(chosen), int(np.count_nonzero(chosen)), block.day)


class Writer:
    """Writes rows to ``test.csv``, and to ``days.json`` how many rows in a row are of which day (null: of none that is
    known). To be used in a with statement."""

    def __init__(self, folder: Path, schema: Schema) -> None:
        self._folder, self._schema = folder, schema
        self._days: list[tuple[str | None, int]] = []
        self._stream: BinaryIO

    @property
    def rows(self) -> int:
        """How many rows there are by now."""
        return sum(rows for _, rows in self._days)

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._stream = (self._folder / ROWS).open("wb")
        self._stream.write(csv_lines([self._schema.names]))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        report.write(self._folder / DAYS, list(self._runs()))

    def add(self, piece: Piece) -> None:
        """Append rows."""
        self._stream.write(piece.text)
        self._days.append((piece.day, piece.rows))

    def _runs(self) -> Iterator[tuple[str | None, int]]:
        for day, same in groupby(self._days, key=lambda entry: entry[0]):
            if rows := sum(rows for _, rows in same):
                yield day, rows


def days(folder: Path, rows: int) -> npt.NDArray[np.str_]:
    """The day (YYYY-MM-DD) of each test row, empty where none is known; a plain CSV file has none at all.

    Raises UserError if the folder's list of days does not fit its ``rows`` rows.
    """
    file = folder / DAYS
    runs: Any = report.read(file) if file.is_file() else [[None, rows]]
    try:
        names = [day or "" for day, _ in runs]
        found = np.repeat(np.array(names, dtype=np.str_), [count for _, count in runs])
    except (TypeError, ValueError) as error:
        raise UserError(f"{file}: damaged ({error!r}); run the step preprocess again") from None
    if len(found) != rows:
        raise UserError(f"{file}: is about {len(found)} rows, there are {rows}; run the step preprocess again")
    return found
