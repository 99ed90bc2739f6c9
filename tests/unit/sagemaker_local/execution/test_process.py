"""Started programs: what they share of the network, and a stop that comes when one has just ended."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sagemaker_local.execution import network as networks
from sagemaker_local.execution.images import Image
from sagemaker_local.execution.network import Network, private_network
from sagemaker_local.execution.process import ProcessExecutor, Program, Running, Sandbox

pytestmark = pytest.mark.local_only
WHICH_NETWORK = Program(["readlink", "/proc/self/ns/net"])


def test_a_stop_that_comes_after_the_end_changes_nothing() -> None:
    ended = subprocess.Popen(
        [sys.executable, "-c", "print('last words'); raise SystemExit(5)"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    lines: list[str] = []
    running = Running(ended, lines.append)
    ended.wait()
    running.stop(1)
    running.kill()
    assert running.wait() == 5
    running.end()
    assert lines == ["last words"]


def network_of_a_program(folder: Path, network: Network | None) -> str:
    """The network that a program started in *network* finds itself in."""
    (folder / "environment" / "bin").mkdir(parents=True)
    (folder / "environment" / "bin" / "python").symlink_to(sys.executable)
    sandbox = Sandbox(folder / "algo-1", "algo-1")
    sandbox.create()
    sandbox.hosts_file.touch()
    lines: list[str] = []
    image = Image("bare", folder, folder / "environment")
    executor = ProcessExecutor("auto", [])
    assert executor.isolated
    assert executor.start(image, WHICH_NETWORK, sandbox, lines.append, network).wait() == 0, lines
    return lines[0]


def test_programs_given_one_network_share_it_and_no_other_is_in_it(tmp_path: Path) -> None:
    with private_network() as network, private_network() as other:
        first, second = (network_of_a_program(tmp_path / name, network) for name in "ab")
        third = network_of_a_program(tmp_path / "c", other)
    host = network_of_a_program(tmp_path / "d", None)
    assert first == second
    assert len({first, third, host}) == 3
    assert host == os.readlink("/proc/self/ns/net")


def test_a_network_ends_with_its_block(tmp_path: Path) -> None:
    with private_network() as network:
        assert Path(f"/proc/{network.holder}").exists()
    assert not Path(f"/proc/{network.holder}").exists()


def test_a_network_that_is_not_granted_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    launcher = tmp_path / "launcher.py"
    launcher.write_text("raise SystemExit('Operation not permitted')")
    monkeypatch.setattr(networks, "_LAUNCHER", launcher)
    with pytest.raises(OSError, match=r"^no network of its own: Operation not permitted$"), private_network():
        pytest.fail("there is none")
    assert not ProcessExecutor("auto", []).isolated
