"""A full disk: jobs fail with a reason that says so, nothing is lost, and the server goes on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.local_aws import BUCKET, LocalAws, processing_input
from tests.support.polling import eventually

pytestmark = pytest.mark.local_only

MEBIBYTE = 1 << 20
DISK_MEBIBYTES = 24


@pytest.fixture
def small_disk(tmp_path: Path, environments: Path) -> Iterator[LocalAws]:
    """A server whose data lies on a file system of its own, of a few mebibytes."""
    data = tmp_path / "data"
    data.mkdir()
    wrapper = (sys.executable, "-m", "tests.support.small_disk", str(DISK_MEBIBYTES), str(data))
    server = LocalAws(data, environments, "--stop-grace", "1", wrapper=wrapper)
    server.start().prepare()
    yield server
    server.terminate()


def test_a_download_that_does_not_fit_fails_the_job_and_says_why(small_disk: LocalAws) -> None:
    small_disk.put("big/data", b"x" * (DISK_MEBIBYTES * MEBIBYTE * 6 // 10))
    name = small_disk.process("", ProcessingInputs=[processing_input("data", f"s3://{BUCKET}/big")])
    job = small_disk.processed(name)
    assert job["ProcessingJobStatus"] == "Failed"
    assert "no space left on the disk" in job["FailureReason"]

    small_disk.s3.delete_object(Bucket=BUCKET, Key="big/data")
    assert small_disk.processed(small_disk.process("print('on we go')"))["ProcessingJobStatus"] == "Completed"


def test_a_script_that_fills_the_disk_fails_alone(small_disk: LocalAws) -> None:
    script = """
with open("/opt/ml/processing/fill", "wb") as file:
    while True: file.write(b"x" * 1000000)
"""
    job = small_disk.processed(small_disk.process(script))
    assert job["FailureReason"] == "AlgorithmError: , exit code: 1"
    assert any("No space left" in line for line in small_disk.log_lines("ProcessingJobs", job["ProcessingJobName"]))
    eventually(lambda: not list((small_disk.data_dir / "jobs").glob("*")), "the removal of the job's folder")
    assert small_disk.processed(small_disk.process(""))["ProcessingJobStatus"] == "Completed"
