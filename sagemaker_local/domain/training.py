"""A training job's secondary states: which there are, what each says, and what follows from their course.

Source of states and messages: the API reference, SecondaryStatusTransition. What it has no message for is worded here.
Functions change the record they are given and nothing else; see ``jobs``.
"""

from __future__ import annotations

import math

from sagemaker_local.domain import jobs
from sagemaker_local.domain.jobs import TRAINING, Record

STARTING, DOWNLOADING, TRAINING_, UPLOADING = "Starting", "Downloading", "Training", "Uploading"
INTERRUPTED, STOPPING, STOPPED = "Interrupted", "Stopping", "Stopped"
MAX_RUNTIME, MAX_WAIT_TIME = "MaxRuntimeExceeded", "MaxWaitTimeExceeded"

LAUNCHING = "Launching requested ML instances"
NO_CAPACITY = "Insufficient capacity error from EC2 while launching instances, retrying!"
REPLACING = "Launched instance was unhealthy, replacing it!"
PREPARING = "Preparing the instances for training"
PULLING = "Downloading the training image"

MESSAGES = {
    STARTING: "Starting the training job",
    DOWNLOADING: "Downloading input data",
    TRAINING_: "Training image download completed. Training in progress.",
    INTERRUPTED: "The managed spot training instances were interrupted",
    UPLOADING: "Uploading generated training model",
    STOPPING: "Stopping the training job",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    STOPPED: "Training job stopped",
    MAX_RUNTIME: "Training job runtime exceeded MaxRuntimeInSeconds",
    MAX_WAIT_TIME: "Training job wait time exceeded MaxWaitTimeInSeconds",
}
_ON_INSTANCES = frozenset({DOWNLOADING, TRAINING_, UPLOADING, STOPPING})
_SPOT_SHARE = 0.3
"""of the price, that spot instances cost: AWS's own examples tell of savings around 70 %"""


def begin(record: Record, now: float) -> None:
    """A new training job: it starts."""
    record["SecondaryStatusTransitions"] = []
    enter(record, STARTING, now)


def enter(record: Record, secondary: str, now: float, message: str | None = None) -> None:
    """The job enters *secondary*: the last transition ends where the new one starts."""
    transitions = record["SecondaryStatusTransitions"]
    now = max(now, record["LastModifiedTime"])
    if transitions:
        transitions[-1].setdefault("EndTime", now)
    transitions.append({"Status": secondary, "StartTime": now, "StatusMessage": message or MESSAGES[secondary]})
    record["SecondaryStatus"] = secondary
    record["LastModifiedTime"] = now


def say(record: Record, message: str, now: float) -> None:
    """The job has come further within its secondary state."""
    record["SecondaryStatusTransitions"][-1]["StatusMessage"] = message
    record["LastModifiedTime"] = max(now, record["LastModifiedTime"])


def interrupted(record: Record, now: float) -> None:
    """The spot instances were taken away, and new ones are waited for."""
    enter(record, INTERRUPTED, now)
    enter(record, STARTING, now, LAUNCHING)


def retried(record: Record, now: float) -> None:
    """After an internal error the job begins again, with nothing of what it had but its checkpoints."""
    enter(record, STARTING, now, REPLACING)


def retries_left(record: Record) -> int:
    """How often the job may still be run again after an internal error (``RetryStrategy``)."""
    entered = [transition["Status"] for transition in record["SecondaryStatusTransitions"]]
    used = entered.count(STARTING) - 1 - entered.count(INTERRUPTED)
    return int(record.get("RetryStrategy", {}).get("MaximumRetryAttempts", 0)) - used


def is_spot(record: Record) -> bool:
    """Whether the job runs on spot capacity."""
    return bool(record.get("EnableManagedSpotTraining", False))


def end(record: Record, status: str, exceeded: str | None, now: float) -> None:
    """The last secondary state of a job that ends in *status*, and the times that are known with it.

    *exceeded* is the limit (``MaxRuntimeExceeded``, ...) that stopped it, if one did.
    """
    enter(record, exceeded if exceeded and status == jobs.STOPPED else status, now)
    last = record["SecondaryStatusTransitions"][-1]
    last["EndTime"] = last["StartTime"]  # as AWS shows it
    if TRAINING.start_key in record:
        seconds = max(1, round(seconds_in(record, _ON_INSTANCES)))
        record["TrainingTimeInSeconds"] = seconds
        record["BillableTimeInSeconds"] = math.ceil(seconds * _SPOT_SHARE) if is_spot(record) else seconds


def wait_ends(record: Record) -> float:
    """When a job on spot capacity has waited and run for as long as it may."""
    return float(record["CreationTime"] + record["StoppingCondition"]["MaxWaitTimeInSeconds"])


def pending_ends(record: Record) -> float:
    """When a job that has not begun has waited for as long as it may."""
    return float(record["CreationTime"] + record["StoppingCondition"]["MaxPendingTimeInSeconds"])


def seconds_trained(record: Record) -> float:
    """For how long programs of the job have run, in all its attempts that are over."""
    return seconds_in(record, frozenset({TRAINING_}))


def seconds_in(record: Record, states: frozenset[str]) -> float:
    """For how long the job was in one of *states*; the present one is not over and does not count."""
    return float(
        sum(
            transition["EndTime"] - transition["StartTime"]
            for transition in record["SecondaryStatusTransitions"]
            if transition["Status"] in states and "EndTime" in transition
        )
    )
