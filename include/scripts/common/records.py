"""Reading tables: CSV files with a header, one by one or in nested folders, with the place of every row."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from common.errors import UserError


@dataclass(frozen=True)
class Record:
    """One row as text, and where it stands."""

    file: str
    line: int
    cells: dict[str, str]

    @property
    def place(self) -> str:
        """File and line, to begin a message with."""
        return f"{self.file}, line {self.line}"


def read(source: Path, required: Sequence[str]) -> Iterator[Record]:
    """Rows of ``source``, a CSV file or a folder of ``*.csv`` files at any depth, in the order of names.

    The columns ``required`` may come in any order and among others. Raises UserError naming file and line: no
    file, no row at all, a wrong header, a row of another length than its header, text that is not UTF-8 CSV.
    """
    empty = True
    for file in _files(source):
        name = file.name if file == source else file.relative_to(source).as_posix()
        for record in _rows(file, name, required):
            empty = False
            yield record
    if empty:
        raise UserError(f"{source}: no row of data below the header; supply at least one CSV file with rows")


def _files(source: Path) -> list[Path]:
    if source.is_file():
        return [source]
    if not source.is_dir():
        raise UserError(f"{source}: no such file or folder; name the data's place")
    files = sorted(file for file in source.rglob("*.csv") if file.is_file())
    if not files:
        raise UserError(f"{source}: holds no *.csv file; name the data's place")
    return files


def _rows(file: Path, name: str, required: Sequence[str]) -> Iterator[Record]:
    with file.open("rb") as stream:
        lines = csv.reader(_decoded(stream, name), strict=True)
        try:
            header = _header(next(lines, []), name, required)
            for values in lines:
                if values:  # csv gives an empty list for a blank line
                    yield _record(name, lines.line_num, header, values)
        except csv.Error as error:
            raise UserError(f"{name}, line {lines.line_num}: not CSV ({error}); correct the file") from None


def _decoded(stream: Iterable[bytes], file: str) -> Iterator[str]:
    """Line by line, because a text stream decodes ahead and could not tell where it failed."""
    for number, line in enumerate(stream, start=1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            problem = f"not UTF-8 text ({error})"
            raise UserError(f"{file}, line {number}: {problem}; save the file as UTF-8") from None


def _header(names: list[str], file: str, required: Sequence[str]) -> list[str]:
    header = [name.strip() for name in names]
    if missing := [name for name in required if name not in header]:
        found = _listed(header)[:200] or "nothing"
        raise UserError(f"{file}, line 1: missing column {_listed(missing)}; the header must name it (found {found})")
    if doubled := sorted({name for name in header if header.count(name) > 1}):
        raise UserError(f"{file}, line 1: column {_listed(doubled)} is named twice; keep one")
    return header


def _record(file: str, line: int, header: list[str], values: list[str]) -> Record:
    if len(values) != len(header):
        counts = f"{len(values)} cells, the header has {len(header)}"
        raise UserError(f"{file}, line {line}: {counts}; correct the row")
    return Record(file, line, dict(zip(header, values, strict=True)))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))
