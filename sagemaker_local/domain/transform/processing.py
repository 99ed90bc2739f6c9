"""``DataProcessing``: filter what the model sees, join what it answers with what went in, filter what is written."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sagemaker_local.domain.transform.errors import BadData
from sagemaker_local.domain.transform.jsonpath import Path

INPUT, OUTPUT = "SageMakerInput", "SageMakerOutput"


@dataclass(frozen=True)
class Format:
    """How one record of a content type is read and written."""

    read: Callable[[bytes], Any]
    write: Callable[[Any], bytes]


def _read_csv(record: bytes) -> list[str]:
    rows = list(csv.reader([record.decode()], strict=True))
    return rows[0] if rows else []


def _write_csv(value: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(value if isinstance(value, list) else [value])
    return text.getvalue().encode()


def _write_json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


CSV = Format(_read_csv, _write_csv)
_JSON = Format(json.loads, _write_json)
FORMATS = {
    "text/csv": CSV,
    "application/json": _JSON,
    "application/jsonlines": _JSON,
}


def format_of(content_type: str) -> Format | None:
    """The format of a content type, whatever its parameters; ``None`` if data processing does not know it."""
    return FORMATS.get(content_type.partition(";")[0].strip().lower())


@dataclass(frozen=True)
class Processing:
    """The filters and the join of one job."""

    input_filter: Path
    output_filter: Path
    join: bool
    read: Format
    """of what goes in"""
    written: Format
    """of what comes back"""

    @property
    def changes_answers(self) -> bool:
        """Whether answers must be taken apart into one per record."""
        return self.join or not self.output_filter.selects_all

    def request(self, record: bytes) -> bytes:
        """The part of a record that the model sees; a line keeps its end. Raises ``BadData``."""
        if self.input_filter.selects_all:
            return record
        content = record.rstrip(b"\r\n")
        selected = self.input_filter.select(_parsed(self.read, content, "the record"))
        return self.read.write(selected) + record[len(content) :]

    def answer(self, record: bytes, prediction: bytes) -> bytes:
        """What is written for a record (unfiltered) and the model's prediction for it. Raises ``BadData``."""
        value = _parsed(self.written, prediction, "the output from the algorithm")
        if self.join:
            value = _joined(self.read, _parsed(self.read, record.rstrip(b"\r\n"), "the record"), value)
        return self.written.write(self.output_filter.select(value))


def _parsed(format_: Format, data: bytes, what: str) -> Any:
    try:
        return format_.read(data)
    except (ValueError, csv.Error, RecursionError) as error:
        kind = "CSV" if format_ is CSV else "JSON"
        raise BadData(f"Failed to parse {what} as {kind}: {error}") from error


def _joined(format_: Format, record: Any, prediction: Any) -> Any:
    """Columns after columns; into an object under a key of its own; anything else side by side in a new object."""
    if format_ is CSV:
        return [*record, *prediction]
    return {**record, OUTPUT: prediction} if isinstance(record, dict) else {INPUT: record, OUTPUT: prediction}


def predictions(answer: bytes, records: int) -> list[bytes]:
    """The answer's predictions, one per record: its lines, unless there was one record. Raises ``BadData``."""
    if records == 1:
        return [answer.rstrip(b"\r\n")]
    lines = answer.rstrip(b"\r\n").splitlines()
    if len(lines) != records:
        raise BadData(f"the algorithm answered {len(lines)} lines to {records} records: they cannot be told apart")
    return lines
