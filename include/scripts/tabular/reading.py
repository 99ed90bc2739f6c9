"""Reading tables: CSV files with a header, one by one or in nested folders, as blocks of typed rows.

Plain text is read many cells at a time (`tabular.conversion`). Text in quotes, and lines that do not have the header's
number of cells, are read row by row with the csv module, which also says what is wrong where. Both ways give the same
values.
"""

import csv
import io
import os
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np
import numpy.typing as npt

from common.errors import UserError
from tabular import bulk
from tabular.columns import BadCell, Column, Row, parse
from tabular.conversion import Conversion
from tabular.table import Mask, Table, of_rows

BLOCK_BYTES = 1 << 22  # small beside what is kept, and large enough that threads seldom wait for each other
ROWS_AT_ONCE = 10_000
DAY = re.compile(r"(?:^|/)day=(\d{4}-\d{2}-\d{2})/")

Lines = npt.NDArray[np.int64]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Block:
    """Consecutive rows of one file.

    ``lines`` are the line numbers of the table's rows, ``bad`` the first unreadable cell of each row that is not in
    it, and ``unexpected`` the file's columns that nobody asked for.
    """

    file: str
    lines: Lines
    table: Table
    bad: Sequence[BadCell]
    unexpected: Sequence[str]
    _text: Callable[[Rows], bytes]

    def place(self, row: int) -> str:
        """File and line of a row, to begin a message with."""
        return f"{self.file}, line {self.lines[row]}"

    @property
    def day(self) -> str | None:
        """The day (YYYY-MM-DD) in the file's path, None if it names none."""
        found = DAY.search(self.file)
        return found[1] if found else None

    def csv(self, chosen: Mask) -> bytes:
        """The rows where ``chosen`` is true as lines of CSV: the texts of the columns asked for, in that order."""
        return self._text(np.flatnonzero(chosen))


Part = Callable[[], Iterable[Block]]  # a piece of a file that is still to be read
Result = TypeVar("Result")


def read(source: Path, columns: Sequence[Column]) -> Iterator[Block]:
    """Rows of ``source``, a CSV file or a folder of ``*.csv`` files at any depth, in the order of names.

    The columns may come in any order and among others. Raises UserError naming file and line: no file, no row at all,
    a wrong header, a row of another length than its header, text that is not UTF-8 CSV.
    """
    return each(source, columns, lambda block: block)


def read_good(source: Path, columns: Sequence[Column]) -> Iterator[Block]:
    """As `read`; raises the first BadCell."""
    return each(source, columns, good)


def good(block: Block) -> Block:
    """The block. Raises its first BadCell."""
    if block.bad:
        raise block.bad[0]
    return block


def each(source: Path, columns: Sequence[Column], work: Callable[[Block], Result]) -> Iterator[Result]:
    """What ``work`` makes of each block that `read` would give, in the same order.

    Blocks are read and worked on in as many threads as there are processors: NumPy holds no lock while it computes.
    """
    empty = True
    for results in parallel(partial(_worked, part, work) for part in _parts(source, columns)):
        empty = False
        yield from results
    if empty:
        raise UserError(f"{source}: no row of data below the header; supply at least one CSV file with rows")


def parallel(tasks: Iterable[Callable[[], Result]]) -> Iterator[Result]:
    """What each of ``tasks`` returns, in their order; as many are at work as there are processors, and few wait."""
    waiting = deque[Future[Result]]()
    with ThreadPoolExecutor(processors()) as pool:
        for task in tasks:
            waiting.append(pool.submit(task))
            while len(waiting) > processors():
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _worked(part: Part, work: Callable[[Block], Result]) -> list[Result]:
    return [work(block) for block in part()]


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _parts(source: Path, columns: Sequence[Column]) -> Iterator[Part]:
    for file in _files(source):
        name = file.name if file == source else file.relative_to(source).as_posix()
        with file.open("rb") as stream:
            yield from _File(name, stream, columns).parts()


def _files(source: Path) -> list[Path]:
    if source.is_file():
        return [source]
    if not source.is_dir():
        raise UserError(f"{source}: no such file or folder; name the data's place")
    files = sorted(file for file in source.rglob("*.csv") if file.is_file())
    if not files:
        raise UserError(f"{source}: holds no *.csv file; name the data's place")
    return files


