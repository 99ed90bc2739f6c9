"""Blocks of capture files as rows of values: lines that are alike at once, the others one by one."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from monitoring import records
from monitoring.batches import EVENT, INFERENCE, TIME, Batch, Lines, Rows, Times, key
from monitoring.shapes import SEPARATOR, Shape
from monitoring.window import Window, canonical
from tabular import bulk
from tabular.columns import PREDICTION, BadCell, Column, Label, Row, Value, parse, value
from tabular.conversion import Conversion
from tabular.hashing import hashes
from tabular.table import Mask, Numbers, Table, of_rows
from tabular.use_case import Schema

MISSING_COLUMNS, EXTRA_COLUMNS = "Missing columns", "Extra columns"
"""What columns are called that have no name: those of rows of CSV."""
TIME_LENGTH = len("2026-03-01T10:00:00Z")
SHAPES = 8
"""How many shapes the lines of a block are tried by: each passes through all that are left."""

TEST = b'"customAttributes":["synthetic"]'
"""What captured requests bear that a deployment makes itself: known rows, and those that it replays, are no traffic."""
ATTRIBUTES = re.compile(rb',"customAttributes":\["(?:[^"\\]|\\.)*"\]')
"""What else they bear, such as the id of a trace, tells nothing, and would make each line one of its own kind."""


class WrongWidth(ValueError):
    """A row with other columns than the features."""

    def __init__(self, missing: Sequence[str], extra: Sequence[str]) -> None:
        super().__init__(missing, extra)
        self.missing, self.extra = missing, extra


@dataclass(frozen=True)
class _Origin:
    """Where a row comes from; ``first`` is the first one of its record that can be used."""

    record: records.Record
    place: int
    first: bool


class Reader:
    """Reads blocks of whole lines into the values of the schema's features, and the predictions, of the records of a
    window."""

    def __init__(self, schema: Schema, window: Window) -> None:
        self._window = window
        self._features = schema.features
        self._names = [feature.name for feature in schema.features]
        target = schema.target
        self._labels = (target.negative, target.positive) if isinstance(target, Label) else ()

    def read(self, block: bytes) -> Batch:
        """All of a block; nothing in it is fatal."""
        batch = Batch()
        text = _without_attributes(block if block.endswith(b"\n") else block + b"\n", batch.counts)
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
        for _ in range(SHAPES):
            shapes = ((Shape.of(lines[number]), lines[number]) for number in pending)
            shape = next((shape for shape, line in shapes if self._values(shape, line)), None)
            values = {number: found for number in pending if (found := self._values(shape, lines[number]))}
            grid = self._fitting(shape, b"\n".join([*values.values(), b""])) if shape and values else None
            if not (shape and grid):
                break
            self._add(batch, shape, grid, np.fromiter(values, np.int64))
            pending = [number for number in pending if number not in values]
        self._one_by_one(batch, {number: lines[number] for number in pending})

    def _values(self, shape: Shape | None, line: bytes) -> bytes | None:
        """What is left of a line; None unless its cells fit, so that an odd one keeps no others from being read."""
        found = shape.values(line) if shape else None
        if shape is None or found is None or not _is_utf8(found):
            return None
        inputs, answer, *names, time = (each.split(b",") for each in found.split(SEPARATOR))
        if len(inputs) != len(self._features) or max(len(each) for each in (answer, time, *names)) > 1:
            return None
        named = all(each for name in names for each in name)
        short = max(map(len, (*inputs, *answer, *(each for name in names for each in name)))) <= records.LONGEST
        return found if named and short and _is_time(time[0]) else None

    def _fitting(self, shape: Shape, text: bytes) -> bulk.Grid | None:
        """The cells of stripped lines; None unless all fit."""
        grid = shape.grid(text, len(self._features)) if _is_utf8(text) else None
        if grid is None or (grid.lengths > records.LONGEST).any():
            return None
        names = grid.lengths[len(self._features) + 1 : -1]
        if not names.all() or (grid.lengths[-1] != TIME_LENGTH).any():
            return None
        times = bulk.texts(grid, len(grid.ends) - 1, TIME_LENGTH).view(f"S{3 * bulk.WORD}")[:, 0]
        changed = np.append(True, times[1:] != times[:-1])
        return grid if all(map(_is_time, set(times[changed].tolist()))) else None

    def _add(self, batch: Batch, shape: Shape, grid: bulk.Grid, lines: Lines) -> None:
        identified = (INFERENCE,) if shape.identified else ()
        columns: Sequence[Column] = (*self._features, EVENT, *identified, TIME)
        answer = len(self._features)
        places = [place for place in range(len(columns) + 1) if place != answer]
        found = Conversion(grid, columns, places, "capture", 1)
        times = found.table.texts[TIME.name]
        inside = self._inside(times)
        batch.order.append((lines, times))
        batch.counts.update(read=grid.rows, outside=grid.rows - int(np.count_nonzero(inside)))
        bad = [error.column for row, error in found.bad.items() if inside[row]]
        batch.counts["unreadable"] += len(bad)
        batch.unreadable.update(bad)
        inside[list(found.bad)] = False
        predicted = self._predicted(batch, grid, answer, inside)
        table = found.table.take(inside)
        events = hashes([EVENT], table)
        identities = hashes([INFERENCE], table) if identified else events
        numbers = {**table.numbers, PREDICTION.name: predicted[inside]}
        features = Table(table.rows, numbers, table.codes, table.unknown, {})
        first = np.ones(table.rows, dtype=np.bool_)
        batch.parts.append(Rows(features, events, identities, table.texts[TIME.name], first))

    def _predicted(self, batch: Batch, grid: bulk.Grid, place: int, usable: Mask) -> Numbers:
        """The answers to all rows, NaN for what is no number; of those to usable rows it is told what is none."""
        answers = Conversion(grid, (PREDICTION,), (place,), "capture", 1)
        predicted = answers.table.numbers[PREDICTION.name]
        bad = list(answers.bad)
        predicted[bad] = 0
        batch.counts["unanswered"] += int(np.count_nonzero(np.isnan(predicted) & usable))
        predicted[bad] = np.nan
        wrong = [row for row, error in answers.bad.items() if usable[row] and error.value not in self._labels]
        batch.unreadable[PREDICTION.name] += len(wrong)
        return predicted

    def _inside(self, times: Times) -> Mask:
        inside: Mask = (times >= self._window.start.encode()) & (times < self._window.end.encode())
        return inside

    def _one_by_one(self, batch: Batch, lines: dict[int, bytes]) -> None:
        rows: list[Row] = []
        origins: list[_Origin] = []
        order: list[tuple[int, bytes]] = []
        for number, line in lines.items():
            try:
                record = records.read(line, self._names)
            except records.Truncated:
                batch.counts["truncated"] += 1
            except records.Foreign:
                batch.counts["foreign"] += 1
            else:
                batch.counts["read"] += 1
                order.append((number, record.time.encode()))
                readable = self._readable(batch, record)
                rows += readable.values()
                origins += [_Origin(record, place, place == min(readable)) for place in readable]
        if order:
            batch.order.append((np.array([each[0] for each in order]), np.array([each[1] for each in order])))
        if rows:
            batch.parts.append(_collected(of_rows((*self._features, PREDICTION), rows), origins))

    def _readable(self, batch: Batch, record: records.Record) -> dict[int, Row]:
        """By place in the record the values of each row that can be used."""
        if not self._window.holds(record.time):
            batch.counts["outside"] += 1
            return {}
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
            found = value(PREDICTION, prediction, "capture")
        except BadCell:
            batch.unreadable[PREDICTION.name] += prediction not in self._labels
            return None
        batch.counts["unanswered"] += found is None
        return found

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


@lru_cache(1 << 14)
def _is_time(text: bytes) -> bool:
    """Whether a time is written as capture files do."""
    try:
        return canonical(text.decode()).encode() == text
    except (ValueError, OverflowError):
        return False


def _without_attributes(text: bytes, counts: Counter[str]) -> bytes:
    """The lines that are not of tests, which are counted, without attributes of the client's."""
    if TEST in text:
        lines = text.split(b"\n")
        traffic = [line for line in lines if TEST not in line]
        counts["tests"] += len(lines) - len(traffic)
        text = b"\n".join(traffic)
    return ATTRIBUTES.sub(b"", text) if b'"customAttributes"' in text else text


def _collected(table: Table, origins: Sequence[_Origin]) -> Rows:
    places = [each.place for each in origins]
    return Rows(
        table,
        key([each.record.event for each in origins], places),
        key([each.record.identity for each in origins], places),
        np.array([each.record.time.encode() for each in origins], dtype=np.bytes_),
        np.array([each.first for each in origins]),
    )
