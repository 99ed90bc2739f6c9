"""The stack's life with real processes: only what the services themselves do is stood in for."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.environments.install import STAMP
from deploy.errors import Failure
from deploy.local import health, processes, services, state
from deploy.local.ports import PortTaken
from deploy.local.stack import Stack
from deploy.progress import Progress
from tests.support.local_aws import free_port
from tests.support.polling import eventually

FAKE = Path(__file__).with_name("fake_interpreter.py")
EVERY_SERVICE = {services.AWS, *services.AIRFLOW}


class Clone:
    """A clone of the project whose environments hold stand-ins."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("airflow", "sagemaker_local"):
            self._environment(root / ".venv" / name)
        for name in ("plugins", "sagemaker_local"):
            (root / name).mkdir()
            (root / name / "code.py").touch()
        self.environ = {"AIRFLOW_PORT": str(free_port()), "AWS_PORT": str(free_port())}

    def _environment(self, folder: Path) -> None:
        (folder / "bin").mkdir(parents=True)
        (folder / STAMP).write_text("installed")
        python = folder / "bin" / "python"
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{FAKE}" "$@"\n')
        python.chmod(0o755)

    def stack(self, **environ: str) -> Stack:
        return Stack(self.root, {**os.environ, **self.environ, **environ}, Progress())

    def breaks(self, word: str) -> None:
        (self.root / "broken").write_text(word)

    def pids(self) -> dict[str, int]:
        known = state.load(self.root / ".local")
        return {name: started.process.pid for name, started in known.services.items() if known.alive(name)}


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    one = Clone(tmp_path)
    yield one
    leaders = [started.process for started in state.load(tmp_path / ".local").services.values()]
    processes.stop(leaders, 0)


def test_coming_up_starts_every_service_and_provisions_the_local_aws(
    clone: Clone, capsys: pytest.CaptureFixture[str]
) -> None:
    clone.stack().up()
    assert set(clone.pids()) == EVERY_SERVICE
    assert f"provisioned http://127.0.0.1:{clone.environ['AWS_PORT']}" in capsys.readouterr().out


def test_coming_up_again_starts_nothing_anew(clone: Clone) -> None:
    clone.stack().up()
    before = clone.pids()
    clone.stack().up()
    assert clone.pids() == before


def test_a_service_that_died_is_started_again_and_the_others_stay(clone: Clone) -> None:
    clone.stack().up()
    before = clone.pids()
    os.kill(before["scheduler"], signal.SIGKILL)
    eventually(lambda: "scheduler" not in clone.pids(), "the scheduler's end")
    clone.stack().up()
    after = clone.pids()
    assert {name for name in after if after[name] != before[name]} == {"scheduler"}


def test_services_whose_code_has_changed_are_restarted(clone: Clone) -> None:
    clone.stack().up()
    before = clone.pids()
    (clone.root / "plugins" / "code.py").write_text("changed = True\n")
    clone.stack().up()
    after = clone.pids()
    assert {name for name in after if after[name] != before[name]} == set(services.AIRFLOW)


def test_a_service_that_dies_ends_the_wait_with_its_log(clone: Clone) -> None:
    clone.breaks("triggerer")
    with pytest.raises(Failure, match=r"(?s)triggerer has died.*triggerer\.log:\n    triggerer is broken"):
        clone.stack().up()


def test_a_failed_migration_is_told_with_its_log(clone: Clone) -> None:
    clone.breaks("migrate")
    with pytest.raises(Failure, match=r"(?s)db-migrate failed.*db-migrate\.log:\n    migrate is broken"):
        clone.stack().up()


def test_a_failed_migration_is_tried_again(clone: Clone) -> None:
    clone.breaks("migrate")
    with pytest.raises(Failure):
        clone.stack().up()
    clone.breaks("nothing")
    clone.stack().up()
    assert set(clone.pids()) == EVERY_SERVICE


