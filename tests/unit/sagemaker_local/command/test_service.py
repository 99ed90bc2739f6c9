"""The command itself, as a user runs it: a server in the background from start to reset."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sagemaker_local import state
from sagemaker_local.__main__ import main
from sagemaker_local.command import service, watch
from tests.support.local_aws import ROOT, free_port
from tests.support.polling import eventually

pytestmark = pytest.mark.local_only


class Command:
    """``sagemaker-local`` of a user whose state and cache lie in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state" / "sagemaker-local"
        self.environ = {
            **os.environ, "XDG_STATE_HOME": str(folder / "state"), "XDG_CACHE_HOME": str(folder / "cache"),
            "COLUMNS": "200",
        }  # fmt: skip

    def popen(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "sagemaker_local", *arguments],
            cwd=ROOT, env=self.environ, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True, **options,
        )  # fmt: skip

    def __call__(self, *arguments: str, status: int = 0) -> str:
        """What the command prints; fails unless it ends with *status*."""
        with self.popen(*arguments) as process:
            output, _ = process.communicate(timeout=60)
        assert process.returncode == status, output
        return output

    @property
    def pid(self) -> int:
        running = state.holder(self.state)
        assert running is not None
        return running.pid


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Command]:
    """The command; a server that it has left running is stopped at the end."""
    one = Command(tmp_path)
    yield one
    one("stop")


def health(port: int) -> dict[str, Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/_local/health", timeout=10) as answer:
        return dict(json.load(answer))


def test_a_server_in_the_background_from_start_to_reset(command: Command) -> None:
    port = free_port()
    assert "not running" in command("status", status=3)
    assert "not running" in command("stop")
    assert "nothing to delete" in command("reset")
    assert "there is no log" in command("logs", status=1)

    started = command("start", "--port", str(port))
    assert f"running: http://127.0.0.1:{port}" in started
    assert f"export AWS_ENDPOINT_URL=http://127.0.0.1:{port}" in started
    # It leads a session of its own: neither a terminal that closes nor Ctrl+C in it ends the server.
    assert os.getsid(command.pid) == command.pid
    assert health(port)["status"] == "ok"

    shown = command("status")
    assert f"running at http://127.0.0.1:{port}" in shown
    assert f"process   {command.pid}, up 0:0" in shown
    assert "already running" in command("start", "--port", str(port))
    assert "a server is running on" in command("start", "--foreground", "--port", str(port), status=1)
    assert f"listening on http://127.0.0.1:{port}" in command("logs")
    refused = command("start", "--port", str(free_port()), "--max-jobs", "77", status=1)
    assert f"--port {port}" in refused
    assert "--max-jobs" in refused
    assert "a server is running on" in command("reset", "--yes", status=1)

    assert f"stopped (process {command.pid})" in command("stop")
    assert "not running" in command("status", status=3)
    # Whatever a server makes in its folder is its own, and known to be: else a reset would leave it.
    assert set(os.listdir(command.state)) <= {state.LOCK, *state.ENTRIES}
    assert {state.DATABASE, state.BASE, state.JOBS, state.LOG} <= set(os.listdir(command.state))

    assert "there is nobody to ask" in command("reset", status=1)
    (command.state / "mine.txt").touch()
    assert "deleted" in command("reset", "--yes")
    assert sorted(os.listdir(command.state)) == ["mine.txt", state.LOCK]
    assert "nothing to delete" in command("reset", "--yes")


def test_a_killed_server_needs_no_cleaning_up(command: Command) -> None:
    port = str(free_port())
    command("start", "--port", port)
    os.kill(command.pid, signal.SIGKILL)
    eventually(lambda: state.holder(command.state) is None, "the end of the server")
    assert "not running" in command("status", status=3)
    assert "running: " in command("start", "--port", port)


def test_a_taken_port_is_told_by_the_command_that_starts(command: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        output = command("start", "--port", str(port), status=1)
    assert f"it did not start:\nport {port} on 127.0.0.1 is taken by another program: give another --port" in output
    assert "not running" in command("status", status=3)


def test_a_server_that_does_not_react_is_killed(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    command("start", "--port", str(free_port()))
    pid = command.pid
    os.kill(pid, signal.SIGSTOP)
    monkeypatch.setattr(service, "_STOP_SECONDS", 0.2)
    assert main(["stop", "--state-dir", str(command.state)]) == 0
    assert state.holder(command.state) is None


def test_in_the_foreground_it_stays_and_ends_with_ctrl_c(command: Command) -> None:
    port = free_port()
    with command.popen("start", "--foreground", "--port", str(port)) as process:
        eventually(lambda: "running at" in command_output(command), "the start")
        assert command.pid == process.pid
        os.kill(process.pid, signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert f"listening on http://127.0.0.1:{port}" in output
    assert not (command.state / state.LOG).exists()


def command_output(command: Command) -> str:
    with command.popen("status") as process:
        return process.communicate(timeout=60)[0]


def test_logs_follow_what_comes(command: Command) -> None:
    state.prepare(command.state)
    log = command.state / state.LOG
    log.write_text("first\n")
    with command.popen("logs", "--follow") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "first\n"
        with log.open("a") as file:
            file.write("second\n")
        assert process.stdout.readline() == "second\n"
        process.terminate()


def test_ctrl_c_ends_a_command_without_a_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state.prepare(tmp_path)
    (tmp_path / state.LOG).touch()

    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupted)
    assert main(["logs", "--follow", "--state-dir", str(tmp_path)]) == 130


def test_a_reader_of_the_log_that_leaves_is_no_error(command: Command) -> None:
    state.prepare(command.state)
    (command.state / state.LOG).write_text("line\n" * 100_000)
    with command.popen("logs") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "line\n"
        process.stdout.close()
    assert process.returncode == 0


def test_a_server_that_hangs_is_told_from_one_that_runs(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    command("start", "--port", str(free_port()))
    os.kill(command.pid, signal.SIGSTOP)
    monkeypatch.setattr(watch, "_ANSWER_SECONDS", 0.2)
    try:
        assert main(["status", "--state-dir", str(command.state)]) == 1
    finally:
        os.kill(command.pid, signal.SIGCONT)
