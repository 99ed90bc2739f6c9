"""Split the raw data into train, validation and test, and learn the preprocessing from the training part.

Writes ``train/train.npy`` and ``validation/validation.npy`` (features, see `tabular.examples`), ``test/test.csv`` (raw
rows, see `tabular.holdout`) and ``preprocessing/preprocessing.json``. Which part a row belongs to depends on its key
alone, see `tabular.split`.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from common import job, paths, report
from common.errors import UserError
from tabular import examples, holdout, reading, split
from tabular.columns import Number
from tabular.preprocessing import FILE, Encoding, Features, Preprocessing
from tabular.reading import Block
from tabular.split import TEST, TRAIN, VALIDATION
from tabular.use_case import UseCase


class Division:
    """Rows on their way into the parts. To be used in a with statement."""

    def __init__(self, use_case: UseCase, output: Path) -> None:
        self._use_case = use_case
        self._encoding = Encoding(use_case.schema.features)
        width = len(self._encoding.names)
        self._encoded = {part: examples.Writer(output / part / f"{part}.npy", width) for part in (TRAIN, VALIDATION)}
        self._test = holdout.Writer(output / TEST, use_case.schema)
        self._numbers: dict[str, list[Features]] = {
            column.name: [] for column in use_case.schema.features if isinstance(column, Number)
        }
        self._open = ExitStack()

    def __enter__(self) -> "Division":
        for writer in self._encoded.values():
            self._open.enter_context(writer)
        self._open.enter_context(self._test)
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    @property
    def rows(self) -> dict[str, int]:
        """How many rows each part has by now."""
        return {**{part: writer.rows for part, writer in self._encoded.items()}, TEST: self._test.rows}

    def add(self, block: Block) -> None:
        """Give each row to its part."""
        schema = self._use_case.schema
        parts = split.parts(split.keys(schema, block.table), self._use_case.split)
        features = self._encoding.encode(block.table)
        target = block.table.numbers[schema.target.name]
        for place, part in enumerate(split.PARTS):
            chosen = parts == place
            if part == TEST:
                self._test.add(block, chosen)
            else:
                self._encoded[part].add(target[chosen], features[chosen])
        for name, values in self._numbers.items():
            values.append(block.table.numbers[name][parts == split.PARTS.index(TRAIN)].astype(np.float32))

    def learned(self) -> Preprocessing:
        """What the training part teaches. Raises UserError if a numeric column holds no value at all."""
        return Preprocessing.fit(self._encoding, {name: np.concatenate(v) for name, v in self._numbers.items()})


def preprocess(use_case: UseCase, data: Path, output: Path) -> None:
    """Write the parts of ``data`` and the preprocessing into the folder ``output``. Raises UserError on unreadable
    data, or if a part is left empty."""
    with Division(use_case, output) as division:
        for block in reading.read_good(data, use_case.schema.columns):
            division.add(block)
    for part, rows in division.rows.items():
        print(f"{part}: {rows} rows")
    if empty := [part for part, rows in division.rows.items() if not rows]:
        total = sum(division.rows.values())
        raise UserError(f"{data}: {total} rows are too few, no row is left for {' and '.join(empty)}; supply more")
    report.write(output / "preprocessing" / FILE, division.learned().document())


def main(use_case: UseCase, argv: Sequence[str]) -> int:
    """Run the step by hand or as a processing job; returns the exit status."""
    parser = job.ArgumentParser(f"{use_case.name} preprocess", __doc__)
    parser.path("data", paths.processing_input("data"), "CSV file, or folder of them")
    parser.path("output", paths.processing_output(), "folder for the four results")
    return job.run(lambda: preprocess(use_case, **vars(parser.parse_args(argv))), paths.processing_message())
