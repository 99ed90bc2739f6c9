"""Write raw rows as a batch transform sends them to a model, and what tells the rows apart.

``rows/rows.csv`` has no header: the number of each row, from 0, and the cells of the model's columns in their order.
``keys/keys.csv`` has for each row, in the same order, the file and line it is from and its key. The target is not
needed.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from common import job, paths
from common.errors import UserError
from tabular import artifact, reading
from tabular.preprocessing import Preprocessing
from tabular.reading import Block
from tabular.use_case import UseCase

ROWS, KEYS = "rows.csv", "keys.csv"
FILE, LINE = "file", "line"


def select(use_case: UseCase, data: Path, model: Path, output: Path) -> None:
    """Write the rows of ``data`` for the model in the folder ``model``. Raises UserError on unreadable rows."""
    features, keys = Preprocessing.of(artifact.load(model)).columns, use_case.schema.key
    number = 0
    with _csv(output / "rows" / ROWS) as rows, _csv(output / "keys" / KEYS) as named:
        write_row, write_key = csv.writer(rows, lineterminator="\n"), csv.writer(named, lineterminator="\n")
        write_key.writerow([FILE, LINE, *(column.name for column in keys)])
        for block in reading.read_good(data, (*features, *keys)):
            for line, cells in _lines(block):
                write_row.writerow([number, *cells[: len(features)]])
                write_key.writerow([block.file, line, *cells[len(features) :]])
                number += 1
    print(f"{number} rows")


def _csv(file: Path) -> io.TextIOWrapper:
    file.parent.mkdir(parents=True, exist_ok=True)
    return file.open("w", encoding="utf-8", newline="")


def _lines(block: Block) -> Iterator[tuple[int, Sequence[str]]]:
    """The cells of each row and its line. Raises UserError for a cell of several lines: batch transform takes each line
    for a record."""
    texts = csv.reader(io.StringIO(block.csv(np.ones(block.table.rows, dtype=np.bool_)).decode(), newline=""))
    for row, (line, cells) in enumerate(zip(block.lines.tolist(), texts, strict=True)):
        if any("\n" in cell or "\r" in cell for cell in cells):
            raise UserError(f"{block.place(row)}: a cell has several lines; write it in one")
        yield line, cells


def main(use_case: UseCase, argv: Sequence[str]) -> int:
    """Run the step by hand or as a processing job; returns the exit status."""
    parser = job.ArgumentParser(f"{use_case.name} select", __doc__)
    parser.path("data", paths.processing_input("data"), "CSV file, or folder of them")
    parser.path("model", paths.processing_input("model"), "folder of the model, unpacked or as model.tar.gz")
    parser.path("output", paths.processing_output(), "folder for the results")
    return job.run(lambda: select(use_case, **vars(parser.parse_args(argv))), paths.processing_message())
