"""Gives waiting jobs their turn, runs them again where that is due, ends them, and reconciles after a restart."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from sagemaker_local import clock
from sagemaker_local.domain import jobs
from sagemaker_local.domain import training as states
from sagemaker_local.domain.arns import Scope
from sagemaker_local.domain.jobs import JobKind, Record
from sagemaker_local.execution import processing, provisioning, records, training
from sagemaker_local.execution.batch import flow as batch
from sagemaker_local.execution.deadlines import Deadlines
from sagemaker_local.execution.endings import Cancelled, Interrupted, JobFailed, PlatformFailed
from sagemaker_local.execution.images import ImageNotInstalled
from sagemaker_local.execution.job import Job, Platform
from sagemaker_local.execution.opt_ml import LeadsOut

log = logging.getLogger(__name__)

INTERNAL_ERROR = "InternalServerError: We encountered an internal error.  Please try again."
_FLOWS: dict[str, Callable[[Job], None]] = {
    jobs.TRAINING.resource_type: training.run,
    jobs.PROCESSING.resource_type: processing.run,
    jobs.TRANSFORM.resource_type: batch.run,
}
_RETRY_SECONDS = 1.0

Key = tuple[str, Scope, str]


class JobRunner:
    """Runs at most *max_jobs* jobs at a time; the others wait their turn, oldest first."""

    def __init__(self, platform: Platform, folder: Path, max_jobs: int) -> None:
        self._platform = platform
        self._folder = folder
        self._pool = ThreadPoolExecutor(max_jobs, thread_name_prefix="job")
        self._deadlines = Deadlines()
        self._lock = threading.Lock()
        self._jobs: dict[Key, tuple[Job, Future[None]]] = {}
        self._closing = threading.Event()

    def submit(self, kind: JobKind, scope: Scope, name: str) -> None:
        """Run the job of this record when there is room; returns at once."""
        folder = self._folder / f"{kind.resource_type}-{name}-{uuid.uuid4().hex[:8]}"
        job = Job(self._platform, kind, scope, name, folder)
        key = (kind.resource_type, scope, name.lower())
        with self._lock:
            future = self._pool.submit(self._run, job)
            self._jobs[key] = (job, future)
        future.add_done_callback(lambda ended: self._forget(key, ended))
        record = job.record
        self._watch(job, future, record)
        if record[kind.status_key] == jobs.STOPPING:  # asked for before there was a job to stop
            self.stop(kind, scope, name)

    def stop(self, kind: JobKind, scope: Scope, name: str) -> None:
        """Stop a job: one that still waits ends at once, one that runs gets SIGTERM, the grace, SIGKILL."""
        with self._lock:
            entry = self._jobs.get((kind.resource_type, scope, name.lower()))
        if entry is None:
            return  # it ended just now, or is about to be submitted, which looks whether it is being stopped
        job, future = entry
        job.stop()
        if future.cancel():
            self._finish(job, None)

    def reconcile(self) -> None:
        """After a restart: what was under way is run again if it has retries left, else it has failed.

        What was being stopped is stopped.
        """
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        for kind in jobs.KINDS.values():
            for scope, record in self._platform.store.in_states(kind.resource_type, (jobs.IN_PROGRESS, jobs.STOPPING)):
                self._recover(kind, scope, record)

    def _recover(self, kind: JobKind, scope: Scope, record: Record) -> None:
        name = record[kind.name_key]
        again = record[kind.status_key] == jobs.IN_PROGRESS and _may_retry(kind, record)
        log.warning("%s %s was in progress when the server went down", kind.noun, name)
        if again:
            records.change(self._platform.store, kind, scope, name, lambda stored: states.retried(stored, clock.now()))
            self.submit(kind, scope, name)
        else:
            reason = f"{INTERNAL_ERROR} (The local SageMaker went down while the job was in progress.)"
            records.change(self._platform.store, kind, scope, name, _ending(kind, reason))

    def close(self) -> None:
        """Kill what runs; the records are reconciled at the next start."""
        self._closing.set()
        self._deadlines.close()
        with self._lock:
            entries = list(self._jobs.values())
        for job, future in entries:
            future.cancel()
            job.kill()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _watch(self, job: Job, future: Future[None], record: Record) -> None:
        """Stop the job at the ends of those times that begin with its creation."""
        limits = record.get("StoppingCondition", {})  # not every kind of job has any
        if "MaxWaitTimeInSeconds" in limits:
            self._deadlines.at(states.wait_ends(record), lambda: self._overdue(job, future))
        if "MaxPendingTimeInSeconds" in limits:
            self._deadlines.at(states.pending_ends(record), lambda: self._still_pending(job, future))

    def _overdue(self, job: Job, future: Future[None]) -> None:
        if future.done():
            return
        job.time_out(states.MAX_WAIT_TIME)
        if future.cancel():
            self._finish(job, None)

    def _still_pending(self, job: Job, future: Future[None]) -> None:
        if future.cancel():
            job.time_out(states.STOPPED)
            self._finish(job, None)

    def _forget(self, key: Key, ended: Future[None]) -> None:
        with self._lock:
            # Its name may by now be that of a new job: a job that has ended can be deleted.
            if key in self._jobs and self._jobs[key][1] is ended:
                del self._jobs[key]

    def _run(self, job: Job) -> None:
        reason = _outcome(job)
        shutil.rmtree(job.folder, ignore_errors=True)
        if not job.killed:
            self._finish(job, reason)

    def _finish(self, job: Job, reason: str | None) -> None:
        """Write the job's end; a full disk holds it up and loses nothing."""
        ending = _ending(job.kind, reason, job.exceeded)
        while not self._closing.is_set():
            try:
                job.change(ending)
                return
            except sqlite3.OperationalError as error:
                log.error("the end of %s %s cannot be stored yet: %s", job.kind.noun, job.name, error)
                self._closing.wait(_RETRY_SECONDS)


