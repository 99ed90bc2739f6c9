"""How much of the machine running programs use: the instance metrics of jobs and endpoints.

MetricSource: the guide's page monitoring-cloudwatch, once a minute for each instance. An instance is this machine.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sagemaker_local.domain.usage import Process, Taken, parse, taken
from sagemaker_local.execution.metrics import MetricSource

SECONDS = 60.0
"""how often AWS measures"""
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_BLOCK_BYTES = 512
# AWS has no DiskUtilization for batch transform.
_WITHOUT_DISK = "/aws/sagemaker/TransformJobs"

Values = dict[str, float]


@dataclass
class _Watched:
    source: MetricSource
    root: int
    """the process from which all others of the program come"""
    folder: Path
    ended: Callable[[], bool]
    ticks: int = 0
    since: float = field(default_factory=time.monotonic)


class Usage:
    """What runs at the moment; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: list[_Watched] = []

    def watch(self, source: MetricSource, root: int, folder: Path, ended: Callable[[], bool]) -> None:
        """Measure the process *root* and what it starts, with the files in *folder*, until it has *ended*."""
        with self._lock:
            self._watched.append(_Watched(source, root, folder, ended))

    def measure(self) -> list[tuple[MetricSource, Values]]:
        """What each program has used since it was measured last."""
        with self._lock:
            watched = self._watched = [each for each in self._watched if not each.ended()]
        processes = _processes()
        found = [(each, taken(processes, each.root)) for each in watched]
        return [(each.source, _values(each, used)) for each, used in found if used is not None]


def _values(watched: _Watched, used: Taken) -> Values:
    now = time.monotonic()
    seconds, ticks = max(now - watched.since, 1e-3), max(0, used.ticks - watched.ticks)
    watched.since, watched.ticks = now, used.ticks
    values = {
        "CPUUtilization": 100.0 * ticks / _TICKS_PER_SECOND / seconds,
        "MemoryUtilization": 100.0 * used.pages / os.sysconf("SC_PHYS_PAGES"),
    }
    if watched.source.namespace != _WITHOUT_DISK:
        with suppress(FileNotFoundError):  # it is ending, and its folder with it
            values["DiskUtilization"] = 100.0 * _bytes_in(watched.folder) / shutil.disk_usage(watched.folder).total
    return values


def _processes() -> dict[int, Process]:
    """Every process of the machine."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                found[int(entry)] = parse(Path("/proc", entry, "stat").read_text(errors="replace"))
            except OSError:
                continue  # it has ended between the two looks, or is none of ours
    return found


def _bytes_in(folder: Path) -> int:
    """What the files in *folder* take on the disk."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_blocks * _BLOCK_BYTES
            except OSError:
                continue  # the program goes on meanwhile
    return total
