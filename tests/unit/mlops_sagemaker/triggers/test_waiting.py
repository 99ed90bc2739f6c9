"""The triggers that wait for something else than a job of the task's own."""

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
from airflow.sdk.module_loading import import_string

from mlops_sagemaker import _compat
from mlops_sagemaker.triggers import base
from mlops_sagemaker.triggers.base import WaitTrigger
from mlops_sagemaker.triggers.job import SageMakerJobTrigger
from mlops_sagemaker.triggers.objects import S3ObjectsTrigger
from mlops_sagemaker.triggers.state import SageMakerStateTrigger
from tests.unit.mlops_sagemaker.fake_aws import FakeAws

WAITING: dict[str, Any] = {"deadline": time.time() + 3600, "poll_interval": 0.01}
ENDPOINT = {"EndpointName": "e", "EndpointArn": "arn:e", "EndpointConfigName": "c", "EndpointStatus": "Updating"}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "MIN_WAIT_SECONDS", 0)


def status_of(trigger: WaitTrigger) -> str:
    """The one event's status; the trigger takes the way to another triggerer first."""

    async def run() -> list[Any]:
        path, arguments = trigger.serialize()
        return [event.payload async for event in import_string(path)(**arguments).run()]

    (event,) = asyncio.run(run())
    return str(event["status"])


def endpoint_trigger(**more: Any) -> WaitTrigger:
    arguments = {**WAITING, **more}
    return SageMakerStateTrigger(kind="endpoint", resource_name="e", passing=["Updating"], **arguments)


def test_a_resource_is_waited_for_until_it_has_left_the_passing_states(aws: FakeAws) -> None:
    aws.endpoint = dict(ENDPOINT)
    aws.endpoint_course = [{"EndpointStatus": "Updating"}, {"EndpointStatus": "Updating"}, {"EndpointStatus": "Failed"}]
    assert status_of(endpoint_trigger()) == "done"
    assert len(aws.asked("DescribeEndpoint")) == 3


def test_a_resource_that_is_gone_is_waited_for_no_longer(aws: FakeAws) -> None:
    assert status_of(endpoint_trigger()) == "done"


def test_a_resource_that_stays_as_it_is_times_out(aws: FakeAws) -> None:
    aws.endpoint = dict(ENDPOINT)
    assert status_of(endpoint_trigger(deadline=time.time() - 1)) == "timeout"


def test_objects_are_waited_for_until_there_are_enough(aws: FakeAws) -> None:
    aws.objects = {"b/in/1.csv": b"", "b/in/2.csv": b"", "b/in/3.txt": b""}
    assert status_of(S3ObjectsTrigger(uri="s3://b/in/", pattern="*.csv", count=2, **WAITING)) == "done"
    late = {**WAITING, "deadline": time.time() - 1}
    assert status_of(S3ObjectsTrigger(uri="s3://b/in/", pattern="*.csv", count=3, **late)) == "timeout"


def job_trigger(**more: Any) -> SageMakerJobTrigger:
    return SageMakerJobTrigger(kind="training", job_name="job", **{**WAITING, **more})


def test_the_jobs_log_is_copied_while_it_is_waited_for_each_line_once(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.statuses = ["InProgress", "InProgress", "Completed"]
    aws.call("CreateTrainingJob", {"TrainingJobName": "job", "OutputDataConfig": {"S3OutputPath": "s3://b/"}})
    aws.logs = {"job/algo-1-1": [(1, "before"), (2, "one"), (2, "two")]}
    trigger = job_trigger(positions={"job/algo-1-1": [1, 1]})
    lines: list[str] = []
    monkeypatch.setattr(trigger.log, "info", lambda line, *_: lines.append(line))

    async def run() -> Any:
        return [event.payload async for event in trigger.run()]

    (event,) = asyncio.run(run())
    assert lines == ["one", "two"]
    assert event["positions"] == {"job/algo-1-1": [2, 2]}


def test_a_log_that_may_not_be_read_is_no_reason_to_lose_the_job(aws: FakeAws) -> None:
    aws.statuses = ["InProgress", "InProgress", "Completed"]
    aws.call("CreateTrainingJob", {"TrainingJobName": "job", "OutputDataConfig": {"S3OutputPath": "s3://b/"}})
    aws.fail("DescribeLogStreams", "AccessDeniedException", times=100)
    assert status_of(job_trigger()) == "done"
    assert len(aws.asked("DescribeLogStreams")) == 1


def test_a_killed_task_leaves_a_job_that_is_not_its_own_alone(aws: FakeAws) -> None:
    asyncio.run(job_trigger(owned=False).on_kill())
    assert not aws.asked("StopTrainingJob")


@pytest.mark.parametrize(
    ("airflow_calls_on_kill", "state", "stopped"),
    [(False, "failed", True), (False, "deferred", False), (True, "failed", False)],
)
def test_an_airflow_that_knows_no_on_kill_is_helped_out(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch, airflow_calls_on_kill: bool, state: str, stopped: bool
) -> None:
    """Before 3.3 a trigger is only cancelled, whether a person cleared its task or it moves to another triggerer."""
    aws.statuses = ["InProgress"]
    aws.call("CreateTrainingJob", {"TrainingJobName": "job", "OutputDataConfig": {"S3OutputPath": "s3://b/"}})
    monkeypatch.setattr(_compat, "_AIRFLOW_CALLS_ON_KILL", airflow_calls_on_kill)
    monkeypatch.setattr(RuntimeTaskInstance, "get_task_states", staticmethod(lambda **_: {"run": {"train": state}}))
    trigger = job_trigger(poll_interval=60)
    trigger.task_instance = SimpleNamespace(dag_id="d", task_id="train", run_id="run", map_index=-1)

    async def cancelled() -> None:
        running = asyncio.create_task(anext(trigger.run()))
        while not aws.asked("DescribeLogStreams"):
            await asyncio.sleep(0.01)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(cancelled())
    assert bool(aws.asked("StopTrainingJob")) is stopped
