"""Capture files as endpoints write them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from monitoring.window import Window

WINDOW = Window("2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z")
ROW = "M,0.455,0.365,0.095,0.514,0.2245,0.101,0.15"


def record(
    row: str = ROW,
    prediction: str | None = "10.5",
    event: str = "e-0",
    inference: str | None = None,
    time: str = "2026-03-01T10:00:00Z",
    **more: Any,
) -> dict[str, Any]:
    """One captured invocation, in the order of members that endpoints write."""
    found: dict[str, Any] = {"endpointInput": side("INPUT", row)}
    if prediction is not None:
        found["endpointOutput"] = side("OUTPUT", prediction)
    identity = {} if inference is None else {"inferenceId": inference}
    return {
        "captureData": found,
        "eventMetadata": {"eventId": event, **identity, **more, "inferenceTime": time},
        "eventVersion": "0",
    }


def side(mode: str, data: str, content_type: str = "text/csv", encoding: str = "CSV") -> dict[str, str]:
    """What went in or came out."""
    return {"observedContentType": content_type, "mode": mode, "data": data, "encoding": encoding}


def line(found: Any) -> bytes:
    """As it stands in a file."""
    return json.dumps(found, separators=(",", ":")).encode() + b"\n"


def lines(records: Iterable[Any]) -> bytes:
    return b"".join(map(line, records))


def write(folder: Path, *contents: bytes) -> list[Path]:
    """One file for each of the contents."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{number:02}.jsonl" for number in range(len(contents))]
    for file, content in zip(files, contents, strict=True):
        file.write_bytes(content)
    return files


def traffic(rows: Sequence[str], predictions: Sequence[float] | None = None) -> bytes:
    """A record for each row, a second apart at most, with event ids of their own."""
    answers = np.full(len(rows), 10.0) if predictions is None else predictions
    return lines(
        record(row, f"{answers[number]}", f"e-{number}", f"i-{number}", time(number * 3599 // max(len(rows) - 1, 1)))
        for number, row in enumerate(rows)
    )


def time(second: int) -> str:
    """That second of the window."""
    return f"2026-03-01T10:{second // 60:02}:{second % 60:02}Z"
