"""A job's output into CloudWatch Logs, and the metrics found in it."""

from __future__ import annotations

import logging
import math
import re
import threading
import time
from dataclasses import dataclass
from typing import Any

import regex
from botocore.exceptions import BotoCoreError, ClientError

log = logging.getLogger(__name__)

# PutLogEvents takes a mebibyte and 10,000 events at most; each event costs 26 bytes beyond its text.
_BATCH_BYTES, _BATCH_EVENTS, _EVENT_OVERHEAD = 1 << 20, 10_000, 26
_FLUSH_SECONDS = 0.25
_MATCH_SECONDS = 1.0
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def printable(line: str) -> str:
    """*line* as the platform logs it: a control character as ``#`` and its octal number, a tab as ``#011``.

    The metric definitions of the built-in algorithms count on it, and so do those of users who copied them.
    """
    return _CONTROL.sub(lambda found: f"#{ord(found[0]):03o}", line)


class LogStream:
    """A log stream that lines are appended to in the background; ``close`` returns when all are there."""

    def __init__(self, client: Any, group: str, stream: str) -> None:
        self._client, self._group, self._stream = client, group, stream
        self._lines: list[tuple[int, str]] = []
        self._latest = 0
        self._condition = threading.Condition()
        self._closed = False
        self._create()
        self._thread = threading.Thread(target=self._flush_until_closed, daemon=True)
        self._thread.start()

    def append(self, line: str) -> None:
        """Add a line, stamped with the present time."""
        if not line:
            return  # CloudWatch takes no empty event
        with self._condition:
            # Never back: CloudWatch refuses a batch that is out of order, and a clock may jump.
            self._latest = max(self._latest, int(time.time() * 1000))
            self._lines.append((self._latest, line))

    def close(self) -> None:
        """Write what is left."""
        with self._condition:
            self._closed = True
            self._condition.notify()
        self._thread.join()

    def _create(self) -> None:
        for create, arguments in (
            (self._client.create_log_group, {}),
            (self._client.create_log_stream, {"logStreamName": self._stream}),
        ):
            try:
                create(logGroupName=self._group, **arguments)
            except ClientError as error:
                if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
                    raise

    def _flush_until_closed(self) -> None:
        closed = False
        while not closed:
            with self._condition:
                self._condition.wait_for(lambda: self._closed, timeout=_FLUSH_SECONDS)
                closed, lines, self._lines = self._closed, self._lines, []
            for batch in _batches(lines):
                self._put(batch)

    def _put(self, batch: list[tuple[int, str]]) -> None:
        events = [{"timestamp": timestamp, "message": message} for timestamp, message in batch]
        try:
            self._client.put_log_events(logGroupName=self._group, logStreamName=self._stream, logEvents=events)
        except (ClientError, BotoCoreError) as error:
            # The log is an account of the job and no part of it: its loss is told here and fails nothing.
            log.error("%s lines of %s %s are lost: %s", len(batch), self._group, self._stream, error)


def _batches(lines: list[tuple[int, str]]) -> list[list[tuple[int, str]]]:
    batches: list[list[tuple[int, str]]] = []
    size = 0
    for line in lines:
        cost = len(line[1].encode()) + _EVENT_OVERHEAD
        if not batches or size + cost > _BATCH_BYTES or len(batches[-1]) == _BATCH_EVENTS:
            batches.append([])
            size = 0
        batches[-1].append(line)
        size += cost
    return batches


@dataclass(frozen=True)
class Metric:
    """A metric's value as a line of the log had it."""

    name: str
    value: float
    timestamp: float


class MetricScanner:
    """Finds a training job's metrics in its output (``MetricDefinitions``: group 1 of the regex is the value)."""

    def __init__(self, definitions: list[dict[str, str]]) -> None:
        self._patterns = [(item["Name"], regex.compile(item["Regex"])) for item in definitions]
        self._last: dict[str, Metric] = {}

    def scan(self, line: str, timestamp: float) -> list[Metric]:
        """The metrics in *line*."""
        found = [
            Metric(name, value, timestamp)
            for name, pattern in self._patterns
            if (value := _value(pattern, line)) is not None
        ]
        self._last.update((metric.name, metric) for metric in found)
        return found

    def final(self) -> list[dict[str, Any]]:
        """``FinalMetricDataList``: the last value of each metric."""
        return [
            {"MetricName": metric.name, "Value": metric.value, "Timestamp": metric.timestamp}
            for metric in self._last.values()
        ]


def _value(pattern: Any, line: str) -> float | None:
    try:
        match = pattern.search(line, timeout=_MATCH_SECONDS)
    except TimeoutError:
        log.warning("the metric regex %r takes too long on a line of %s characters", pattern.pattern, len(line))
        return None
    if match is None or pattern.groups == 0:
        return None
    try:
        value = float(match[1])
    except (TypeError, ValueError):
        return None  # AWS publishes what is a number and passes over the rest
    return value if math.isfinite(value) else None  # CloudWatch takes neither NaN nor infinity
