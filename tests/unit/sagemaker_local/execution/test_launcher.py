"""The launcher as a program: exit statuses, and what it is told on its standard input."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sagemaker_local.execution import launcher

PATH = {"PATH": "/usr/bin:/bin"}
STUBBORN = "trap '' TERM; echo ready; while true; do sleep 0.02; done"
Launch = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture(params=["namespaces", "none"])
def launch(request: pytest.FixtureRequest, tmp_path: Path) -> Launch:
    """Starts a program through the launcher, with namespaces and without."""

    def start(*argv: str, **environment: str) -> subprocess.Popen[bytes]:
        folders = {name: tmp_path / name for name in ("opt_ml", "tmp")}
        for folder in folders.values():
            folder.mkdir()
        spec = {
            "isolation": request.param,
            "network": None,
            "argv": argv,
            "environment": {**PATH, **environment},
            "cwd": "/",
            "host": "algo-1",
            "hosts_file": str(tmp_path / "hosts"),
            "hidden": [],
            "visible": [],
            "mounts": [],
            **{name: str(folder) for name, folder in folders.items()},
        }
        (tmp_path / "hosts").touch()
        spec_file = tmp_path / "spec.json"
        spec_file.write_text(json.dumps(spec))
        return subprocess.Popen(
            [sys.executable, "-I", "-S", launcher.__file__, str(spec_file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    return start


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    """The exit status and the output, once the job has ended by itself."""
    assert process.stdout is not None
    assert process.stdin is not None
    with process.stdout as output, process.stdin:
        text = output.read().decode()
        return process.wait(), text


def tell(process: subprocess.Popen[bytes], line: str) -> None:
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):  # what it was told before has ended it
        os.write(process.stdin.fileno(), line.encode())


def await_ready(process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"


@pytest.mark.parametrize("status", [0, 1, 3, 255])
def test_the_programs_exit_status_is_the_launchers(launch: Launch, status: int) -> None:
    assert ended(launch("sh", "-c", f"exit {status}")) == (status, "")


def test_a_signals_number_is_added_to_128(launch: Launch) -> None:
    assert ended(launch("sh", "-c", "kill -SEGV $$"))[0] == 128 + 11


def test_output_and_errors_come_in_one_stream_in_order(launch: Launch) -> None:
    assert ended(launch("sh", "-c", "echo one; echo two >&2; echo three"))[1] == "one\ntwo\nthree\n"


def test_a_program_that_does_not_exist_is_127_and_named(launch: Launch) -> None:
    assert ended(launch("no-such-program")) == (127, "exec: 'no-such-program': no such file or directory\n")


def test_a_program_that_cannot_be_run_is_126_and_named(launch: Launch) -> None:
    assert ended(launch("/etc/passwd")) == (126, "exec: '/etc/passwd': Permission denied\n")


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_what_no_program_can_be_given_is_126_and_says_why(launch: Launch, text: str) -> None:
    status, output = ended(launch("true", VARIABLE=text))
    assert status == 126
    assert output.startswith("exec: 'true': its arguments or environment cannot be passed: ")


def test_the_environment_is_the_given_one_and_nothing_else(launch: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_SERVER", "1")
    status, output = ended(launch("env", GIVEN="2"))
    assert status == 0
    assert set(output.splitlines()) == {"PATH=/usr/bin:/bin", "GIVEN=2"}


def test_a_stop_is_sigterm(launch: Launch) -> None:
    process = launch("sh", "-c", "echo ready; exec sleep 600")
    await_ready(process)
    tell(process, "STOP 600\n")
    assert ended(process)[0] == 128 + 15


def test_a_stop_that_comes_before_the_program_has_begun_is_not_lost(launch: Launch) -> None:
    process = launch("sleep", "600")
    tell(process, "STOP 600\n")
    assert ended(process)[0] == 128 + 15


def test_a_program_may_end_well_after_a_stop(launch: Launch) -> None:
    process = launch("sh", "-c", "trap 'echo saved; exit 0' TERM; echo ready; while true; do sleep 0.02; done")
    await_ready(process)
    tell(process, "STOP 600\n")
    assert ended(process) == (0, "saved\n")


def test_after_the_grace_it_is_sigkill(launch: Launch) -> None:
    process = launch("sh", "-c", STUBBORN)
    await_ready(process)
    tell(process, "STOP 0.05\n")
    assert ended(process)[0] == 128 + 9


@pytest.mark.parametrize("line", ["KILL\n", "STOP 600\nKILL\n", "KILL\nSTOP 600\n"])
def test_a_kill_is_sigkill_at_once(launch: Launch, line: str) -> None:
    process = launch("sh", "-c", "trap 'echo warned' TERM; echo ready; while true; do sleep 0.02; done")
    await_ready(process)
    tell(process, line)
    assert ended(process) == (128 + 9, "")


@pytest.mark.parametrize("lines", [("STOP 0\n", "STOP 600\n"), ("STOP 600\n", "STOP 0\n"), ("STOP 600\nSTOP 0\n",)])
def test_a_second_stop_can_shorten_the_grace_and_never_prolong_it(launch: Launch, lines: tuple[str, ...]) -> None:
    process = launch("sh", "-c", STUBBORN)
    await_ready(process)
    for line in lines:
        tell(process, line)
    assert ended(process)[0] == 128 + 9


def test_the_end_of_the_server_is_the_end_of_everything(launch: Launch) -> None:
    process = launch("sh", "-c", "sleep 601 & sleep 602")
    assert process.stdin is not None
    process.stdin.close()
    assert process.stdout is not None
    with process.stdout as output:
        assert output.read() == b""  # nobody holds the pipe any more
    assert process.wait() == 128 + 9


def test_what_the_program_leaves_behind_ends_with_it(launch: Launch) -> None:
    # Its output ends only when the last process that holds it has ended.
    assert ended(launch("sh", "-c", "sleep 603 & exit 4")) == (4, "")
