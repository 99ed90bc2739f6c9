"""One job on its way: what the flows of training and processing share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sagemaker_local import clock
from sagemaker_local.base.aws import Aws
from sagemaker_local.domain import jobs, training
from sagemaker_local.domain.arns import Scope
from sagemaker_local.domain.faults.effects import Exit
from sagemaker_local.domain.faults.plan import Attempt
from sagemaker_local.domain.jobs import JobKind, Record
from sagemaker_local.execution import records
from sagemaker_local.execution.endings import Cancelled, Ended
from sagemaker_local.execution.images import ImageCatalog
from sagemaker_local.execution.injection import PROGRAM_EFFECTS, Strike, failing_program
from sagemaker_local.execution.logs import LogStream, printable
from sagemaker_local.execution.metrics import MetricSource
from sagemaker_local.execution.network import Network
from sagemaker_local.execution.process import ProcessExecutor, Program, Running, Sandbox
from sagemaker_local.execution.serving.container import ServingPlatform
from sagemaker_local.faults import Faults
from sagemaker_local.store import Store


@dataclass(frozen=True)
class Platform:
    """What every job runs with."""

    store: Store
    aws: Aws
    images: ImageCatalog
    executor: ProcessExecutor
    faults: Faults
    serving: ServingPlatform
    """for containers that a job serves from, in an event loop of its own"""
    stop_grace_seconds: float


class Job:
    """A job that has its turn; ``stop`` may come from another thread at any moment."""

    def __init__(self, platform: Platform, kind: JobKind, scope: Scope, name: str, folder: Path) -> None:
        self.platform, self.kind, self.scope, self.name, self.folder = platform, kind, scope, name, folder
        self.instances: list[Sandbox] = []
        self.exceeded: str | None = None
        self._cancelled = threading.Event()
        self._killed = False
        self._lock = threading.Lock()
        self._running: list[Running] = []
        self._first_failure: Ended | None = None

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

    def progress(self, mutate: Callable[[Record], None]) -> None:
        """Change the record of a job on its way to its program. Raises ``Cancelled`` if it is being stopped."""

        def advance(record: Record) -> None:
            if record[self.kind.status_key] != jobs.IN_PROGRESS:
                raise Cancelled
            mutate(record)

        self.change(advance)

    def check(self) -> None:
        """Raises ``Cancelled`` once the job has been stopped; called between steps and objects."""
        if self._cancelled.is_set():
            raise Cancelled

    @property
    def stopped(self) -> bool:
        """Whether the job was stopped: by a request, by its time limit, or with the server."""
        return self._cancelled.is_set()

    @property
    def attempt(self) -> Attempt:
        """The job as fault plans see it."""
        record = self.record
        tags = self.platform.store.tags(record[self.kind.arn_key])
        return Attempt(self.kind.resource_type, self.name, tags, training.is_spot(record))

    def pause(self, seconds: float | None = None) -> None:
        """Wait so long, or without end. Raises ``Cancelled`` as soon as the job is stopped."""
        self._cancelled.wait(seconds)
        self.check()

    def execute(
        self, program: Program, max_runtime_seconds: float, on_line: Callable[[str], None] | None = None
    ) -> Ended:
        """Run *program* on every instance until all have ended, one has failed, or the job is stopped.

        *on_line* is called with every line of every instance's output. The instances of a job fail together, as on
        AWS: the first to fail ends the others.
        """
        strike, program = self._prepared(program)

        def hear(line: str) -> None:
            strike.hear(line)
            if on_line is not None:
                on_line(line)

        with ExitStack() as stack:
            network = stack.enter_context(self.platform.executor.network(program))
            started = [self._start(instance, program, network, hear, stack) for instance in self.instances]
            stack.enter_context(strike.in_time())
            limit = threading.Timer(max_runtime_seconds, self.time_out, [training.MAX_RUNTIME])
            limit.start()
            stack.callback(limit.cancel)
            with ThreadPoolExecutor(len(started)) as pool:
                waiting = [pool.submit(self._wait, *one) for one in started]
                ended = [future.result() for future in waiting]
        if self._killed:
            raise Cancelled
        return strike.verdict(self._first_failure or ended[0])

    def _prepared(self, program: Program) -> tuple[Strike, Program]:
        """A new attempt to run *program*, and what the fault plan has for it."""
        running: list[Running] = []
        with self._lock:
            self._running, self._first_failure = running, None
        effect = self.platform.faults.meet(self.attempt, *PROGRAM_EFFECTS)
        strike = Strike(effect, lambda: _kill_all(running))
        return strike, failing_program(program, effect, self.kind) if isinstance(effect, Exit) else program

    def _start(
        self,
        instance: Sandbox,
        program: Program,
        network: Network | None,
        on_line: Callable[[str], None],
        stack: ExitStack,
    ) -> tuple[Sandbox, Running, list[str]]:
        stream = f"{self.name}/{instance.host}-{int(clock.now())}"
        output = LogStream(self.platform.aws.client("logs", self.scope), self.kind.log_group, stream)
        stack.callback(output.close)
        last = [""]

        def collect(text: str) -> None:
            line = last[0] = printable(text)
            output.append(line)
            on_line(line)

        host = (("Host", f"{self.name}/{instance.host}"),)
        measured = replace(program, measured_as=MetricSource(self.scope, self.kind.log_group, (host,)))
        image = self.platform.images.find(image_uri(self.record))
        if image.notice:
            output.append(image.notice)
        with self._lock:
            self.check()
            running = self.platform.executor.start(image, measured, instance, collect, network)
            self._running.append(running)
        # Should a later instance not start, this one is not left behind.
        stack.callback(running.end)
        return instance, running, last

    def _wait(self, instance: Sandbox, running: Running, last: list[str]) -> Ended:
        exit_code = running.wait()
        ended = Ended(exit_code, instance, last[0])
        if exit_code != 0:
            with self._lock:
                self._first_failure = self._first_failure or ended
            if not self.stopped:
                _kill_all(self._running)
        return ended

    def stop(self) -> None:
        """SIGTERM, the grace, SIGKILL; or no start at all."""
        with self._lock:
            self._cancelled.set()
            for running in self._running:
                running.stop(self.platform.stop_grace_seconds)

    def kill(self) -> None:
        """End it now: the server is going down."""
        with self._lock:
            self._killed = True
            self._cancelled.set()
            _kill_all(self._running)

    @property
    def killed(self) -> bool:
        """Whether the server went down under the job: then its end is written at the next start."""
        return self._killed

    def time_out(self, limit: str) -> None:
        """The job has reached *limit* (a secondary state): it is stopped, unless it is being stopped already."""
        if self.stopped:
            return
        self.exceeded = limit
        self.change(self._mark_stopping)
        self.stop()

    def _mark_stopping(self, record: Record) -> None:
        mark_stopping(self.kind, record, clock.now())


def _kill_all(programs: list[Running]) -> None:
    for program in programs:
        program.kill()


def mark_stopping(kind: JobKind, record: Record, now: float) -> None:
    """The job is being stopped."""
    if record[kind.status_key] != jobs.IN_PROGRESS:
        return  # it ended meanwhile, or is being stopped already
    jobs.advance(kind, record, jobs.STOPPING, now)
    if kind is jobs.TRAINING:
        training.enter(record, training.STOPPING, now)


def image_uri(record: Record) -> str:
    """The image of a job's record."""
    specification = record.get("AlgorithmSpecification") or record.get("AppSpecification") or record["Resolved"]
    uri = specification.get("TrainingImage") or specification.get("ImageUri") or specification["Image"]
    return str(uri)
