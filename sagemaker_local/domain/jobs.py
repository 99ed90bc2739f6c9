"""A job's life: which states follow which, and what each change leaves in the record.

A record is the dictionary that ``Describe...Job`` answers with; timestamps are epoch seconds. Functions here change
the record they are given and nothing else. States and secondary states are SageMaker's, from its API reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]

IN_PROGRESS, STOPPING = "InProgress", "Stopping"
COMPLETED, FAILED, STOPPED = "Completed", "Failed", "Stopped"
TERMINAL = frozenset({COMPLETED, FAILED, STOPPED})

_FOLLOWS = {
    IN_PROGRESS: {IN_PROGRESS, STOPPING, COMPLETED, FAILED, STOPPED},
    # A job that ends by itself while it is being stopped is Stopped on AWS, whatever its exit code.
    STOPPING: {STOPPING, STOPPED, FAILED},
}
_REASON_LIMIT = 1024


class IllegalTransition(Exception):
    """A finished job cannot change, and no job goes back."""


@dataclass(frozen=True)
class JobKind:
    """What distinguishes one kind of job from another, as data."""

    resource_type: str
    """in ARNs, and the kind under which records are stored"""
    noun: str
    """in error messages"""
    prefix: str
    """of the members ``<prefix>Name``, ``<prefix>Arn`` and ``<prefix>Status``"""
    end_key: str
    event: str
    """EventBridge's detail-type"""
    start_key: str = ""
    """empty for a job that has no instance of its own"""
    log_group: str = ""
    """empty for a job that runs no program of its own"""

    @property
    def name_key(self) -> str:
        return f"{self.prefix}Name"

    @property
    def arn_key(self) -> str:
        return f"{self.prefix}Arn"

    @property
    def status_key(self) -> str:
        return f"{self.prefix}Status"


TRAINING = JobKind(
    resource_type="training-job",
    noun="training job",
    prefix="TrainingJob",
    start_key="TrainingStartTime",
    end_key="TrainingEndTime",
    log_group="/aws/sagemaker/TrainingJobs",
    event="SageMaker Training Job State Change",
)
PROCESSING = JobKind(
    resource_type="processing-job",
    noun="processing job",
    prefix="ProcessingJob",
    start_key="ProcessingStartTime",
    end_key="ProcessingEndTime",
    log_group="/aws/sagemaker/ProcessingJobs",
    event="SageMaker Processing Job State Change",
)
TUNING = JobKind(
    resource_type="hyper-parameter-tuning-job",
    noun="tuning job",
    prefix="HyperParameterTuningJob",
    end_key="HyperParameterTuningEndTime",
    event="SageMaker HyperParameter Tuning Job State Change",
)
TRANSFORM = JobKind(
    resource_type="transform-job",
    noun="transform job",
    prefix="TransformJob",
    start_key="TransformStartTime",
    end_key="TransformEndTime",
    log_group="/aws/sagemaker/TransformJobs",
    event="SageMaker Transform Job State Change",
)
KINDS = {kind.resource_type: kind for kind in (TRAINING, PROCESSING, TRANSFORM)}
"""the kinds of job that run a program"""


def is_terminal(kind: JobKind, record: Record) -> bool:
    """Whether the job has ended."""
    return record[kind.status_key] in TERMINAL


def advance(kind: JobKind, record: Record, status: str, now: float, reason: str | None = None) -> None:
    """Put the job into *status*; *reason* becomes its ``FailureReason``, cut to AWS's 1024 characters.

    *now* is taken as no earlier than the last change: a clock that jumps back makes no job end before it began.
    Raises ``IllegalTransition``.
    """
    current = record[kind.status_key]
    if status not in _FOLLOWS.get(current, set()):
        raise IllegalTransition(f"{kind.noun} {record[kind.name_key]} is {current} and cannot become {status}")
    now = max(now, record["LastModifiedTime"])
    record[kind.status_key] = status
    record["LastModifiedTime"] = now
    if reason is not None:
        record["FailureReason"] = reason[:_REASON_LIMIT]
    if status in TERMINAL:
        record[kind.end_key] = now


def started(kind: JobKind, record: Record, now: float) -> None:
    """The job has its instances: the billed time begins, if it has not begun with earlier ones."""
    now = max(now, record["LastModifiedTime"])
    record.setdefault(kind.start_key, now)
    record["LastModifiedTime"] = now
