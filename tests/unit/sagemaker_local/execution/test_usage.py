"""What a real process uses of this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sagemaker_local.domain.arns import Scope
from sagemaker_local.execution.metrics import MetricSource
from sagemaker_local.execution.usage import Usage
from tests.support.polling import eventually

pytestmark = pytest.mark.documented("monitoring-cloudwatch: CPUUtilization, MemoryUtilization, DiskUtilization")
# The work is done by a child, as in every container.
BUSY = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'while True: pass'])"


def source(namespace: str = "/aws/sagemaker/TrainingJobs") -> MetricSource:
    return MetricSource(Scope("000000000000", "r"), namespace, ((("Host", "job/algo-1"),),))


@contextmanager
def running(code: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", code], start_new_session=True) as process:
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def test_a_busy_program_uses_processor_memory_and_disk(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(1 << 20))
    usage = Usage()
    with running(BUSY) as process:
        usage.watch(source(), process.pid, tmp_path, lambda: False)

        def used() -> dict[str, float] | None:
            ((whose, values),) = usage.measure()
            assert whose == source()
            return values if values["CPUUtilization"] > 5 else None

        values = eventually(used, "its use of the processor")
    assert 0 < values["MemoryUtilization"] < 100
    assert 0 < values["DiskUtilization"] < 100


def test_an_idle_program_uses_no_processor(tmp_path: Path) -> None:
    usage = Usage()
    with running("import time; time.sleep(600)") as process:
        usage.watch(source(), process.pid, tmp_path, lambda: False)
        eventually(lambda: usage.measure()[0][1]["CPUUtilization"] < 1, "its rest")


def test_what_has_ended_is_measured_no_more_and_transform_jobs_have_no_disk(tmp_path: Path) -> None:
    usage, ended = Usage(), False
    with running("import time; time.sleep(600)") as process:
        usage.watch(source("/aws/sagemaker/TransformJobs"), process.pid, tmp_path, lambda: ended)
        ((_, values),) = usage.measure()
        assert values.keys() == {"CPUUtilization", "MemoryUtilization"}
        ended = True
        assert usage.measure() == []
