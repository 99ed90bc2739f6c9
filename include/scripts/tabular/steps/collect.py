"""Put the predictions of a batch transform and the keys of their rows into one Parquet file, ``predictions.parquet``.

Its columns are those of ``keys.csv`` (see `tabular.steps.select`) and ``prediction``, ``model_version``,
``model_package_arn``, ``predicted_at``. It needs the inference image, which has Apache Arrow.
"""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from common import job, paths
from common.errors import UserError
from tabular.steps.select import KEYS, LINE, ROWS
from tabular.use_case import UseCase

PREDICTIONS = f"{ROWS}.out"  # as SageMaker names what a transform of the rows has written
FILE = "predictions.parquet"


def collect(keys: Path, predictions: Path, version: int, package: str, predicted_at: datetime, output: Path) -> None:
    """Write the file into the folder ``output``. Raises UserError unless each row has exactly one prediction."""
    import pyarrow  # not at the top: every image has the step, and only that of inference Arrow
    import pyarrow.parquet

    columns = _columns(keys / KEYS)
    numbers = _predictions(predictions / PREDICTIONS, len(columns[LINE]))
    rows = len(numbers)
    table = pyarrow.table(
        {
            **columns,
            LINE: pyarrow.array(map(int, columns[LINE]), pyarrow.int64()),
            "prediction": numbers,
            "model_version": pyarrow.array([version] * rows, pyarrow.int64()),
            "model_package_arn": pyarrow.array([package] * rows).dictionary_encode(),
            "predicted_at": pyarrow.array([predicted_at] * rows, pyarrow.timestamp("ms", tz="UTC")),
        }
    )
    content = io.BytesIO()
    pyarrow.parquet.write_table(table, content)
    output.mkdir(parents=True, exist_ok=True)
    (output / FILE).write_bytes(content.getvalue())
    print(f"{rows} predictions")


def _columns(file: Path) -> dict[str, Any]:
    with file.open(encoding="utf-8", newline="") as stream:
        names, *rows = csv.reader(stream)
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def _predictions(file: Path, rows: int) -> npt.NDArray[np.float64]:
    """The prediction of each row, by its number."""
    try:
        found = np.loadtxt(file, delimiter=",", ndmin=2, dtype=np.float64)
    except (OSError, ValueError) as error:
        raise UserError(f"{file}: not the numbers and predictions of rows ({error}); transform them again") from None
    if found.shape != (rows, 2) or not np.array_equal(found[:, 0], np.arange(rows)):
        raise UserError(f"{file}: does not hold one prediction for each of the {rows} rows, in order; transform again")
    return found[:, 1]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def main(use_case: UseCase, argv: Sequence[str]) -> int:
    """Run the step by hand or as a processing job; returns the exit status."""
    parser = job.ArgumentParser(f"{use_case.name} collect", __doc__)
    parser.path("keys", paths.processing_input("keys"), "folder of keys.csv")
    parser.path("predictions", paths.processing_input("predictions"), "folder of what the transform has written")
    parser.add_argument("--version", type=int, required=True, help="the model's version")
    parser.add_argument("--package", required=True, help="the ARN of its model package")
    parser.add_argument("--predicted-at", type=_time, required=True, help="when it predicted (ISO 8601)")
    parser.path("output", paths.processing_output(), "folder for the result")
    return job.run(lambda: collect(**vars(parser.parse_args(argv))), paths.processing_message())
