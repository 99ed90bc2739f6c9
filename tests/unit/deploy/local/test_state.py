from __future__ import annotations

import os
from pathlib import Path

from deploy.local.processes import Process, start_of
from deploy.local.state import Started, State, load

PORTS = {"AIRFLOW_PORT": 9080, "AWS_PORT": 9566}


def this_process() -> Process:
    return Process(os.getpid(), start_of(os.getpid()) or "")


def test_it_is_the_same_when_read_again(tmp_path: Path) -> None:
    state = State(tmp_path / "stack.json", PORTS, {"aws": Started(Process(1, "boot 17"), "version", 12.5)})
    state.save()
    assert load(tmp_path) == state


def test_nothing_is_known_where_nothing_was_started(tmp_path: Path) -> None:
    state = load(tmp_path)
    assert not state.alive("aws")
    assert state.running_ports() == {}


def test_a_running_service_keeps_the_ports_and_a_dead_one_does_not(tmp_path: Path) -> None:
    state = State(tmp_path / "stack.json", PORTS, {"aws": Started(this_process(), "version", 0)})
    assert state.running_ports() == PORTS
    state.services["aws"] = Started(Process(os.getpid(), "an earlier start"), "version", 0)
    assert state.running_ports() == {}
