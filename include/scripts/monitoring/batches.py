"""Blocks of capture files as rows of values."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from monitoring import records
from monitoring.shapes import SEPARATOR, Shape
from tabular import bulk
from tabular.columns import PREDICTION, BadCell, Column, Identifier, Label, Row, Value, parse, value
from tabular.conversion import Conversion
from tabular.hashing import Hashes, hashes
from tabular.table import Mask, Table, of_rows
from tabular.use_case import Schema

EVENT, INFERENCE, TIME = Identifier("eventId"), Identifier("inferenceId"), Identifier("inferenceTime")
NEXT_ROW = np.uint64(0x9E3779B97F4A7C15)
"""What the hashes of a record's rows differ by."""
MISSING_COLUMNS, EXTRA_COLUMNS = "Missing columns", "Extra columns"
"""What columns are called that have no name: those of rows of CSV."""
TIME_LENGTH = len("2026-03-01T10:00:00Z")

TEST = b'"customAttributes":["synthetic"]'
"""What captured requests bear that a deployment makes itself: known rows, and those that it replays, are no traffic."""

Lines = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Rows:
    """Rows with the prediction that each got.

    ``keys`` are hashes of the event and the row's place in its record, ``identities`` the same of what ground truth
    names the record by; ``first`` are those that begin a record, and ``lines`` where it stands in its block.
    """

    table: Table
    keys: Hashes
    identities: Hashes
    times: npt.NDArray[np.bytes_]
    first: Mask
    lines: Lines

    def take(self, chosen: Mask) -> "Rows":
        """The rows where ``chosen`` is true."""
        if chosen.all():
            return self
        return Rows(
            self.table.take(chosen),
            self.keys[chosen],
            self.identities[chosen],
            self.times[chosen],
            self.first[chosen],
            self.lines[chosen],
        )


@dataclass
class Batch:
    """What is in a block: ``parts`` of its rows, how many records there are of each kind, and by column in how many
    rows it is ``unreadable``, ``missing``, or ``extra``: none that the model knows."""

    parts: list[Rows] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    extra: Counter[str] = field(default_factory=Counter)


class WrongWidth(ValueError):
    """A row with other columns than the features."""

    def __init__(self, missing: Sequence[str], extra: Sequence[str]) -> None:
        super().__init__(missing, extra)
        self.missing, self.extra = missing, extra


def key(identities: Sequence[str], places: Sequence[int]) -> Hashes:
    """The hash of each identity and the place of the row in its record."""
    texts = np.array([text.encode() for text in identities] or [b""], dtype=np.bytes_)[: len(identities)]
    table = Table(len(texts), {}, {}, {}, {EVENT.name: texts})
    found: Hashes = hashes([EVENT], table) + np.asarray(places, dtype=np.uint64) * NEXT_ROW
    return found