def _outcome(job: Job) -> str | None:
    """Run the job, and again as often as that is due; returns why it failed, or ``None``."""
    again: Callable[[Record, float], None] | None = None
    while True:
        try:
            return _attempt(job, again)
        except Interrupted:
            again = states.interrupted
        except PlatformFailed:
            if job.killed or not _may_retry(job.kind, job.record):
                return INTERNAL_ERROR
            again = states.retried


def _attempt(job: Job, again: Callable[[Record, float], None] | None) -> str | None:
    """Run the job once; returns why it failed, or ``None``. Raises ``Interrupted`` and ``PlatformFailed``."""
    try:
        if again is not None:
            job.progress(lambda record: again(record, clock.now()))
        provisioning.provide(job)
        _FLOWS[job.kind.resource_type](job)
    except Cancelled:
        return None
    except JobFailed as error:
        return str(error)
    except LeadsOut as error:
        return f"ClientError: {error}"
    except ImageNotInstalled as error:
        return f"ClientError: the image could not be prepared: {error}"
    except (Interrupted, PlatformFailed):
        raise
    except Exception as error:
        log.exception("%s %s", job.kind.noun, job.name)
        raise PlatformFailed from error
    return None


def _may_retry(kind: JobKind, record: Record) -> bool:
    return kind is jobs.TRAINING and states.retries_left(record) > 0


def _ending(kind: JobKind, reason: str | None, exceeded: str | None = None) -> Callable[[Record], None]:
    """The change that ends a job, whatever state it is in."""

    def end(record: Record) -> None:
        now = clock.now()
        stopping = record[kind.status_key] == jobs.STOPPING
        status = jobs.STOPPED if stopping else jobs.COMPLETED if reason is None else jobs.FAILED
        if kind is jobs.TRAINING:
            states.end(record, status, exceeded, now)
        jobs.advance(kind, record, status, now, reason if status == jobs.FAILED else None)

    return end
