"""The events of CloudWatch Logs in a file that is only appended to.

ministack keeps them in its state, which is copied and written whole each time that any of it is saved: after a hundred
thousand lines that takes seconds, during which no event of SageMaker's is delivered.
"""

from __future__ import annotations

import copy
import json
import logging
import os
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

State = dict[str, Any]
Stream = dict[str, Any]
# A stream's member that ministack does not have; a stream that is made again under its name is another one.
_ID = "eventsId"
# Of ministack's state what is kept as it is. Records of events it makes again as they are asked for.
_REST = (
    "destinations",
    "resource_policies",
    "log_group_policies",
    "metric_filters",
    "queries",
    "delivery_sources",
    "delivery_destinations",
    "deliveries",
)


def keep_apart(logs: Any, file: Path) -> None:
    """Have ministack's module *logs* keep its events in *file*: what its state is asked for is written first."""
    events = EventFile(file)
    append, load = logs._append_log_events, logs.load_persisted_state

    def append_log_events(stream: Stream, new: list[State]) -> None:
        append(stream, new)
        events.add(stream.setdefault(_ID, uuid.uuid4().hex), new)

    def get_state() -> State:
        events.write()
        rest = {name: copy.deepcopy(getattr(logs, f"_{name}")) for name in _REST}
        return {"log_groups": _without_events(logs._log_groups), **rest}

    def load_persisted_state(state: State) -> None:
        load(state)
        streams = [stream for _, group in logs._log_groups.all_items() for stream in group["streams"].values()]
        by_id = {stream[_ID]: stream for stream in streams if _ID in stream}
        for identifier, some in events.read():
            if identifier in by_id:
                append(by_id[identifier], some)
        events.replace([(stream.setdefault(_ID, uuid.uuid4().hex), stream["events"]) for stream in streams])

    logs._append_log_events, logs.get_state = append_log_events, get_state
    logs.load_persisted_state = load_persisted_state


def _without_events(groups: Any) -> Any:
    """A copy to be written, without the events; that of ten thousand streams takes some milliseconds."""
    bare = type(groups)()
    for key, group in groups.all_items():
        streams = {name: {**stream, "events": []} for name, stream in [*group["streams"].items()]}
        bare._data[key] = {**copy.deepcopy({**group, "streams": {}}), "streams": streams}
    return bare


class EventFile:
    """The file: a line for each batch, which says whose it is; safe to use from any thread."""

    def __init__(self, file: Path) -> None:
        self._file, self._lock = file, threading.Lock()
        self._new: list[bytes] = []

    def add(self, identifier: str, events: list[State]) -> None:
        """Events of a stream, for the next ``write``."""
        line = _line(identifier, events)
        with self._lock:
            self._new.append(line)

    def write(self) -> None:
        """Append what was added. Raises ``OSError``, and then nothing was."""
        with self._lock:
            if self._new:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                _append(self._file, b"".join(self._new))
                self._new = []

    def read(self) -> Iterator[tuple[str, list[State]]]:
        """Every batch, in the order in which they were added."""
        if not self._file.exists():
            return
        with self._file.open("rb") as lines:
            for line in filter(bytes.strip, lines):
                try:
                    identifier, events = json.loads(line)
                except ValueError:
                    log.warning("%s: left out a line that was being written as the server was killed", self._file)
                    continue
                yield identifier, events

    def replace(self, batches: list[tuple[str, list[State]]]) -> None:
        """Keep these instead: those of streams that are gone have been there until now."""
        temporary = self._file.with_suffix(".tmp")
        temporary.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(b"".join(_line(identifier, events) for identifier, events in batches if events))
        temporary.replace(self._file)


def _line(identifier: str, events: list[State]) -> bytes:
    # It begins a line of its own, whatever a killed server has left.
    return b"\n" + json.dumps([identifier, events]).encode()


def _append(file: Path, content: bytes) -> None:
    """All of *content* or, where that fails, nothing."""
    with file.open("ab", buffering=0) as sink:
        end = sink.seek(0, os.SEEK_END)
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[sink.write(rest) :]
        except OSError:
            sink.truncate(end)
            raise
