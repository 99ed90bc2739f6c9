"""Split the raw data into train, validation and test, and learn the preprocessing from the training part.

Writes ``train/train.npy`` and ``validation/validation.npy`` (features, see `tabular.examples`), ``test/test.csv`` (raw
rows, see `tabular.holdout`) and ``preprocessing/preprocessing.json``. Which part a row belongs to depends on its key
alone, see `tabular.split`.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from common import job, paths, report
from common.errors import UserError
from tabular import examples, holdout, reading, split
from tabular.columns import Number
from tabular.holdout import Piece
from tabular.preprocessing import FILE, Encoding, Features, Preprocessing, Statistics
from tabular.reading import Block
from tabular.split import PARTS, TEST, TRAIN, VALIDATION
from tabular.use_case import UseCase


@dataclass(frozen=True)
class Division:
    """Some rows by their parts."""

    train: Features
    validation: Features
    test: Piece

    @classmethod
    def of(cls, use_case: UseCase, block: Block) -> "Division":
        """The division of a block. Raises BadCell if a row of it cannot be read."""
        schema, table = use_case.schema, reading.good(block).table
        parts = split.parts(split.keys(schema, table), use_case.split)
        rows = examples.rows(table.numbers[schema.target.name], Encoding(schema.features).encode(table))
        chosen = {part: parts == place for place, part in enumerate(PARTS)}
        return cls(rows[chosen[TRAIN]], rows[chosen[VALIDATION]], Piece.of(block, chosen[TEST]))


class Parts:
    """The parts on disk, and what is to be learned from the first. To be used in a with statement."""

    def __init__(self, use_case: UseCase, output: Path) -> None:
        self.encoding = Encoding(use_case.schema.features)
        width = len(self.encoding.names)
        self.train = examples.Writer(output / TRAIN / f"{TRAIN}.npy", width)
        self.validation = examples.Writer(output / VALIDATION / f"{VALIDATION}.npy", width)
        self.test = holdout.Writer(output / TEST, use_case.schema)
        self._places = {column.name: self.encoding.names.index(column.name) for column in _numbers(use_case)}
        self._values: dict[str, list[Features]] = {name: [] for name in self._places}
        self._open = ExitStack()

    def __enter__(self) -> "Parts":
        for writer in (self.train, self.validation, self.test):
            self._open.enter_context(writer)
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    @property
    def rows(self) -> dict[str, int]:
        """How many rows each part has by now."""
        return {TRAIN: self.train.rows, VALIDATION: self.validation.rows, TEST: self.test.rows}

    def add(self, division: Division) -> None:
        """Append to each part."""
        self.train.add(division.train)
        self.validation.add(division.validation)
        self.test.add(division.test)
        features = examples.features(division.train)
        for name, place in self._places.items():
            self._values[name].append(features[:, place].copy())

    def learned(self) -> Preprocessing:
        """What the training part teaches; it can be asked once, for the values are given up one column after the other.
        Raises UserError if a numeric column holds no value at all."""
        with ThreadPoolExecutor(reading.processors()) as pool:
            return Preprocessing(
                self.encoding, dict(zip(self._places, pool.map(self._fitted, self._places), strict=True))
            )

    def _fitted(self, name: str) -> Statistics:
        return Statistics.fit(name, np.concatenate(self._values.pop(name)))


def _numbers(use_case: UseCase) -> list[Number]:
    return [column for column in use_case.schema.features if isinstance(column, Number)]


def preprocess(use_case: UseCase, data: Path, output: Path, test_share: str = "", validation_share: str = "") -> None:
    """Write the parts of ``data`` and the preprocessing into the folder ``output``. Raises UserError on unreadable
    data, or if a part is left empty."""
    use_case = split.asked(use_case, test_share, validation_share)
    with Parts(use_case, output) as parts:
        for division in reading.each(data, use_case.schema.columns, partial(Division.of, use_case)):
            parts.add(division)
    for part, rows in parts.rows.items():
        print(f"{part}: {rows} rows")
    if empty := [part for part, rows in parts.rows.items() if not rows]:
        total = sum(parts.rows.values())
        raise UserError(f"{data}: {total} rows are too few, no row is left for {' and '.join(empty)}; supply more")
    report.write(output / "preprocessing" / FILE, parts.learned().document())


def main(use_case: UseCase, argv: Sequence[str]) -> int:
    """Run the step by hand or as a processing job; returns the exit status."""
    parser = job.ArgumentParser(f"{use_case.name} preprocess", __doc__)
    parser.path("data", paths.processing_input("data"), "CSV file, or folder of them")
    parser.path("output", paths.processing_output(), "folder for the four results")
    split.arguments(parser)
    return job.run(lambda: preprocess(use_case, **vars(parser.parse_args(argv))), paths.processing_message())
