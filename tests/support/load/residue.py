"""What a server that has died, or is idle, must not have left: processes, folders, files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tests.executor.test_isolation import processes_with


@dataclass(frozen=True)
class Usage:
    """What a process holds of its machine."""

    threads: int
    descriptors: int
    children: int
    resident_mebibytes: int


def usage(pid: int) -> Usage:
    """Of the process with that id."""
    process = Path("/proc") / str(pid)
    status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
    return Usage(
        threads=int(status["Threads"]),
        descriptors=len(os.listdir(process / "fd")),
        children=sum(len((task / "children").read_text().split()) for task in (process / "task").iterdir()),
        resident_mebibytes=int(status["VmRSS"].split()[0]) >> 10,
    )


def left_processes(*arguments: str) -> list[str]:
    """The processes of this machine that have one of *arguments* in their command line."""
    return [found for argument in arguments for found in processes_with(argument)]
