"""A job on its way: stopped, out of time, or stopped before it began."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sagemaker_local.base.aws import Aws
from sagemaker_local.domain.arns import Scope
from sagemaker_local.domain.jobs import PROCESSING, TRAINING, JobKind
from sagemaker_local.execution import records
from sagemaker_local.execution.endings import Cancelled, Ended, algorithm_error
from sagemaker_local.execution.images import ImageCatalog
from sagemaker_local.execution.job import Job, Platform
from sagemaker_local.execution.process import ProcessExecutor, Sandbox
from sagemaker_local.execution.runner import JobRunner
from sagemaker_local.execution.serving.container import ServingPlatform
from sagemaker_local.execution.serving.ports import Ports
from sagemaker_local.faults import Faults
from sagemaker_local.store import Store
from tests.support.polling import eventually

SCOPE = Scope("000000000000", "us-east-1")


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    """All that jobs run with, but no endpoint: none of these jobs gets as far as to need one."""
    store = Store(tmp_path / "db")
    images = ImageCatalog(tmp_path / "containers", tmp_path / "environments", {})
    executor = ProcessExecutor("none", [])
    aws = Aws("http://127.0.0.1:9")
    serving = ServingPlatform(aws, images, executor, Ports(), 9, lambda _: None)
    yield Platform(store, aws, images, executor, Faults(store), serving, stop_grace_seconds=1)
    store.close()


def add(platform: Platform, kind: JobKind, status: str) -> None:
    """Job ``j`` in the store."""
    record: dict[str, Any] = {
        kind.name_key: "j",
        kind.arn_key: SCOPE.arn(kind.resource_type, "j"),
        kind.status_key: status,
        "AppSpecification": {"ImageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/absent:1"},
        "SecondaryStatusTransitions": [],
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "CreationTime": 100.0,
        "LastModifiedTime": 100.0,
    }
    records.add(platform.store, kind, SCOPE, record, {})


def job(platform: Platform, kind: JobKind, tmp_path: Path) -> Job:
    return Job(platform, kind, SCOPE, "j", tmp_path / "job")


def test_a_job_out_of_time_is_stopping(platform: Platform, tmp_path: Path) -> None:
    add(platform, TRAINING, "InProgress")
    late = job(platform, TRAINING, tmp_path)
    late.time_out("MaxRuntimeExceeded")
    assert (late.exceeded, late.stopped) == ("MaxRuntimeExceeded", True)
    assert late.record["TrainingJobStatus"] == late.record["SecondaryStatus"] == "Stopping"
    with pytest.raises(Cancelled):
        late.check()


def test_a_job_that_was_stopped_before_its_time_was_out_has_not_timed_out(platform: Platform, tmp_path: Path) -> None:
    add(platform, TRAINING, "Stopping")
    stopped = job(platform, TRAINING, tmp_path)
    stopped.stop()
    before = stopped.record
    stopped.time_out("MaxRuntimeExceeded")
    assert (stopped.exceeded, stopped.record) == (None, before)


def test_a_job_that_was_stopped_before_it_was_submitted_does_not_run(platform: Platform, tmp_path: Path) -> None:
    add(platform, PROCESSING, "Stopping")
    runner = JobRunner(platform, tmp_path / "jobs", 1)
    busy = threading.Event()
    runner._pool.submit(busy.wait)  # so that the job could not end by being run
    runner.submit(PROCESSING, SCOPE, "j")
    ended = eventually(lambda: finished(platform), "the job's end")
    assert "ProcessingStartTime" not in ended
    busy.set()
    runner.close()


def finished(platform: Platform) -> dict[str, Any] | None:
    record = platform.store.get(PROCESSING.resource_type, SCOPE, "j")
    return record if record is not None and record["ProcessingJobStatus"] == "Stopped" else None


def test_a_runner_that_was_closed_has_left_no_thread(platform: Platform, tmp_path: Path) -> None:
    before = set(threading.enumerate())
    add(platform, PROCESSING, "Stopping")
    runner = JobRunner(platform, tmp_path / "jobs", 1)
    runner.submit(PROCESSING, SCOPE, "j")
    runner.close()
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize(
    ("exit_code", "text", "reason"),
    [
        (3, "", "AlgorithmError: , exit code: 3"),
        (3, "column age is missing", "AlgorithmError: column age is missing, exit code: 3"),
        (127, "", "AlgorithmError: , exit code: 127"),
    ],
)
def test_the_reason_of_a_failed_program_is_its_text_and_status(
    tmp_path: Path, exit_code: int, text: str, reason: str
) -> None:
    ended = Ended(exit_code, Sandbox(tmp_path, "algo-1"), "the last line")
    assert str(algorithm_error(ended, text)) == reason
