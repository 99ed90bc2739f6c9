import json
from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSensorTimeout, AirflowSkipException, TaskDeferred
from airflow.sdk.serde import deserialize, serialize

from mlops_sagemaker.errors import LifecycleError, WaitTimedOut
from mlops_sagemaker.sensors.s3 import S3ObjectsSensor
from mlops_sagemaker.sensors.sagemaker import ModelApprovalSensor, SageMakerEndpointSensor, SageMakerJobSensor
from tests.unit.mlops_sagemaker.contexts import context_for
from tests.unit.mlops_sagemaker.fake_aws import FakeAws

JOB = {"TrainingJobName": "job", "OutputDataConfig": {"S3OutputPath": "s3://b/"}}


def job_sensor(**more: Any) -> SageMakerJobSensor:
    return SageMakerJobSensor(task_id="wait", kind="training", job_name="job", **more)


def run(sensor: Any) -> Any:
    return sensor.execute(context_for(sensor))


def deferred(sensor: Any) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as caught:
        run(sensor)
    return caught.value


def resumed(sensor: Any, deferral: TaskDeferred, status: str = "done") -> Any:
    event = {"status": status, "message": "why"}
    kwargs = deserialize(serialize({**(deferral.kwargs or {}), "event": event}))
    return sensor.resume_execution(deferral.method_name, kwargs, context_for(sensor))


def test_what_is_so_already_needs_no_trigger(aws: FakeAws) -> None:
    aws.call("CreateTrainingJob", JOB)
    assert run(job_sensor())["status"] == "Completed"


def test_what_is_not_so_yet_is_left_to_the_triggerer_and_looked_at_again(aws: FakeAws) -> None:
    aws.statuses = ["InProgress"]
    aws.call("CreateTrainingJob", JOB)
    deferral = deferred(job_sensor(poke_interval=7))
    arguments = deferral.trigger.serialize()[1]
    assert (arguments["job_name"], arguments["poll_interval"], arguments["owned"]) == ("job", 7, False)
    aws.jobs["job"]["_statuses"] = ["Completed"]
    assert resumed(job_sensor(), deferral)["status"] == "Completed"


@pytest.mark.parametrize("status", ["Failed", "Stopped"])
def test_a_job_that_did_not_succeed_fails_the_sensor(aws: FakeAws, status: str) -> None:
    """The stock sensors pass a stopped job, or die of a KeyError."""
    aws.statuses, aws.ending = [status], {"FailureReason": "AlgorithmError: , exit code: 1"}
    aws.call("CreateTrainingJob", JOB)
    with pytest.raises(AirflowFailException, match=f"ended as {status}"):
        run(job_sensor())


def test_a_job_that_is_not_there_is_named(aws: FakeAws) -> None:
    with pytest.raises(AirflowFailException, match="there is no training job job"):
        run(job_sensor())


@pytest.mark.parametrize(("soft", "error"), [(False, AirflowSensorTimeout), (True, AirflowSkipException)])
def test_a_sensor_whose_time_is_up_fails_or_is_skipped(aws: FakeAws, soft: bool, error: type[Exception]) -> None:
    aws.statuses = ["InProgress"]
    aws.call("CreateTrainingJob", JOB)
    sensor = job_sensor(timeout=60, soft_fail=soft)
    deferral = deferred(sensor)
    assert deferral.kwargs is not None
    deferral.kwargs["limit"] = 1.0
    with pytest.raises(error):
        resumed(sensor, deferral, "timeout")


def test_an_execution_timeout_holds_for_the_deferred_time_too_and_is_tried_again(aws: FakeAws) -> None:
    aws.statuses = ["InProgress"]
    aws.call("CreateTrainingJob", JOB)
    sensor = job_sensor(timeout=3600, execution_timeout=timedelta(minutes=10))
    context = context_for(sensor)
    with pytest.raises(TaskDeferred) as caught:
        sensor.execute(context)
    deadline = caught.value.trigger.serialize()[1]["deadline"]
    assert deadline == pytest.approx((context["ti"].start_date + timedelta(minutes=10)).timestamp())
    context["ti"].start_date -= timedelta(minutes=10)
    event = {"status": "timeout", "message": ""}
    with pytest.raises(WaitTimedOut, match="execution_timeout of 0:10:00: wait"):
        sensor.resume_execution(caught.value.method_name, {**(caught.value.kwargs or {}), "event": event}, context)


