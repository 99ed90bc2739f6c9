"""Processes that outlive the command which started them: found again later, told from strangers, ended whole.

A process id is used again after its process has ended, so a process is known by its id and its start
together. Every service leads a session of its own. Whatever it starts belongs to that session, also where a
child leads a process group of its own (as Airflow's tasks do), so ending a service means ending its
session.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Process:
    """A process, dead or alive: its id, and when the kernel says it started."""

    pid: int
    started: str

    def alive(self) -> bool:
        """Whether this very process still runs."""
        return start_of(self.pid) == self.started


def start_of(pid: int) -> str | None:
    """What tells a process from others of the same id; None where none runs (one only unreaped does not)."""
    return _start_from_proc(pid) if PROC.joinpath("self", "stat").exists() else _start_from_ps(pid)


def _start_from_proc(pid: int) -> str | None:
    try:
        stat = PROC.joinpath(str(pid), "stat").read_text()
    except OSError:
        return None
    # proc(5): the command, in brackets, may hold anything; the state follows it, and the start is field 22.
    fields = stat.rpartition(")")[2].split()
    boot = PROC.joinpath("sys", "kernel", "random", "boot_id").read_text().strip()
    return None if fields[0] in "ZX" else f"{boot} {fields[19]}"


def _start_from_ps(pid: int) -> str | None:
    answer = subprocess.run(["ps", "-o", "lstart=,state=", "-p", str(pid)], capture_output=True, text=True)
    *started, state = answer.stdout.split() or ["Z"]
    return None if state.startswith("Z") else " ".join(started)


def spawn(command: Sequence[str], environ: Mapping[str, str], cwd: Path, log: Path) -> Process:
    """Start a process that leads a session of its own, its output appended to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            command, env=dict(environ), cwd=cwd, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    # It is to outlive this command; subprocess would otherwise warn that nobody waits for it.
    child.returncode = 0
    # A child that has ended already is not alive under any start.
    return Process(child.pid, start_of(child.pid) or "ended")


def session(leader: Process) -> list[Process]:
    """What is alive of the session that `leader` leads or led; nothing where its id is now a stranger's."""
    if start_of(leader.pid) not in (leader.started, None):
        return []
    return [Process(pid, start) for pid in _pids() if _session_of(pid) == leader.pid and (start := start_of(pid))]


def _pids() -> Iterable[int]:
    if PROC.joinpath("self", "stat").exists():
        return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]
    return map(int, subprocess.run(["ps", "-A", "-o", "pid="], capture_output=True, text=True).stdout.split())


def _session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def stop(leaders: Iterable[Process], grace_seconds: float) -> list[Process]:
    """End the sessions of all `leaders`: SIGTERM to each leader, SIGKILL to what is left after the grace.

    Returns what had to be killed.
    """
    members = {leader: session(leader) for leader in leaders}
    for leader in members:
        _signal(leader, signal.SIGTERM)
    # A leader reaps its own children as it ends; what then is left of its session has nobody to end it.
    _wait([leader for leader in members if leader.alive()], grace_seconds)
    left = {one for leader, known in members.items() for one in [*known, *session(leader)] if one.alive()}
    for one in left:
        _signal(one, signal.SIGKILL)
    _wait(left, grace_seconds)
    return sorted(left, key=lambda one: one.pid)


def _signal(process: Process, number: signal.Signals) -> None:
    if process.alive():
        try:
            os.kill(process.pid, number)
        except ProcessLookupError:
            return  # It ended between the look and the signal.


def _wait(processes: Iterable[Process], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(process.alive() for process in processes):
        time.sleep(POLL_SECONDS)
