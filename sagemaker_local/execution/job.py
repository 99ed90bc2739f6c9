"""One job on its way: what the flows of training and processing share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sagemaker_local import clock
from sagemaker_local.base.aws import Aws
from sagemaker_local.domain import jobs
from sagemaker_local.domain.arns import Scope
from sagemaker_local.domain.jobs import JobKind, Record
from sagemaker_local.execution import records
from sagemaker_local.execution.images import ImageCatalog
from sagemaker_local.execution.launcher import NOT_EXECUTABLE, NOT_FOUND
from sagemaker_local.execution.logs import LogStream
from sagemaker_local.execution.opt_ml import HOST
from sagemaker_local.execution.process import ProcessExecutor, Program, Running, Sandbox
from sagemaker_local.store import Store


class JobFailed(Exception):
    """The job ends ``Failed``; the text is its ``FailureReason``, with AWS's prefix for whose fault it is."""


class Cancelled(Exception):
    """The job was stopped between two steps."""


@dataclass(frozen=True)
class Platform:
    """What every job runs with."""

    store: Store
    aws: Aws
    images: ImageCatalog
    executor: ProcessExecutor
    stop_grace_seconds: float


class Job:
    """A job that has its turn; ``stop`` may come from another thread at any moment."""

    def __init__(self, platform: Platform, kind: JobKind, scope: Scope, name: str, sandbox: Sandbox) -> None:
        self.platform, self.kind, self.scope, self.name, self.sandbox = platform, kind, scope, name, sandbox
        self.timed_out = False
        self._cancelled = threading.Event()
        self._killed = False
        self._last_line = ""
        self._lock = threading.Lock()
        self._running: Running | None = None

    @property
    def record(self) -> Record:
        """The job as it stands in the store."""
        record = self.platform.store.get(self.kind.resource_type, self.scope, self.name)
        assert record is not None, f"{self.kind.noun} {self.name} has no record"
        return record

    @property
    def s3(self) -> Any:
        return self.platform.aws.client("s3", self.scope)

    def change(self, mutate: Callable[[Record], None]) -> Record:
        """Change the stored record and send the event."""
        return records.change(self.platform.store, self.kind, self.scope, self.name, mutate)

    def check(self) -> None:
        """Raises ``Cancelled`` once the job has been stopped; called between steps and objects."""
        if self._cancelled.is_set():
            raise Cancelled

    @property
    def stopped(self) -> bool:
        """Whether the job was stopped: by a request, by its time limit, or with the server."""
        return self._cancelled.is_set()

    def execute(
        self, program: Program, max_runtime_seconds: float, on_line: Callable[[str], None] | None = None
    ) -> int:
        """Run *program* until it ends, is stopped or has run too long; returns its exit status."""
        record = self.record
        stream = f"{self.name}/{HOST}-{int(clock.now())}"
        output = LogStream(self.platform.aws.client("logs", self.scope), self.kind.log_group, stream)

        def collect(line: str) -> None:
            self._last_line = line
            output.append(line)
            if on_line is not None:
                on_line(line)

        image = self.platform.images.find(image_uri(record))
        try:
            running = self._start(image, program, collect)
            limit = threading.Timer(max_runtime_seconds, self.time_out)
            limit.start()
            try:
                exit_code = running.wait()
            finally:
                limit.cancel()
        finally:
            output.close()
        if self._killed:
            raise Cancelled
        return exit_code

    def _start(self, image: Any, program: Program, collect: Callable[[str], None]) -> Running:
        with self._lock:
            self.check()
            self._running = self.platform.executor.start(image, program, self.sandbox, collect)
            return self._running

    def stop(self) -> None:
        """SIGTERM, the grace, SIGKILL; or no start at all."""
        with self._lock:
            self._cancelled.set()
            if self._running is not None:
                self._running.stop(self.platform.stop_grace_seconds)

    def kill(self) -> None:
        """End it now: the server is going down."""
        with self._lock:
            self._killed = True
            self._cancelled.set()
            if self._running is not None:
                self._running.kill()

    @property
    def last_line(self) -> str:
        """The last line that the program printed."""
        return self._last_line

    @property
    def killed(self) -> bool:
        """Whether the server went down under the job: then its end is written at the next start."""
        return self._killed

    def time_out(self) -> None:
        """The job has run too long: it is stopped, unless it is being stopped already."""
        if self.stopped:
            return
        self.timed_out = True
        self.change(self._mark_stopping)
        self.stop()

    def _mark_stopping(self, record: Record) -> None:
        mark_stopping(self.kind, record, clock.now())


def mark_stopping(kind: JobKind, record: Record, now: float) -> None:
    """The job is being stopped."""
    if record[kind.status_key] != jobs.IN_PROGRESS:
        return  # it ended meanwhile, or is being stopped already
    jobs.advance(kind, record, jobs.STOPPING, now)
    if kind is jobs.TRAINING:
        jobs.enter(record, "Stopping", "Stopping the training job", now)


def algorithm_error(job: Job, exit_code: int, text: str = "") -> JobFailed:
    """The program failed: AWS's wording, and for a program that could not be started the launcher's reason."""
    reason = f"AlgorithmError: {text}, exit code: {exit_code}"
    not_started = exit_code in (NOT_EXECUTABLE, NOT_FOUND) and job.last_line.startswith("exec: ")
    return JobFailed(f"{reason} ({job.last_line})" if not_started else reason)


def image_uri(record: Record) -> str:
    """The image of a training or processing job's record."""
    specification = record.get("AlgorithmSpecification") or record["AppSpecification"]
    uri = specification.get("TrainingImage") or specification["ImageUri"]
    return str(uri)
