"""The states of a job: which follow which, what each leaves behind, and a clock that jumps."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_local.domain import jobs
from sagemaker_local.domain.jobs import PROCESSING, TRAINING, TRANSFORM, IllegalTransition, JobKind

STATES = ("InProgress", "Stopping", "Completed", "Failed", "Stopped")
LEGAL = {
    ("InProgress", "InProgress"),
    ("InProgress", "Stopping"),
    ("InProgress", "Completed"),
    ("InProgress", "Failed"),
    ("InProgress", "Stopped"),
    ("Stopping", "Stopping"),
    ("Stopping", "Stopped"),
    ("Stopping", "Failed"),
}
EVERY = [(before, after) for before in STATES for after in STATES]


def job(kind: JobKind, status: str = "InProgress", at: float = 100.0) -> dict[str, Any]:
    """The record of a job created at *at*."""
    record = {
        kind.name_key: "j",
        kind.arn_key: f"arn:{kind.resource_type}/j",
        kind.status_key: status,
        "CreationTime": at,
        "LastModifiedTime": at,
    }
    return record | {"SecondaryStatusTransitions": []} if kind is TRAINING else record


@pytest.mark.parametrize("kind", [TRAINING, PROCESSING], ids=lambda kind: kind.noun)
@pytest.mark.parametrize(("before", "after"), EVERY)
def test_only_legal_transitions_are_made(kind: JobKind, before: str, after: str) -> None:
    record = job(kind, before)
    if (before, after) in LEGAL:
        jobs.advance(kind, record, after, 200.0)
        assert record[kind.status_key] == after
        assert record["LastModifiedTime"] == 200.0
    else:
        unchanged = dict(record)
        with pytest.raises(IllegalTransition, match=f"{kind.noun} j is {before} and cannot become {after}"):
            jobs.advance(kind, record, after, 200.0)
        assert record == unchanged


@pytest.mark.parametrize("status", STATES)
def test_a_job_has_ended_in_the_terminal_states(status: str) -> None:
    assert jobs.is_terminal(TRAINING, job(TRAINING, status)) == (status in ("Completed", "Failed", "Stopped"))


@pytest.mark.parametrize("kind", [TRAINING, PROCESSING], ids=lambda kind: kind.noun)
@pytest.mark.parametrize("status", STATES)
def test_only_an_ended_job_has_an_end_time(kind: JobKind, status: str) -> None:
    record = job(kind)
    jobs.advance(kind, record, status, 200.0)
    assert record.get(kind.end_key) == (200.0 if status in jobs.TERMINAL else None)


def test_a_reason_is_cut_to_the_documented_length() -> None:
    record = job(PROCESSING)
    jobs.advance(PROCESSING, record, "Failed", 200.0, "x" * 2000)
    assert record["FailureReason"] == "x" * 1024


def test_without_a_reason_there_is_no_failure_reason() -> None:
    record = job(PROCESSING)
    jobs.advance(PROCESSING, record, "Stopped", 200.0)
    assert "FailureReason" not in record


def test_a_clock_that_jumps_back_makes_nothing_end_before_it_began() -> None:
    record = job(PROCESSING, at=1000.0)
    jobs.started(PROCESSING, record, 900.0)
    assert record["ProcessingStartTime"] == 1000.0
    jobs.advance(PROCESSING, record, "Completed", 10.0)
    assert record["ProcessingEndTime"] == record["LastModifiedTime"] == 1000.0


def test_a_job_that_begins_again_was_started_when_it_first_was() -> None:
    record = job(TRAINING, at=1000.0)
    jobs.started(TRAINING, record, 1010.0)
    jobs.started(TRAINING, record, 1050.0)
    assert (record["TrainingStartTime"], record["LastModifiedTime"]) == (1010.0, 1050.0)


def test_the_kinds_are_found_by_their_type_in_arns() -> None:
    assert jobs.KINDS == {"training-job": TRAINING, "processing-job": PROCESSING, "transform-job": TRANSFORM}
    assert (TRAINING.name_key, TRAINING.arn_key, TRAINING.status_key) == (
        "TrainingJobName",
        "TrainingJobArn",
        "TrainingJobStatus",
    )
