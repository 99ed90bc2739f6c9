"""Twenty trainings in a row on a stack of its own: what they need must not grow, and nothing may be left."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.local import follow, processes, state
from deploy.local.__main__ import ROOT
from deploy.local.processes import Process
from deploy.local.stack import Stack
from deploy.progress import Progress
from tests.support.local_aws import free_port

DAG_ID = "abalone_training"
WARM_UP_RUNS, RUNS = 2, 20
# The least of many looks: the DAG processor forks a parser now and then, and connections come and go.
LOOKS, BETWEEN_LOOKS = 100, 0.2


@dataclass(frozen=True)
class Usage:
    """What a stack holds of its machine."""

    processes: int
    open_files: int
    ports: int
    temporary: int

    def least(self, other: Usage) -> Usage:
        return Usage(*(min(pair) for pair in zip(vars(self).values(), vars(other).values(), strict=True)))


class Soak:
    """A stack with its own state, ports and temporary folder."""

    def __init__(self, folder: Path) -> None:
        self.local, self.temporary = folder / "local", folder / "tmp"
        self.temporary.mkdir()
        own = {"LOCAL_DIR": self.local, "TMPDIR": self.temporary}
        ports = {"AIRFLOW_PORT": free_port(), "AWS_PORT": free_port()}
        self.environ = {**os.environ, **{name: str(value) for name, value in {**own, **ports}.items()}}

    def command(self, name: str) -> None:
        subprocess.run([sys.executable, "-m", "deploy.local", name], cwd=ROOT, env=self.environ, check=True)

    def train(self) -> None:
        stack = Stack(ROOT, self.environ, Progress())
        airflow = stack.airflow()
        run_id = follow.start(airflow, DAG_ID, stack, print, anew=True)
        outcome = follow.watch_run(airflow, DAG_ID, run_id, lambda line: None, stack.require_alive)
        assert outcome == "success", follow.failure_report(airflow, DAG_ID, run_id, stack.settings)

    def members(self) -> list[Process]:
        leaders = [started.process for started in state.load(self.local).services.values()]
        return [member for leader in leaders for member in processes.session(leader)]

    def look(self) -> Usage:
        members = self.members()
        files = [link for member in members for link in open_files(member)]
        listening = listening_sockets()
        return Usage(
            processes=len(members),
            open_files=len(files),
            ports=len({link for link in files if link in listening}),
            temporary=len(list(self.temporary.iterdir())),
        )

    def usage(self) -> Usage:
        least = self.look()
        for _ in range(LOOKS):
            time.sleep(BETWEEN_LOOKS)
            least = least.least(self.look())
        return least


def open_files(process: Process) -> list[str]:
    """What a process has open; nothing if it ends meanwhile."""
    links = []
    for entry in Path(f"/proc/{process.pid}/fd").glob("*"):
        try:
            links.append(os.readlink(entry))
        except FileNotFoundError:
            continue
    return links


def listening_sockets() -> set[str]:
    """Every listening TCP socket of the machine, named as an open file is."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {f"socket:[{row[9]}]" for row in rows if row[3] == "0A"}


@pytest.fixture
def soak(tmp_path: Path) -> Iterator[Soak]:
    one = Soak(tmp_path)
    yield one
    one.command("down")


@pytest.mark.soak
@pytest.mark.timeout(RUNS * 300)
def test_twenty_runs_need_what_two_need_and_leave_nothing(soak: Soak) -> None:
    soak.command("up")
    for _ in range(WARM_UP_RUNS):
        soak.train()
    before = soak.usage()
    for _ in range(RUNS - WARM_UP_RUNS):
        soak.train()
    after = soak.usage()
    print(f"after run {WARM_UP_RUNS}: {before}\nafter run {RUNS}: {after}")
    assert {name for name in vars(after) if vars(after)[name] > vars(before)[name]} == set()

    remembered = soak.members()
    soak.command("down")
    assert [process for process in remembered if process.alive()] == []
    assert list(soak.temporary.iterdir()) == []
