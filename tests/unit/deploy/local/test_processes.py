"""Real processes: found again, told from strangers, ended with everything they started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.processes import Process, session, spawn, start_of, stop
from tests.support.polling import eventually

ROOT = Path(__file__).parents[4]
# Its child leads a process group of its own, as Airflow's tasks do, and heeds no SIGTERM.
STUBBORN_CHILD = """
import os, signal, time
child = os.fork()
if child == 0:
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(child or os.getpid(), flush=True)
time.sleep(600)
"""
SLEEP = "import time; print('ready', flush=True); time.sleep(600)"
HEEDS_NOTHING = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"


class Spawner:
    """Starts Python programs, and sees to it that none outlives its test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[Process] = []

    def __call__(self, program: str) -> Process:
        log = self.folder / f"{len(self.started)}.log"
        process = spawn([sys.executable, "-c", program], {}, self.folder, log)
        self.started.append(process)
        eventually(lambda: log.read_text().endswith("\n"), "a line of output")
        return process


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Spawner]:
    spawner = Spawner(tmp_path)
    yield spawner
    stop(spawner.started, 0)


def test_a_process_leads_a_session_of_its_own_and_logs_to_its_file(start: Spawner) -> None:
    process = start(SLEEP)
    assert process.alive()
    assert os.getsid(process.pid) == process.pid
    assert (start.folder / "0.log").read_text() == "ready\n"


def test_a_new_start_appends_to_the_log(tmp_path: Path) -> None:
    for word in ("one", "two"):
        spawn([sys.executable, "-c", f"print('{word}')"], {}, tmp_path, tmp_path / "log")
        eventually(lambda word=word: word in (tmp_path / "log").read_text(), "its output")
    assert (tmp_path / "log").read_text() == "one\ntwo\n"


def test_it_gets_the_given_variables_and_no_others(tmp_path: Path) -> None:
    program = "import os; print(sorted(set(os.environ) - {'LC_CTYPE'}))"
    spawn([sys.executable, "-c", program], {"ONLY": "this"}, tmp_path, tmp_path / "log")
    eventually(lambda: (tmp_path / "log").read_text().endswith("\n"), "its output")
    assert (tmp_path / "log").read_text() == "['ONLY']\n"


def test_a_process_that_has_ended_is_not_alive_even_before_it_is_reaped(start: Spawner) -> None:
    process = start(SLEEP)
    os.kill(process.pid, signal.SIGKILL)
    eventually(lambda: not process.alive(), "the end")
    assert start_of(process.pid) is None


def test_a_process_that_got_a_used_id_is_a_stranger_and_not_touched(start: Spawner) -> None:
    stranger = start(SLEEP)
    remembered = Process(stranger.pid, "an earlier start")
    assert not remembered.alive()
    assert session(remembered) == []
    assert stop([remembered], 0) == []
    assert stranger.alive()


def test_stopping_a_process_that_heeds_sigterm_kills_nothing(start: Spawner) -> None:
    process = start(SLEEP)
    assert stop([process], 30) == []
    assert not process.alive()


def test_a_process_that_does_not_heed_sigterm_is_killed_after_the_grace(start: Spawner) -> None:
    process = start(HEEDS_NOTHING)
    assert stop([process], 0.1) == [process]
    assert not process.alive()


def test_what_a_process_started_ends_with_it_also_in_another_process_group(start: Spawner) -> None:
    leader = start(STUBBORN_CHILD)
    eventually(lambda: len(session(leader)) == 2, "the child")
    child = next(one for one in session(leader) if one != leader)
    stop([leader], 1)
    assert not child.alive()


def test_what_a_killed_process_left_behind_is_still_found(start: Spawner) -> None:
    leader = start(STUBBORN_CHILD)
    eventually(lambda: len(session(leader)) == 2, "the child")
    child = next(one for one in session(leader) if one != leader)
    os.kill(leader.pid, signal.SIGKILL)
    eventually(lambda: not leader.alive(), "the end of the leader")
    assert session(leader) == [child]
    assert stop([leader], 1) == [child]
    assert not child.alive()


def test_a_program_that_cannot_be_started_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        spawn([str(tmp_path / "missing")], {}, tmp_path, tmp_path / "log")


def test_without_proc_a_process_is_known_by_what_ps_says_of_its_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answers = {
        ("ps", "-o", "lstart=,state=", "-p", "1"): "Sat Nov 21 07:00:00 2026     S\n",
        ("ps", "-o", "lstart=,state=", "-p", "2"): "Sat Nov 21 07:00:00 2026     Z\n",
        ("ps", "-o", "lstart=,state=", "-p", "3"): "",
    }
    monkeypatch.setattr("deploy.local.processes.PROC", tmp_path)
    monkeypatch.setattr(
        subprocess,
        "run",
        lambda command, **_: subprocess.CompletedProcess(command, 0, answers[tuple(command)]),
    )
    assert [start_of(pid) for pid in (1, 2, 3)] == ["Sat Nov 21 07:00:00 2026", None, None]
