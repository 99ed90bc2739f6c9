"""Check raw data before anything is learned from it.

A file that cannot be read as the schema demands fails the job, and so does a feature without any value: no model could
learn from it. What is merely odd (missing values, unknown
categories, implausible numbers, duplicates, unexpected columns) is reported and kept: whether it is an error
is for a human to say.

Writes ``validation.json``: ``rows``, ``files`` (rows of each), ``passed``, ``checks`` (violations of each)
and ``findings`` (check, column, problem, exact count, and the first places with their values). Beside it
``quality/statistics.json`` and ``quality/constraints.json``, which monitors of data quality compare later data with.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from common import job, paths, report
from common.errors import UserError
from tabular import hashing, reading
from tabular.columns import BadCell, Category, Number, shortened
from tabular.data_quality import Profile
from tabular.hashing import Hashes
from tabular.reading import Block, Lines
from tabular.table import MISSING, Mask, Numbers
from tabular.use_case import Schema, UseCase

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

    def add(self, count: int, found: Iterator[tuple[str, object]]) -> None:
        """Count more of it; ``found`` gives each one's place and value, and is asked only for those that are listed."""
        self.count += count
        room = EXAMPLES - len(self.examples)
        self.examples += [{"place": place, "value": _shown(value)} for place, value in islice(found, room)]


def _shown(value: object) -> object:
    return shortened(value) if isinstance(value, str) else value


class Examination:
    """What was met in the rows seen so far."""

    def __init__(self, schema: Schema) -> None:
        self.error: BadCell | None = None  # the first fatal one
        self._schema = schema
        self._rows: Counter[str] = Counter()
        self._findings: dict[tuple[str, str | None, str], Finding] = {}
        self._files: list[str] = []  # of each block
        self._lines: list[Lines] = []
        self._contents: list[Hashes] = []

    def add(self, block: Block) -> None:
        """Examine some rows."""
        if block.file not in self._rows:
            for name in block.unexpected:
                self._found("unexpected_column", name, "not in the schema; ignored", [(f"{block.file}, line 1", name)])
        self._rows[block.file] += block.table.rows + len(block.bad)
        for error in block.bad:
            self.error = self.error or error
            self._found(FATAL, error.column, error.reason, [(error.place, error.value)])
        for column in (*self._schema.features, *self._schema.attributes, self._schema.target):
            if isinstance(column, Number):
                self._examine_numbers(block, column)
            elif isinstance(column, Category):
                self._examine_categories(block, column)
        self._files.append(block.file)
        self._lines.append(block.lines)
        self._contents.append(hashing.hashes(self._schema.columns, block.table))

    def report(self) -> dict[str, Any]:
        """The document described at the top of this module."""
        self._examine_repetitions()
        violations = [sum(finding.count for finding in self._of(check)) for check in CHECKS]
        return {
            "version": 1,
            "passed": self.error is None and not self.lacking(),
            "rows": self._rows.total(),
            "files": dict(self._rows),
            "checks": [
                {"check": check, "description": text, "passed": not count, "violations": count}
                for (check, text), count in zip(CHECKS.items(), violations, strict=True)
            ],
            "findings": [asdict(finding) for check in CHECKS for finding in self._of(check)],
        }

    def lacking(self) -> list[str]:
        """The features that are empty in all of the rows."""
        empty = {finding.column for finding in self._of("missing") if finding.count == sum(map(len, self._lines))}
        return [feature.name for feature in self._schema.features if feature.name in empty]

    def _of(self, check: str) -> list[Finding]:
        return [finding for finding in self._findings.values() if finding.check == check]

    def _examine_numbers(self, block: Block, column: Number) -> None:
        values = block.table.numbers[column.name]
        self._found_rows("missing", column.name, "empty", block, np.isnan(values))
        low, below = values <= column.above, (values < column.minimum) & ~(values <= column.above)
        for odd in (low, below, values > column.maximum):
            if odd.any():
                self._found_rows("range", column.name, str(column.oddity(float(values[odd][0]))), block, odd, values)

    def _examine_categories(self, block: Block, column: Category) -> None:
        self._found_rows("missing", column.name, "empty", block, block.table.codes[column.name] == MISSING)
        if unknown := block.table.unknown[column.name]:
            problem = str(column.oddity(next(iter(unknown.values()))))
            self._found("category", column.name, problem, [(block.place(row), text) for row, text in unknown.items()])

    def _examine_repetitions(self) -> None:
        contents = np.concatenate([np.empty(0, np.uint64), *self._contents])
        _, first, same = np.unique(contents, return_index=True, return_inverse=True)
        original = first[same]
        repeated = np.flatnonzero(original != np.arange(len(contents))).tolist()
        named = ((self._place(row), f"first in {self._place(int(original[row]))}") for row in repeated)
        if repeated:
            finding = self._finding("duplicate", None, "same values as an earlier row")
            finding.add(len(repeated), named)

    def _place(self, row: int) -> str:
        """The place of the ``row``-th of all good rows."""
        ends = np.cumsum([len(lines) for lines in self._lines])
        block = int(np.searchsorted(ends, row, side="right"))
        return f"{self._files[block]}, line {self._lines[block][row - ends[block]]}"

    def _found_rows(
        self, check: str, column: str, problem: str, block: Block, chosen: Mask, values: Numbers | None = None
    ) -> None:
        rows = np.flatnonzero(chosen).tolist()
        if rows:
            found = ((block.place(row), None if values is None else float(values[row])) for row in rows)
            self._finding(check, column, problem).add(len(rows), found)

    def _found(self, check: str, column: str, problem: str, found: Sequence[tuple[str, object]]) -> None:
        self._finding(check, column, problem).add(len(found), iter(found))

    def _finding(self, check: str, column: str | None, problem: str) -> Finding:
        key = (check, column, problem)
        return self._findings.setdefault(key, Finding(*key))


def validate(use_case: UseCase, data: Path, output: Path) -> None:
    """Write the report on ``data`` and its baseline into ``output``; then raise UserError if a cell is unreadable or a
    feature without any value."""
    examination, profile = Examination(use_case.schema), Profile(use_case.schema.features)
    for block in reading.read(data, use_case.schema.columns):
        examination.add(block)
        profile.add(block.table)
    document = examination.report()
    report.write(output / "validation.json", document)
    for name, baseline in zip(("statistics", "constraints"), profile.documents(), strict=True):
        report.write(output / "quality" / f"{name}.json", baseline)
    print(f"{document['rows']} rows in {len(document['files'])} files")
    for check in document["checks"]:
        print(f"{check['check']}: {check['violations']} violations ({check['description']})")
    if examination.error:
        raise UserError(f"{examination.error} (the first unreadable row; validation.json counts them all)")
    if lacking := examination.lacking():
        names = ", ".join(map(repr, lacking))
        raise UserError(f"column {names} is empty in all {document['rows']} rows; supply its values")


def main(use_case: UseCase, argv: Sequence[str]) -> int:
    """Run the step by hand or as a processing job; returns the exit status."""
    parser = job.ArgumentParser(f"{use_case.name} validate", __doc__)
    parser.path("data", paths.processing_input("data"), "CSV file, or folder of them")
    parser.path("output", paths.processing_output(), "folder for the results")
    return job.run(lambda: validate(use_case, **vars(parser.parse_args(argv))), paths.processing_message())
