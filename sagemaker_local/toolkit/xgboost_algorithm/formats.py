"""A channel's files, and whether they are of the format that they are said to be, with the container's texts."""

from __future__ import annotations

import csv
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from . import channels
from .errors import UserError

log = logging.getLogger(__name__)

_MAX_DEPTH = 3
_SNIPPET = 50


def data_files(folder: Path) -> list[Path]:
    """The files of a channel, three folders deep at most; hidden ones and those that start with ``_`` are none.

    Scripts may name a file instead of a folder.
    """
    if folder.is_file():
        return [folder]
    found = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith((".", "_"))]
    deep = [path for path in found if len(path.relative_to(folder).parts) > _MAX_DEPTH]
    if deep:
        raise UserError(f"Folder depth exceed the limit: {_MAX_DEPTH}.")
    return found


def check(kind: str, files: list[Path]) -> None:
    """Raises ``UserError`` for a file that is plainly not of that format; XGBoost itself looks closer."""
    _CHECKS[kind](files)


def delimiter_of(line: str) -> str:
    """What separates the values of a line; raises ``UserError``."""
    try:
        return csv.Sniffer().sniff(line).delimiter
    except csv.Error as error:
        raise UserError(f"Could not determine delimiter on line {line[:_SNIPPET]}:\n{error}") from error


def first_line(file: Path) -> str:
    """The first line of a file."""
    with file.open(errors="ignore") as stream:
        return stream.readline()


def _check_csv(files: list[Path]) -> None:
    for file in files:
        log.info("Determined delimiter of CSV input is '%s'", delimiter_of(first_line(file)))


def _check_libsvm(files: list[Path]) -> None:
    for file in files:
        with file.open(errors="ignore") as stream:
            _check_libsvm_lines(file, stream)


def _check_libsvm_lines(file: Path, lines: Iterator[str]) -> None:
    """Up to the first line with more than one feature: XGBoost itself looks at the rest."""
    for line in lines:
        features = _libsvm_features(line)
        if features is None:
            raise UserError(
                f"First line '{line[:_SNIPPET]}...' of file '{file.name}' is not 'LIBSVM' format. "
                "Please ensure the file is in 'LIBSVM' format."
            )
        if features > 1:
            return
    log.warning("File %s is a LIBSVM file without features", file.name)


def _libsvm_features(line: str) -> int | None:
    """How many features ``<label>(:<weight>) <index>:<value> ...`` has; ``None`` for anything else."""
    label, *features = line.split(" ")
    try:
        numbers = [float(part) for part in label.split(":")]
    except ValueError:
        return None
    if len(numbers) > 2 or any(feature.count(":") != 1 for feature in features):
        return None
    return len(features)


def _no_check(files: list[Path]) -> None:
    """A binary format: its own reader tells what is wrong."""


_CHECKS: dict[str, Callable[[list[Path]], None]] = {
    channels.CSV: _check_csv,
    channels.LIBSVM: _check_libsvm,
    channels.PARQUET: _no_check,
    channels.RECORDIO: _no_check,
}
