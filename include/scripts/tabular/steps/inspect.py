"""Inspect files that have arrived, one by one: which of them may become data.

A file is refused that is no CSV of the schema, has a cell that cannot be read, fewer different rows than asked for, or
a column of which more cells than allowed are implausible (out of the declared range, or not one of the known values)
or empty. Other oddities are left to ``validate``.

Writes ``inspection.json``: of each of ``files`` its ``file``, ``sha256``, ``rows`` and ``problems``, none for one that
may become data; each with ``check``, ``column``, ``problem``, ``count``, ``examples`` (place and value) and ``remedy``.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common import job, paths, report
from common.errors import UserError
from tabular import reading
from tabular.steps.validate import FATAL, Examination
from tabular.use_case import Schema, UseCase

# How files begin that are no text: https://en.wikipedia.org/wiki/List_of_file_signatures.
SIGNATURES = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"PK\x03\x04": "a ZIP archive or an Excel workbook",
    b"PAR1": "Parquet",
}
REMEDIES = {
    "form": "send a CSV file in UTF-8 with the header that the schema asks for",
    "type": "send the file again without these rows, or with the cells corrected",
    "missing": "send the file again with the column filled in",
    "category": "correct the cells, or declare the values in the schema",
    "range": "correct the cells, or widen the declared range",
    "rows": "send more rows in one file, or declare fewer",
}
HEAD_BYTES = 8


@dataclass(frozen=True)
class Limits:
    """What a file has to keep: its least number of different rows, and the largest shares of a column's cells that may
    be implausible, and empty."""

    min_rows: int = 1
    max_implausible: float = 0.01
    max_missing: float = 0.5

    def allowed(self, check: str, rows: int) -> float:
        """How many cells of a column may fail a check that may be failed at all."""
        return {"missing": self.max_missing, FATAL: 0.0}.get(check, self.max_implausible) * rows


def inspect(use_case: UseCase, data: Path, output: Path, limits: Limits) -> None:
    """Write the report on each file in the folder ``data`` into ``output``. Raises UserError if there is no folder."""
    if not data.is_dir():
        raise UserError(f"{data}: no such folder; name that of what has arrived")
    files = sorted(file for file in data.iterdir() if file.is_file())
    inspected = [_inspected(file, use_case.schema, limits) for file in files]
    report.write(output / "inspection.json", {"version": 1, "files": inspected})
    for each in inspected:
        print(f"{each['file']}: {each['rows']} rows, {len(each['problems'])} problems")


def _inspected(file: Path, schema: Schema, limits: Limits) -> dict[str, Any]:
    with file.open("rb") as stream:
        digest, head = hashlib.file_digest(stream, "sha256").hexdigest(), _head(stream)
    examination = Examination(schema)
    problems = [_foreign(form) for signature, form in SIGNATURES.items() if head.startswith(signature)]
    if not problems:
        problems = list(_read(file, schema, examination))
    found = examination.report()
    problems += _too_many(found, limits)
    different = found["rows"] - sum(each["count"] for each in found["findings"] if each["check"] == "duplicate")
    if not problems and different < limits.min_rows:
        problems.append(_problem("rows", f"has {different} different rows, at least {limits.min_rows} are asked for"))
    return {"file": file.name, "sha256": digest, "rows": found["rows"], "problems": problems}


def _head(stream: Any) -> bytes:
    stream.seek(0)
    return bytes(stream.read(HEAD_BYTES))


def _read(file: Path, schema: Schema, examination: Examination) -> Iterator[dict[str, Any]]:
    """Have the file examined; what ends that before its end."""
    try:
        for block in reading.read(file, schema.columns):
            examination.add(block)
    except UserError as error:
        yield _problem("form", str(error).removeprefix(str(file.parent) + "/").removeprefix(file.name).lstrip(":, "))


def _foreign(form: str) -> dict[str, Any]:
    return _problem("form", f"is {form}, not text")


def _too_many(found: dict[str, Any], limits: Limits) -> list[dict[str, Any]]:
    """The findings of the columns that fail a check too often."""
    judged = [each for each in found["findings"] if each["check"] in REMEDIES]
    counts: Counter[tuple[str, str]] = Counter()
    for each in judged:
        counts[each["check"], each["column"]] += each["count"]
    return [
        {**each, "examples": [_placed(example) for example in each["examples"]], "remedy": REMEDIES[each["check"]]}
        for each in judged
        if counts[each["check"], each["column"]] > limits.allowed(each["check"], found["rows"])
    ]


def _placed(example: dict[str, Any]) -> dict[str, Any]:
    """Its line alone: what the file is called here is not what somebody has called it."""
    return {**example, "place": example["place"].rpartition(", ")[2]}


def _problem(check: str, problem: str) -> dict[str, Any]:
    return {
        "check": check, "column": None, "problem": problem, "count": 1, "examples": [], "remedy": REMEDIES[check],
    }  # fmt: skip


def main(use_case: UseCase, argv: Sequence[str]) -> int:
    """Run the step by hand or as a processing job; returns the exit status."""
    parser = job.ArgumentParser(f"{use_case.name} inspect", __doc__)
    parser.path("data", paths.processing_input("data"), "folder of CSV files")
    parser.path("output", paths.processing_output(), "folder for the results")
    given = Limits()
    for name, default, told in (
        ("min-rows", given.min_rows, "least number of different rows of a file"),
        ("max-implausible", given.max_implausible, "largest share of a column's cells that may be implausible"),
        ("max-missing", given.max_missing, "largest share of a column's cells that may be empty"),
    ):
        parser.add_argument(f"--{name}", type=type(default), default=default, help=f"{told} (default: %(default)s)")
    return job.run(lambda: _run(use_case, **vars(parser.parse_args(argv))), paths.processing_message())


def _run(use_case: UseCase, data: Path, output: Path, **limits: Any) -> None:
    inspect(use_case, data, output, Limits(**limits))
