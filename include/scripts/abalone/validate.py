"""Check raw data before anything is learned from it.

A file that cannot be read as the schema demands fails the job. What is merely odd (missing values, unknown
categories, implausible numbers, duplicates, unexpected columns) is reported and kept: whether it is an error
is for a human to say.

Writes ``validation.json``: ``rows``, ``files`` (rows of each), ``passed``, ``checks`` (violations of each)
and ``findings`` (check, column, problem, exact count, and the first places with their values).
"""

import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from abalone.schema import SCHEMA
from common import columns, job, paths, records, report
from common.columns import BadCell, Row
from common.errors import UserError
from common.records import Record

CHECKS = {
    "type": "every cell can be read as its column's type, and no required cell is empty",
    "missing": "no cell is empty",
    "category": "text is one of the known values",
    "range": "numbers are plausible",
    "duplicate": "no row occurs twice",
    "unexpected_column": "every column is in the schema",
}
FATAL = "type"
EXAMPLES = 20  # places listed of each finding


@dataclass
class Finding:
    """One problem of one column, and where it was met."""

    check: str
    column: str | None
    problem: str
    count: int = 0
    examples: list[dict[str, object]] = field(default_factory=list)

    def add(self, record: Record, value: object) -> None:
        """Count one more place; the first ones are listed."""
        self.count += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append({"file": record.file, "line": record.line, "value": value})


class Examination:
    """What was met in the rows seen so far."""

    def __init__(self) -> None:
        self.error: BadCell | None = None  # the first fatal one
        self._rows: Counter[str] = Counter()
        self._findings: dict[tuple[str, str | None, str], Finding] = {}
        self._first_places: dict[str, str] = {}

    def add(self, record: Record) -> None:
        """Examine one row."""
        self._rows[record.file] += 1
        for name, cell in record.cells.items():
            if name not in SCHEMA.names:
                self._found("unexpected_column", name, "not in the schema; ignored", record, cell)
        try:
            row = columns.parse(SCHEMA.columns, record.cells, record.place)
        except BadCell as error:
            self.error = self.error or error
            self._found(FATAL, error.column, error.reason, record, error.value)
        else:
            self._examine_values(record, row)
            self._examine_repetition(record, row)

    def report(self) -> dict[str, Any]:
        """The document described at the top of this module."""
        violations = [sum(finding.count for finding in self._of(check)) for check in CHECKS]
        return {
            "version": 1,
            "passed": self.error is None,
            "rows": self._rows.total(),
            "files": dict(self._rows),
            "checks": [
                {"check": check, "description": text, "passed": not count, "violations": count}
                for (check, text), count in zip(CHECKS.items(), violations, strict=True)
            ],
            "findings": [asdict(finding) for check in CHECKS for finding in self._of(check)],
        }

    def _of(self, check: str) -> list[Finding]:
        return [finding for finding in self._findings.values() if finding.check == check]

    def _examine_values(self, record: Record, row: Row) -> None:
        for column in SCHEMA.columns:
            value = row[column.name]
            if value is None:
                self._found("missing", column.name, "empty", record, None)
            elif problem := column.oddity(value):
                check = "category" if isinstance(value, str) else "range"
                self._found(check, column.name, problem, record, value)

    def _examine_repetition(self, record: Record, row: Row) -> None:
        first = self._first_places.setdefault(columns.key(SCHEMA.columns, row), record.place)
        if first != record.place:
            self._found("duplicate", None, "same values as an earlier row", record, f"first in {first}")

    def _found(self, check: str, column: str | None, problem: str, record: Record, value: object) -> None:
        key = (check, column, problem)
        self._findings.setdefault(key, Finding(*key)).add(record, value)


def validate(data: Path, output: Path) -> None:
    """Write the report on ``data`` into ``output``; then raise UserError if a cell is unreadable."""
    examination = Examination()
    for record in records.read(data, SCHEMA.names):
        examination.add(record)
    document = examination.report()
    report.write(output / "validation.json", document)
    print(f"{document['rows']} rows in {len(document['files'])} files")
    for check in document["checks"]:
        print(f"{check['check']}: {check['violations']} violations ({check['description']})")
    if examination.error:
        raise UserError(f"{examination.error} (the first unreadable row; validation.json counts them all)")


def main(argv: list[str] | None = None) -> int:
    """Run the step by hand or as a processing job; returns the exit status."""
    parser = job.ArgumentParser("abalone.validate", __doc__)
    parser.path("data", paths.processing_input("data"), "CSV file, or folder of them")
    parser.path("output", paths.processing_output(), "folder for validation.json")
    return job.run(lambda: validate(**vars(parser.parse_args(argv))), paths.processing_message())


if __name__ == "__main__":
    sys.exit(main())
