"""A job's log, read line by line from CloudWatch Logs, each line once."""

from typing import Any

from mlops_sagemaker.jobs import JobKind

LogPositions = dict[str, list[int]]
"""Per log stream the timestamp (ms) of the last line read, and how many lines of that timestamp were read."""


def line(kind: JobKind, name: str, stream: str, streams: int, event: Any) -> str:
    """A line of a job's log; where there are several streams, with the name of its own."""
    host = f"[{stream.removeprefix(kind.log_prefix(name))}] " if streams > 1 else ""
    return host + str(event["message"]).rstrip("\n")


def move_on(position: list[int], event: Any) -> None:
    """``position`` past ``event``."""
    timestamp, count = position
    position[:] = event["timestamp"], count + 1 if event["timestamp"] == timestamp else 1