@pytest.mark.parametrize("setting", ["AIRFLOW_PORT", "AWS_PORT"])
def test_a_taken_port_is_named_before_anything_starts(clone: Clone, setting: str) -> None:
    with socket.create_server(("127.0.0.1", int(clone.environ[setting]))):
        with pytest.raises(PortTaken, match=setting):
            clone.stack().up()
        assert clone.pids() == {}


def test_a_running_stack_is_found_without_naming_its_ports(clone: Clone) -> None:
    clone.stack().up()
    found = clone.stack(AIRFLOW_PORT="", AWS_PORT="")
    assert str(found.settings.airflow_port) == clone.environ["AIRFLOW_PORT"]


def test_going_down_leaves_no_process_and_no_port(clone: Clone, capsys: pytest.CaptureFixture[str]) -> None:
    clone.stack().up()
    pids = clone.pids()
    clone.stack().down()
    assert [pid for pid in pids.values() if processes.start_of(pid)] == []
    assert "Stopped: aws, api-server, scheduler, dag-processor, triggerer\n" in capsys.readouterr().out
    for port in clone.environ.values():
        socket.create_server(("127.0.0.1", int(port))).close()


def test_going_down_twice_is_no_error(clone: Clone, capsys: pytest.CaptureFixture[str]) -> None:
    clone.stack().down()
    assert capsys.readouterr().out == "Nothing was running.\n"


def test_the_status_tells_health_process_and_log_of_each_service(
    clone: Clone, capsys: pytest.CaptureFixture[str]
) -> None:
    clone.stack().up()
    os.kill(clone.pids()["triggerer"], signal.SIGKILL)
    eventually(lambda: "triggerer" not in clone.pids(), "the triggerer's end")
    capsys.readouterr()
    stack = clone.stack()
    stack.status()
    told = capsys.readouterr().out
    assert f"aws            healthy  process {clone.pids()['aws']}" in told
    assert "triggerer      died" in told
    assert f"{stack.settings.airflow_url}  user admin, password {stack.credentials.admin_password}" in told


def test_the_status_of_a_stack_that_is_down_says_so(clone: Clone, capsys: pytest.CaptureFixture[str]) -> None:
    clone.stack().status()
    assert capsys.readouterr().out.split() == [
        word for name in (services.AWS, *services.AIRFLOW) for word in (name, "down")
    ]


def test_measuring_needs_a_stack_that_is_up(clone: Clone) -> None:
    with pytest.raises(Failure, match="make up"):
        clone.stack().require_up()
    clone.stack().up()
    clone.stack().require_up()


def test_the_logs_show_the_end_of_each_and_the_whole_of_one(clone: Clone, capsys: pytest.CaptureFixture[str]) -> None:
    folder = clone.root / ".local" / "logs"
    folder.mkdir(parents=True)
    for name in EVERY_SERVICE:
        (folder / f"{name}.log").write_text("".join(f"{name} line {number}\n" for number in range(1000)))
    clone.stack().logs(None)
    ends = capsys.readouterr().out
    assert "scheduler line 999" in ends
    assert "scheduler line 0\n" not in ends
    clone.stack().logs("scheduler")
    whole = capsys.readouterr().out
    assert "scheduler line 0\n" in whole
    assert "triggerer" not in whole


def test_logs_of_a_stack_that_never_ran_are_an_error(clone: Clone) -> None:
    with pytest.raises(Failure, match="has aws ever been started"):
        clone.stack().logs(None)


def test_a_heartbeat_from_before_the_start_is_not_taken_for_health(clone: Clone) -> None:
    stack = clone.stack()
    stack.up()
    known = state.load(clone.root / ".local")
    late = known.services["scheduler"]
    known.services["scheduler"] = state.Started(late.process, late.version, late.at + 3600)
    assert health.healthy(stack.settings, known) == EVERY_SERVICE - {"scheduler"}