@dataclass
class _File:
    """One file on its way to blocks."""

    name: str
    stream: BinaryIO
    columns: Sequence[Column]
    header: list[str] = field(default_factory=list)

    def parts(self) -> Iterator[Part]:
        """All of the file."""
        first = self.stream.readline()
        if b'"' in first:  # a quoted name may hold commas and line ends
            self.stream.seek(0)
            return self._rest(1)
        self.header = _header(_decoded(first, self.name, 1).split(","), self.name, self.columns)
        return self._below_the_header()

    def _below_the_header(self) -> Iterator[Part]:
        line = 2
        while text := self._whole_lines():
            if b'"' in text:  # a quoted cell may go on beyond this block
                self.stream.seek(-len(text), io.SEEK_CUR)
                yield from self._rest(line)
            else:
                yield partial(self._plain, text, line)
                line += text.count(b"\n")

    def _whole_lines(self) -> bytes:
        """The next block of the file: everything up to a line end, or to the end of the file."""
        text = self.stream.read(BLOCK_BYTES)
        return text if text.endswith(b"\n") else text + self.stream.readline()

    def _rest(self, line: int) -> Iterator[Part]:
        """What is left of the file, row by row, beginning with the ``line``-th line."""
        for block in self._row_by_row(self.stream, line):
            yield partial(list, [block])

    def _plain(self, text: bytes, line: int) -> Iterable[Block]:
        """Blocks of lines without quotes, the first of which is the ``line``-th."""
        lines = text.replace(b"\r\n", b"\n") if b"\r" in text else text
        separators = b"," * (len(self.header) - 1) + b"\n"
        grid = bulk.grid(lines if lines.endswith(b"\n") else lines + b"\n", separators)
        if grid is None or b"\r" in lines or not _is_utf8(lines):
            return self._row_by_row(io.BytesIO(text), line)
        return [self._of_grid(grid, line)]

    def _of_grid(self, grid: bulk.Grid, line: int) -> Block:
        places = [self.header.index(column.name) for column in self.columns]
        found = Conversion(grid, self.columns, places, self.name, line)
        good = np.ones(grid.rows, dtype=np.bool_)
        good[list(found.bad)] = False
        rows = np.flatnonzero(good)
        table = found.table.take(good) if found.bad else found.table
        bad = list(found.bad.values())
        return self._block(line + rows, table, bad, lambda chosen: grid.lines(places, rows[chosen]))

    def _row_by_row(self, lines: Iterable[bytes], line: int) -> Iterator[Block]:
        """Blocks of ``lines``, the first of which is the ``line``-th."""
        # Line by line, because a text stream decodes ahead and could not tell where it failed.
        numbered = enumerate(lines, start=line)
        reader = csv.reader((_decoded(text, self.name, number) for number, text in numbered), strict=True)
        rows: list[tuple[int, list[str]]] = []
        try:
            self.header = self.header or _header(next(reader, []), self.name, self.columns)
            for cells in reader:
                if cells:  # csv gives an empty list for a blank line
                    number = line - 1 + reader.line_num
                    rows.append((number, self._checked(cells, number)))
                if len(rows) == ROWS_AT_ONCE:
                    yield self._of_rows(rows)
                    rows = []
        except csv.Error as error:
            number = line - 1 + reader.line_num
            raise UserError(f"{self.name}, line {number}: not CSV ({error}); correct the file") from None
        if rows:
            yield self._of_rows(rows)

    def _checked(self, cells: list[str], line: int) -> list[str]:
        if len(cells) != len(self.header):
            counts = f"{len(cells)} cells, the header has {len(self.header)}"
            raise UserError(f"{self.name}, line {line}: {counts}; correct the row")
        return cells

    def _of_rows(self, numbered: Sequence[tuple[int, list[str]]]) -> Block:
        found: list[tuple[int, Row, list[str]]] = []
        bad: list[BadCell] = []
        for line, cells in numbered:
            named = dict(zip(self.header, cells, strict=True))
            try:
                row = parse(self.columns, named, f"{self.name}, line {line}")
            except BadCell as error:
                bad.append(error)
            else:
                found.append((line, row, [named[column.name] for column in self.columns]))
        lines = np.array([line for line, _, _ in found], dtype=np.int64)
        table = of_rows(self.columns, [row for _, row, _ in found])
        return self._block(lines, table, bad, lambda chosen: csv_lines([found[row][2] for row in chosen.tolist()]))

    def _block(self, lines: Lines, table: Table, bad: Sequence[BadCell], text: Callable[[Rows], bytes]) -> Block:
        expected = {column.name for column in self.columns}
        return Block(self.name, lines, table, bad, [name for name in self.header if name not in expected], text)


def csv_lines(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows of texts as CSV, quoted where that is needed."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _header(cells: Sequence[str], file: str, columns: Sequence[Column]) -> list[str]:
    header = [name.strip() for name in cells]
    if missing := [column.name for column in columns if column.name not in header]:
        found = _listed(header)[:200] if any(header) else "nothing"
        told = f"missing column {_listed(missing)}; the header must name it (found {found})"
        raise UserError(f"{file}, line 1: {told}")
    if doubled := sorted({name for name in header if header.count(name) > 1}):
        raise UserError(f"{file}, line 1: column {_listed(doubled)} is named twice; keep one")
    return header


def _decoded(line: bytes, file: str, number: int) -> str:
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{file}, line {number}: not UTF-8 text ({error}); save the file as UTF-8") from None


def _is_utf8(text: bytes) -> bool:
    try:
        return text.isascii() or bool(text.decode())
    except UnicodeDecodeError:
        return False


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))