class Reader:
    """Reads blocks of whole lines into the values of the schema's features, and the predictions."""

    def __init__(self, schema: Schema) -> None:
        self._features = schema.features
        self._names = [feature.name for feature in schema.features]
        target = schema.target
        self._labels = (target.negative, target.positive) if isinstance(target, Label) else ()

    def read(self, block: bytes) -> Batch:
        """All of a block; nothing in it is fatal."""
        batch = Batch()
        text = _without_tests(block if block.endswith(b"\n") else block + b"\n", batch.counts)
        if not text:
            return batch
        shape = Shape.of(text[: text.index(b"\n")])
        grid = self._fitting(shape, shape.strip(text)) if shape and SEPARATOR not in text else None
        if shape and grid:
            self._add(batch, shape, grid, np.arange(grid.rows))
        else:
            self._line_by_line(batch, text)
        return batch

    def _line_by_line(self, batch: Batch, text: bytes) -> None:
        """Some lines differ: those of one shape together, the others each for itself."""
        lines = text.split(b"\n")[:-1]
        pending = [number for number, line in enumerate(lines) if line.strip()]
        batch.counts["empty"] += len(lines) - len(pending)
        while shape := next((shape for number in pending if (shape := Shape.of(lines[number]))), None):
            values = {number: found for number in pending if (found := self._values(shape, lines[number]))}
            grid = self._fitting(shape, b"\n".join([*values.values(), b""])) if values else None
            if not grid:
                break
            self._add(batch, shape, grid, np.fromiter(values, np.int64))
            pending = [number for number in pending if number not in values]
        self._one_by_one(batch, {number: lines[number] for number in pending})

    def _values(self, shape: Shape, line: bytes) -> bytes | None:
        found = shape.values(line)
        commas = [cell.count(b",") for cell in found.split(SEPARATOR)] if found else []
        expected = [len(self._features) - 1] + [0] * len(shape.between)
        return found if commas == expected else None

    def _fitting(self, shape: Shape, text: bytes) -> bulk.Grid | None:
        """The cells of stripped lines; None unless all fit."""
        grid = shape.grid(text, len(self._features)) if _is_utf8(text) else None
        if grid is None:
            return None
        ends, characters = grid.ends[-1], grid.characters
        timed = (grid.lengths[-1] == TIME_LENGTH) & (characters[ends - 1] == ord("Z"))
        return grid if timed.all() else None

    def _add(self, batch: Batch, shape: Shape, grid: bulk.Grid, lines: Lines) -> None:
        identified = (INFERENCE,) if shape.identified else ()
        columns: Sequence[Column] = (*self._features, EVENT, *identified, TIME)
        answer = len(self._features)
        places = [place for place in range(len(columns) + 1) if place != answer]
        found = Conversion(grid, columns, places, "capture", 1)
        answers = Conversion(grid, (PREDICTION,), (answer,), "capture", 1)
        predicted = answers.table.numbers[PREDICTION.name]
        predicted[list(answers.bad)] = np.nan
        good = np.ones(grid.rows, dtype=np.bool_)
        good[list(found.bad)] = False
        batch.counts["read"] += grid.rows
        batch.counts["unreadable"] += len(found.bad)
        unreadable = [error for error in answers.bad.values() if error.value not in self._labels]
        batch.unreadable.update(error.column for error in (*found.bad.values(), *unreadable))
        table = found.table.take(good) if found.bad else found.table
        events = hashes([EVENT], table)
        identities = hashes([INFERENCE], table) if identified else events
        numbers = {**table.numbers, PREDICTION.name: predicted[good]}
        features = Table(table.rows, numbers, table.codes, table.unknown, {})
        first = np.ones(table.rows, dtype=np.bool_)
        batch.parts.append(Rows(features, events, identities, table.texts[TIME.name], first, lines[good]))

    def _one_by_one(self, batch: Batch, lines: dict[int, bytes]) -> None:
        rows: list[Row] = []
        origins: list[tuple[records.Record, int, int]] = []
        for number, line in lines.items():
            try:
                record = records.read(line, self._names)
            except records.Truncated:
                batch.counts["truncated"] += 1
            except records.Foreign:
                batch.counts["foreign"] += 1
            else:
                batch.counts["read"] += 1
                readable = self._readable(batch, record)
                rows += readable.values()
                origins += [(record, place, number) for place in readable]
        if rows:
            batch.parts.append(_collected(of_rows((*self._features, PREDICTION), rows), origins))

    def _readable(self, batch: Batch, record: records.Record) -> dict[int, Row]:
        """By place in the record the values of each row that can be used."""
        found = {}
        for place, (row, prediction) in enumerate(zip(record.rows, record.predictions, strict=True)):
            try:
                found[place] = parse(self._features, self._named(row), "capture")
                found[place] |= {PREDICTION.name: self._answer(batch, prediction)}
            except BadCell as error:
                batch.unreadable[error.column] += 1
            except WrongWidth as error:
                batch.missing.update(error.missing)
                batch.extra.update(error.extra)
        batch.counts["unreadable"] += len(record.rows) - len(found)
        return found

    def _answer(self, batch: Batch, prediction: object) -> Value:
        """None for what is no number; a label that was asked for is none, and in order."""
        try:
            return value(PREDICTION, prediction, "capture")
        except BadCell:
            if prediction not in self._labels:
                batch.unreadable[PREDICTION.name] += 1
            return None

    def _named(self, row: records.Row) -> dict[str, object]:
        """Cells by name. Raises WrongWidth: what the model cannot have answered. Named cells may be among others."""
        if isinstance(row, Mapping):
            if missing := [name for name in self._names if name not in row]:
                raise WrongWidth(missing, [name for name in row if name not in self._names])
            return dict(row)
        if len(row) != len(self._names):
            few = len(row) < len(self._names)
            raise WrongWidth([MISSING_COLUMNS] * few, [EXTRA_COLUMNS] * (not few))
        return dict(zip(self._names, row, strict=True))


def _is_utf8(text: bytes) -> bool:
    try:
        return text.isascii() or bool(text.decode())
    except UnicodeDecodeError:
        return False


def _without_tests(text: bytes, counts: Counter[str]) -> bytes:
    """The lines that are not of tests, which are counted."""
    if TEST not in text:
        return text
    lines = text.split(b"\n")
    traffic = [line for line in lines if TEST not in line]
    counts["tests"] += len(lines) - len(traffic)
    return b"\n".join(traffic)


def _collected(table: Table, origins: Sequence[tuple[records.Record, int, int]]) -> Rows:
    found, places, lines = zip(*origins, strict=True)
    return Rows(
        table,
        key([record.event for record in found], places),
        key([record.identity for record in found], places),
        np.array([record.time.encode() for record in found], dtype=np.bytes_),
        np.array(places) == 0,
        np.array(lines, dtype=np.int64),
    )
