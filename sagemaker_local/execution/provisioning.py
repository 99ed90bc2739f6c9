"""What a job starts with: capacity, an image, instances with their folders."""

from __future__ import annotations

import shutil

from sagemaker_local import clock
from sagemaker_local.domain import jobs
from sagemaker_local.domain import training as states
from sagemaker_local.domain.clusters import cluster_of
from sagemaker_local.domain.faults.effects import CapacityError, SlowStart
from sagemaker_local.execution.cluster import create_instances
from sagemaker_local.execution.endings import JobFailed
from sagemaker_local.execution.job import Job, image_uri

_NO_CAPACITY = (
    "CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type."
)


def provide(job: Job) -> None:
    """Make the job ready for its data. Raises ``JobFailed``, ``ImageNotInstalled``, or ``Cancelled`` if stopped."""
    _say(job, states.LAUNCHING)
    _await_capacity(job)
    _say(job, states.PREPARING)
    record = job.record
    job.platform.images.ensure_installed(job.platform.images.find(image_uri(record)))
    shutil.rmtree(job.folder, ignore_errors=True)  # of the attempt before
    job.instances = create_instances(job.folder, cluster_of(record).hosts)
    job.check()


def _say(job: Job, message: str) -> None:
    if job.kind is jobs.TRAINING:
        job.progress(lambda record: states.say(record, message, clock.now()))
    job.check()


def _await_capacity(job: Job) -> None:
    """There always is capacity here, unless the fault plan says otherwise."""
    slow = job.platform.faults.meet(job.attempt, SlowStart)
    if isinstance(slow, SlowStart):
        job.pause(slow.seconds)
    if job.platform.faults.meet(job.attempt, CapacityError) is None:
        return
    if not states.is_spot(job.record):
        raise JobFailed(_NO_CAPACITY)
    _say(job, states.NO_CAPACITY)
    job.pause()
