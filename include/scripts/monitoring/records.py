"""Captured records one by one: every content type that endpoints read and write, and what is no record at all.

The format is that of SageMaker's data capture:
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
"""

import base64
import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitoring.window import canonical

CSV, JSON, JSONLINES = "CSV", "JSON", "JSONLINES"
KINDS = {"text/csv": CSV, "application/json": JSON, "application/jsonlines": JSONLINES}

ESCAPED_HALF = rb"\ud"
"""JSON can write half of a character, of which no file can be made."""

NO_ANSWERS = "answers to these rows were expected"
"""What stands for each prediction where what was answered cannot be read or is of another number of rows."""

LONGEST = 256
"""Characters of an id."""

UNREADABLE = (KeyError, TypeError, AttributeError, ValueError, OverflowError, RecursionError, csv.Error)

Row = Mapping[str, object] | Sequence[object]


class Truncated(ValueError):
    """A line that is no whole JSON document."""


class Foreign(ValueError):
    """A line of JSON that is no captured record, or one whose input is nothing that models here read."""


@dataclass(frozen=True)
class Record:
    """One invocation: its rows, each by name or in the order of the features, and as many predictions, None where none
    was captured. ``identity`` is what ground truth names it by: the inference id, or else the event's."""

    event: str
    identity: str
    time: str
    rows: Sequence[Row]
    predictions: Sequence[object]


def read(line: bytes, names: Sequence[str]) -> Record:
    """The record in a line. Raises Truncated or Foreign."""
    try:
        found = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Truncated(str(error)) from None
    try:
        if ESCAPED_HALF in line.lower():
            json.dumps(found, ensure_ascii=False).encode()
        metadata, data = found["eventMetadata"], found["captureData"]
        rows = _rows(_body(data["endpointInput"]), names)
        event, time = _name(metadata["eventId"]), canonical(metadata["inferenceTime"])
        identity = _name(metadata.get("inferenceId", event))
    except UNREADABLE as error:
        raise Foreign(repr(error)) from None
    return Record(event, identity, time, rows, _predictions(data.get("endpointOutput"), len(rows)))


def _predictions(output: Any, rows: int) -> Sequence[object]:
    """The answer to each of the rows, which count whatever the answers are like."""
    if output is None or (isinstance(output, dict) and output.get("data") == ""):
        return [None] * rows
    try:
        found = _answers(_body(output))
    except UNREADABLE:
        found = []
    return found if len(found) == rows else [NO_ANSWERS] * rows


def _name(value: object) -> str:
    """An id. One longer than any that SageMaker gives or takes would make all ids of a block as long."""
    if len(text := _text(value)) > LONGEST:
        raise ValueError(text[:LONGEST])
    return text


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(value)
    return value


def _body(side: Mapping[str, Any]) -> tuple[str, str]:
    """What was sent, and how it is to be read: as its type says, or as the capture does of a type it was told of."""
    encoding, data = side["encoding"], _text(side["data"])
    kind = KINDS.get((side.get("observedContentType") or "").partition(";")[0].strip().lower())
    if encoding == "BASE64":
        return base64.b64decode(data, validate=True).decode(), _text(kind)
    return data, kind if kind == JSONLINES else _text(encoding)


def _rows(body: tuple[str, str], names: Sequence[str]) -> Sequence[Row]:
    text, kind = body
    if kind == CSV:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
        header = [cell.strip() for cell in rows[0]] if rows else []
        if set(names) <= set(header) and rows[1:]:
            return [dict(zip(header, row, strict=True)) for row in rows[1:]]
        return _filled(rows)
    found = _documents(text, kind)
    if isinstance(found, dict):
        found = found.get("instances", [found])
    if not any(isinstance(row, dict | list) for row in found):
        raise ValueError("no row")
    return [row if isinstance(row, dict | list) else [row] for row in found]


def _answers(body: tuple[str, str]) -> list[object]:
    text, kind = body
    if kind == CSV:
        return [line for line in text.splitlines() if line]
    found = _documents(text, kind)
    if isinstance(found, dict):
        found = found.get("predictions", [found])
    return [each["prediction"] if isinstance(each, dict) else each for each in found]


def _documents(text: str, kind: str) -> Any:
    """One JSON document, or the list of those in lines."""
    if kind == JSONLINES:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    return json.loads(text)


def _filled(rows: list[Any]) -> list[Any]:
    if not rows:
        raise ValueError("no row")
    return rows
