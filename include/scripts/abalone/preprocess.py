"""Split the raw data into train, validation and test, and fit the preprocessing on the training part.

Writes ``train/train.csv``, ``validation/validation.csv`` and ``test/test.csv`` (raw columns, header, original
order) and ``preprocessing/preprocessing.json``. Which part a row belongs to depends on the content of its
features alone.
"""

import csv
import sys
from collections.abc import Sequence
from pathlib import Path

from abalone.preprocessing import Preprocessing
from abalone.schema import SCHEMA
from common import columns, job, paths, records, report, split
from common.columns import Row
from common.errors import UserError
from common.records import Record

Rows = list[tuple[Record, Row]]


def divide(source: Path) -> dict[str, Rows]:
    """Rows of each part. Raises UserError on unreadable data, or if a part is left empty."""
    parts: dict[str, Rows] = {name: [] for name, _ in split.PARTS}
    for record in records.read(source, SCHEMA.names):
        row = columns.parse(SCHEMA.columns, record.cells, record.place)
        parts[split.part(columns.key(SCHEMA.features, row))].append((record, row))
    if empty := [name for name, rows in parts.items() if not rows]:
        total = sum(map(len, parts.values()))
        raise UserError(f"{source}: {total} rows are too few, no row is left for {' and '.join(empty)}; supply more")
    return parts


def write_csv(file: Path, rows: Sequence[tuple[Record, Row]]) -> None:
    """Write the schema's columns of ``rows``, as the text that was read."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(SCHEMA.names)
        writer.writerows([record.cells[name] for name in SCHEMA.names] for record, _ in rows)


def preprocess(data: Path, output: Path) -> None:
    """Write the parts of ``data`` and the fitted preprocessing into the folder ``output``."""
    parts = divide(data)
    for name, rows in parts.items():
        write_csv(output / name / f"{name}.csv", rows)
        print(f"{name}: {len(rows)} rows")
    fitted = Preprocessing.fit([row for _, row in parts["train"]])
    report.write(output / "preprocessing" / "preprocessing.json", fitted.document())


def main(argv: list[str] | None = None) -> int:
    """Run the step by hand or as a processing job; returns the exit status."""
    parser = job.ArgumentParser("abalone.preprocess", __doc__)
    parser.path("data", paths.processing_input("data"), "CSV file, or folder of them")
    parser.path("output", paths.processing_output(), "folder for the four results")
    return job.run(lambda: preprocess(**vars(parser.parse_args(argv))), paths.processing_message())


if __name__ == "__main__":
    sys.exit(main())
