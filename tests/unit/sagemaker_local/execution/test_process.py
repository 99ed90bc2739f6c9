"""A started job that is told to stop when it has just ended."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sagemaker_local.execution.process import Running


@pytest.mark.local_only
def test_a_stop_that_comes_after_the_end_changes_nothing() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "print('last words'); raise SystemExit(5)"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    lines: list[str] = []
    running = Running(process, lines.append)
    process.wait()
    running.stop(1)
    running.kill()
    assert running.wait() == 5
    running.end()
    assert lines == ["last words"]
