"""The secondary states of a training job: their course over attempts, and the times that follow from it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.domain import jobs, training
from sagemaker_local.domain.jobs import TRAINING

IN_PROGRESS = "Training image download completed. Training in progress."


def begun(at: float = 100.0, **members: Any) -> dict[str, Any]:
    """A training job created at *at*."""
    record: dict[str, Any] = {
        "TrainingJobName": "j",
        "TrainingJobArn": "arn:training-job/j",
        "TrainingJobStatus": "InProgress",
        "CreationTime": at,
        "LastModifiedTime": at,
        **members,
    }
    training.begin(record, at)
    return record


def attempt(record: dict[str, Any], at: float) -> None:
    """One attempt that is on instances from *at* on: 10 s of data, then the program."""
    jobs.started(TRAINING, record, at)
    training.enter(record, "Downloading", at)
    training.enter(record, "Training", at + 10)


def states(record: dict[str, Any]) -> list[str]:
    return [transition["Status"] for transition in record["SecondaryStatusTransitions"]]


def test_a_secondary_state_ends_where_the_next_one_begins() -> None:
    record = begun(110.0)
    training.enter(record, "Training", 120.0)
    training.end(record, "Completed", None, 130.0)
    assert record["SecondaryStatus"] == "Completed"
    assert record["SecondaryStatusTransitions"] == [
        {"Status": "Starting", "StartTime": 110.0, "EndTime": 120.0, "StatusMessage": "Starting the training job"},
        {"Status": "Training", "StartTime": 120.0, "EndTime": 130.0, "StatusMessage": IN_PROGRESS},
        {"Status": "Completed", "StartTime": 130.0, "EndTime": 130.0, "StatusMessage": "Training job completed"},
    ]


def test_the_message_changes_within_a_state() -> None:
    record = begun()
    training.say(record, "Preparing the instances for training", 105.0)
    assert record["SecondaryStatusTransitions"] == [
        {"Status": "Starting", "StartTime": 100.0, "StatusMessage": "Preparing the instances for training"}
    ]
    assert record["LastModifiedTime"] == 105.0


def test_every_state_says_something_of_its_own() -> None:
    assert len(set(training.MESSAGES.values())) == len(training.MESSAGES)


def test_a_job_without_interruptions_is_billed_for_its_time_on_instances() -> None:
    record = begun()
    attempt(record, 120.0)
    training.enter(record, "Uploading", 170.0)
    training.end(record, "Completed", None, 180.4)
    assert (record["TrainingTimeInSeconds"], record["BillableTimeInSeconds"]) == (60, 60)


def test_a_spot_job_is_billed_less_and_not_for_the_time_without_instances() -> None:
    record = begun(EnableManagedSpotTraining=True)
    attempt(record, 100.0)
    training.interrupted(record, 150.0)
    attempt(record, 1150.0)
    training.enter(record, "Uploading", 1190.0)
    training.end(record, "Completed", None, 1200.0)
    again = ["Starting", "Downloading", "Training"]
    assert states(record) == [*again, "Interrupted", *again, "Uploading", "Completed"]
    assert record["TrainingTimeInSeconds"] == 100
    assert record["BillableTimeInSeconds"] == 30
    assert record["TrainingStartTime"] == 100.0


def test_a_job_that_never_had_instances_is_not_billed() -> None:
    record = begun()
    training.end(record, "Failed", None, 150.0)
    assert "BillableTimeInSeconds" not in record
    assert "TrainingTimeInSeconds" not in record


def test_programs_times_add_up_over_attempts() -> None:
    record = begun(RetryStrategy={"MaximumRetryAttempts": 5})
    assert training.seconds_trained(record) == 0
    attempt(record, 100.0)
    assert training.seconds_trained(record) == 0  # it is not over
    training.retried(record, 140.0)
    attempt(record, 200.0)
    training.retried(record, 215.0)
    assert training.seconds_trained(record) == 30 + 5


@pytest.mark.parametrize(("strategy", "left"), [({}, [0, -1]), ({"MaximumRetryAttempts": 2}, [2, 1, 0])])
def test_retries_are_counted_by_the_new_starts_and_interruptions_are_none(
    strategy: dict[str, int], left: list[int]
) -> None:
    record = begun(RetryStrategy=strategy) if strategy else begun()
    seen = []
    for _ in left:
        seen.append(training.retries_left(record))
        training.interrupted(record, 100.0)
        training.retried(record, 100.0)
    assert seen == left


@pytest.mark.parametrize(
    ("status", "exceeded", "secondary"),
    [
        ("Completed", None, "Completed"),
        ("Stopped", None, "Stopped"),
        ("Stopped", training.MAX_RUNTIME, "MaxRuntimeExceeded"),
        ("Stopped", training.MAX_WAIT_TIME, "MaxWaitTimeExceeded"),
        ("Failed", training.MAX_RUNTIME, "Failed"),
    ],
)
def test_a_limit_that_stopped_the_job_is_its_last_state(status: str, exceeded: str | None, secondary: str) -> None:
    record = begun()
    training.end(record, status, exceeded, 200.0)
    assert record["SecondaryStatus"] == secondary
    assert record["SecondaryStatusTransitions"][-1]["StatusMessage"] == training.MESSAGES[secondary]


def test_the_times_that_a_job_may_wait_begin_with_its_creation() -> None:
    limits = {"MaxWaitTimeInSeconds": 50, "MaxPendingTimeInSeconds": 7200}
    record = begun(1000.0, StoppingCondition=limits)
    assert (training.wait_ends(record), training.pending_ends(record)) == (1050.0, 8200.0)


@given(st.lists(st.floats(0, 2e9), min_size=7, max_size=7))
def test_whatever_the_clock_does_times_never_run_backwards(clock: list[float]) -> None:
    record = begun(clock[0])
    training.say(record, "m", clock[1])
    jobs.started(TRAINING, record, clock[2])
    training.enter(record, "Training", clock[3])
    training.interrupted(record, clock[4])
    training.end(record, "Completed", None, clock[5])
    jobs.advance(TRAINING, record, "Completed", clock[6])
    assert record["CreationTime"] <= record["TrainingStartTime"] <= record["TrainingEndTime"]
    assert record["TrainingEndTime"] == record["LastModifiedTime"]
    assert record["TrainingTimeInSeconds"] >= 1
    transitions = record["SecondaryStatusTransitions"]
    moments = [moment for item in transitions for moment in (item["StartTime"], item["EndTime"])]
    assert moments == sorted(moments)
    assert all(one["EndTime"] == other["StartTime"] for one, other in pairwise(transitions))