def test_what_came_about_just_as_the_time_was_up_counts(aws: FakeAws) -> None:
    aws.statuses = ["InProgress"]
    aws.call("CreateTrainingJob", JOB)
    deferral = deferred(job_sensor())
    aws.jobs["job"]["_statuses"] = ["Completed"]
    assert resumed(job_sensor(), deferral, "timeout")["status"] == "Completed"


def test_a_wait_that_failed_is_told(aws: FakeAws) -> None:
    aws.statuses = ["InProgress"]
    aws.call("CreateTrainingJob", JOB)
    with pytest.raises(LifecycleError, match="waiting failed: why"):
        resumed(job_sensor(), deferred(job_sensor()), "error")


ENDPOINT = {"EndpointName": "e", "EndpointArn": "arn:e", "EndpointConfigName": "c", "EndpointStatus": "InService"}


@pytest.mark.parametrize("config", ["", "c"])
def test_an_endpoint_in_service_is_what_is_waited_for(aws: FakeAws, config: str) -> None:
    aws.endpoint = {**ENDPOINT, "EndpointStatus": "Creating"}
    sensor = SageMakerEndpointSensor(task_id="wait", endpoint_name="e", config_name=config)
    deferral = deferred(sensor)
    aws.endpoint = dict(ENDPOINT)
    assert resumed(sensor, deferral) == "c"


@pytest.mark.parametrize(("status", "config"), [("Failed", ""), ("InService", "other"), ("OutOfService", "c")])
def test_an_endpoint_that_is_anything_else_fails_the_sensor(aws: FakeAws, status: str, config: str) -> None:
    aws.endpoint = {**ENDPOINT, "EndpointStatus": status, "FailureReason": "no memory"}
    sensor = SageMakerEndpointSensor(task_id="wait", endpoint_name="e", config_name=config)
    with pytest.raises(AirflowFailException, match=f"is {status} with config c: no memory"):
        run(sensor)


def test_an_endpoint_that_is_not_there_is_named(aws: FakeAws) -> None:
    with pytest.raises(AirflowFailException, match="there is no endpoint e"):
        run(SageMakerEndpointSensor(task_id="wait", endpoint_name="e"))


def approval_of(aws: FakeAws, **opinion: str) -> Any:
    request = {"ModelPackageGroupName": "g", "ModelApprovalStatus": "PendingManualApproval", **opinion}
    arn = aws.call("CreateModelPackage", request)["ModelPackageArn"]
    return ModelApprovalSensor(task_id="wait", package=arn)


def test_an_approval_is_waited_for(aws: FakeAws) -> None:
    sensor = approval_of(aws)
    deferral = deferred(sensor)
    aws.packages[0].update(ModelApprovalStatus="Approved", ApprovalDescription="well done")
    assert resumed(sensor, deferral) == "well done"


def test_a_rejection_fails_the_sensor_with_the_reason(aws: FakeAws) -> None:
    sensor = approval_of(aws, ModelApprovalStatus="Rejected", ApprovalDescription="drifts")
    with pytest.raises(AirflowFailException, match="was rejected: drifts"):
        run(sensor)


def test_objects_are_waited_for_until_there_are_enough(aws: FakeAws) -> None:
    sensor = S3ObjectsSensor(task_id="wait", uri="s3://b/in/", pattern="*.csv", count=2)
    aws.objects = {"b/in/1.csv": b"", "b/in/2.txt": b""}
    deferral = deferred(sensor)
    aws.objects["b/in/3.csv"] = b""
    assert resumed(sensor, deferral) == ["s3://b/in/1.csv", "s3://b/in/3.csv"]
    json.dumps(deferral.trigger.serialize())
