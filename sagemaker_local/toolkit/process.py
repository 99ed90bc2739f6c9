"""Runs a command of the user's; its output goes on at once, and what it says of an error is kept."""

from __future__ import annotations

import builtins
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from .errors import CommandFailed

_KILLED = 128 + 9
_OUT_OF_MEMORY = "OutOfMemory: Process killed by SIGKILL (signal 9)"
_ERRORS = tuple(name for name in vars(builtins) if "Error" in name or "Exception" in name)


class ErrorMessage:
    """What a stream says from the first line on that names an error of Python's; each line once."""

    def __init__(self, marks: Sequence[str] = _ERRORS) -> None:
        self._marks = marks
        self.lines: list[str] = []

    def add(self, line: str) -> None:
        """The next line of the stream."""
        text = line.strip(" :\r\n")
        if (self.lines and text not in self.lines) or (not self.lines and any(mark in line for mark in self._marks)):
            self.lines.append(text)


def run(
    command: list[str], folder: Path, error: type[CommandFailed], extra: Callable[[], str | None] = lambda: None
) -> None:
    """Run *command* in *folder*; raises *error*, with what *extra* has to say, unless it ends with 0."""
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        messages = [ErrorMessage(), ErrorMessage()]
        pumps = [
            threading.Thread(target=_pass_on, args=(source, sink, message))
            for source, sink, message in zip(
                (process.stdout, process.stderr), (sys.stdout.buffer, sys.stderr.buffer), messages, strict=True
            )
        ]
        for pump in pumps:
            pump.start()
        for pump in pumps:
            pump.join()
    code = process.returncode if process.returncode >= 0 else 128 - process.returncode
    if code != 0:
        said = "\n ".join(dict.fromkeys(line for message in messages for line in message.lines))
        raise error(" ".join(command), code, said, _OUT_OF_MEMORY if code == _KILLED else extra())


def _pass_on(source: BinaryIO, sink: BinaryIO, message: ErrorMessage) -> None:
    for line in source:
        sink.write(line)
        sink.flush()
        message.add(line.decode(errors="replace"))
