"""Data capture of batch transform: manifests of what went in and came out, and ids by which records are found again.

Source: the guide's page model-monitor-data-capture-batch. The names of the manifests are those of endpoints' files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sagemaker_local.domain.capture import file_key
from sagemaker_local.domain.transform.processing import OUTPUT

ID, TIME = "SageMakerInferenceId", "SageMakerInferenceTime"


def manifest(prefix: str, names: Iterable[str]) -> bytes:
    """The objects *names* below *prefix*, as SageMaker's manifests list them."""
    return json.dumps([{"prefix": prefix}, *names]).encode()


def manifest_key(side: str, started: float, unique: str) -> str:
    """Where the manifest of ``input`` or ``output`` goes below ``DestinationS3Uri``: by the hour of the job's start."""
    return f"{side}/{file_key(started, unique)}"


@dataclass(frozen=True)
class Identified:
    """Gives every record of an answer an inference id and the time at which its job has started."""

    is_csv: bool
    """JSON otherwise, one record or one a line"""
    started: float
    """epoch seconds"""
    new_id: Callable[[], str]

    def __call__(self, answer: bytes) -> bytes:
        """*answer* with the ids; what is neither CSV nor JSON stays as it is."""
        lines = answer.splitlines(keepends=True)
        if self.is_csv:
            return b"".join(self._row(line) for line in lines)
        whole = _json(answer)
        if whole is not None:
            content = answer.rstrip(b"\r\n")
            return self._object(whole) + answer[len(content) :]
        return b"".join(self._line(line) for line in lines)

    @property
    def _time(self) -> str:
        return datetime.fromtimestamp(self.started, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _row(self, line: bytes) -> bytes:
        content = line.rstrip(b"\r\n")
        if not content:
            return line
        return content + f",{self.new_id()},{self._time}".encode() + line[len(content) :]

    def _line(self, line: bytes) -> bytes:
        content, value = line.rstrip(b"\r\n"), _json(line)
        return line if value is None else self._object(value) + line[len(content) :]

    def _object(self, value: Any) -> bytes:
        members = value if isinstance(value, dict) else {OUTPUT: value}
        return json.dumps({**members, ID: self.new_id(), TIME: self._time}, ensure_ascii=False).encode()


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
