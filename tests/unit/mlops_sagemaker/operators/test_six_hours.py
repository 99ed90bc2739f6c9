"""A training of six hours, in seconds.

What is simulated is the clock of the trigger and the job's length: every look at the job is a real one, 360 of them,
where the provider's trigger takes 60. Every hour the triggerer is lost, and begins again from what
Airflow's database has of the trigger; once the worker that resumes the task is lost too. What the scheduler's death
does to a run is shown by the real one, in tests/faults.
"""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred
from airflow.sdk.module_loading import import_string
from airflow.sdk.serde import deserialize, serialize

from mlops_sagemaker.operators import base as operators
from mlops_sagemaker.operators.jobs import SageMakerTrainingJobOperator
from mlops_sagemaker.triggers import base as triggers
from tests.unit.mlops_sagemaker.contexts import context_for
from tests.unit.mlops_sagemaker.fake_aws import FakeAws
from tests.unit.mlops_sagemaker.operators import test_base

HOUR = 3600.0
LENGTH = 6 * HOUR
TRAINING = replace(test_base.TRAINING, max_runtime=timedelta(hours=7))


class TriggererLost(BaseException):
    """``kill -9``: nothing in the trigger may take notice."""


class Clock:
    """Time passes only where somebody sleeps; the triggerer is lost every hour."""

    def __init__(self, aws: FakeAws) -> None:
        self.aws, self.start = aws, time.time()
        self.now, self.lost = self.start, 0

    def time(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.now >= self.start + LENGTH:
            for job in self.aws.jobs.values():
                job["_statuses"] = ["Completed"]
        if self.now >= self.start + (self.lost + 1) * HOUR and self.lost < LENGTH / HOUR - 1:
            self.lost += 1
            raise TriggererLost


@pytest.fixture
def clock(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(aws)
    monkeypatch.setattr(triggers, "time", clock)
    monkeypatch.setattr(triggers, "asyncio", SimpleNamespace(sleep=clock.sleep, CancelledError=asyncio.CancelledError))
    monkeypatch.setattr(operators, "WORKER_POLL_SECONDS", 0.01)
    return clock


def deferral_of(context: dict[str, Any]) -> TaskDeferred:
    """What a fresh worker leaves to the triggerer."""
    with pytest.raises(TaskDeferred) as caught:
        task().execute(context)
    return caught.value


def task() -> SageMakerTrainingJobOperator:
    wait = {"worker_wait": timedelta(0), "poll_interval": timedelta(minutes=1)}
    return SageMakerTrainingJobOperator(task_id="train", job=TRAINING, retries=2, **wait)


def fired(deferred: TaskDeferred) -> Any:
    """The event of the trigger, which every triggerer begins with from the same row of Airflow's database."""
    path, arguments = deferred.trigger.serialize()
    row = serialize(arguments)

    async def run() -> Any:
        return (await anext(import_string(path)(**deserialize(row)).run())).payload

    while True:
        try:
            return asyncio.run(run())
        except TriggererLost:
            continue


def test_a_training_of_six_hours_outlives_its_triggerers_and_its_worker(aws: FakeAws, clock: Clock) -> None:
    aws.statuses = ["InProgress"]
    context = context_for(task())
    first = fired(deferral_of(context))
    assert (first["status"], clock.lost) == ("done", 5)
    # The worker that was to resume is lost: the next try begins from the start, and finds the job.
    result = task().execute(context_for(task(), try_number=2))
    assert result["status"] == "Completed"
    assert clock.now - clock.start == pytest.approx(LENGTH, abs=120)
    assert len(aws.asked("DescribeTrainingJob")) >= LENGTH / 60
    assert len(aws.asked("CreateTrainingJob")) == 1
    assert not aws.asked("StopTrainingJob")
