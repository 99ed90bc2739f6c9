import asyncio
import time
from typing import Any

import pytest
from airflow.sdk.module_loading import import_string
from airflow.sdk.serde import deserialize, serialize

from mlops_sagemaker.triggers import base
from mlops_sagemaker.triggers.job import SageMakerJobTrigger
from tests.unit.mlops_sagemaker.fake_aws import FakeAws


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "MIN_WAIT_SECONDS", 0)


@pytest.fixture
def running_job(aws: FakeAws) -> str:
    aws.statuses = ["InProgress", "InProgress", "Completed"]
    aws.call("CreateTrainingJob", {"TrainingJobName": "job", "OutputDataConfig": {"S3OutputPath": "s3://b/"}})
    return "job"


def trigger_for(job_name: str, deadline: float | None = None) -> SageMakerJobTrigger:
    return SageMakerJobTrigger(
        kind="training", job_name=job_name, deadline=deadline or time.time() + 3600, poll_interval=0.01
    )


def only_event(trigger: SageMakerJobTrigger) -> Any:
    async def run() -> list[Any]:
        return [event.payload async for event in trigger.run()]

    events = asyncio.run(run())
    assert len(events) == 1
    return events[0]


def test_it_fires_when_the_job_has_ended(aws: FakeAws, running_job: str) -> None:
    assert only_event(trigger_for(running_job)) == {"status": "done", "message": "", "positions": {}}
    assert len(aws.asked("DescribeTrainingJob")) == 3


def test_it_fires_when_the_job_is_gone(aws: FakeAws) -> None:
    assert only_event(trigger_for("unknown"))["status"] == "done"


def test_it_gives_up_at_its_deadline_and_not_before_having_looked(aws: FakeAws, running_job: str) -> None:
    aws.jobs["job"]["_statuses"] = ["InProgress"]
    assert only_event(trigger_for(running_job, deadline=time.time() - 1))["status"] == "timeout"
    assert aws.asked("DescribeTrainingJob")


def test_a_job_that_ended_while_nobody_watched_is_no_timeout(aws: FakeAws, running_job: str) -> None:
    aws.jobs["job"]["_statuses"] = ["Completed"]
    assert only_event(trigger_for(running_job, deadline=time.time() - 1))["status"] == "done"


def test_throttling_is_waited_out(aws: FakeAws, running_job: str) -> None:
    aws.fail("DescribeTrainingJob", "ThrottlingException", times=5)
    assert only_event(trigger_for(running_job))["status"] == "done"


def test_an_error_that_will_not_pass_is_an_event_too(aws: FakeAws, running_job: str) -> None:
    aws.fail("DescribeTrainingJob", "AccessDeniedException")
    event = only_event(trigger_for(running_job))
    assert event["status"] == "error"
    assert "describe_training_job failed with AccessDeniedException" in event["message"]


def test_it_yields_nothing_in_its_first_seconds(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(base, "MIN_WAIT_SECONDS", 10)
    monkeypatch.setattr(base.asyncio, "sleep", note)
    only_event(trigger_for("unknown"))
    assert waits[0] == 10


def test_being_killed_stops_the_job(aws: FakeAws, running_job: str) -> None:
    asyncio.run(trigger_for(running_job).on_kill())
    assert aws.asked("StopTrainingJob") == [{"TrainingJobName": "job"}]


def test_it_survives_the_way_to_another_triggerer() -> None:
    trigger = SageMakerJobTrigger(
        kind="processing",
        job_name="job",
        deadline=1.5,
        poll_interval=15.0,
        positions={"job/algo-1-1": [2, 1]},
        aws={"aws_conn_id": "other", "region_name": "eu-north-1", "verify": False, "config": {"read_timeout": 5}},
    )
    path, arguments = trigger.serialize()
    revived = import_string(path)(**deserialize(serialize(arguments)))
    assert revived.serialize() == trigger.serialize()
