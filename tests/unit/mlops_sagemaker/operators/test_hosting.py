from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from mlops_sagemaker.errors import ApiError, LifecycleError, WaitTimedOut
from mlops_sagemaker.operators import hosting
from mlops_sagemaker.operators.hosting import (
    SageMakerEndpointConfigOperator,
    SageMakerEndpointDeleteOperator,
    SageMakerEndpointOperator,
    SageMakerEndpointWeightsOperator,
    SageMakerInvokeOperator,
    SageMakerModelOperator,
)
from mlops_sagemaker.requests import BlueGreen, EndpointConfig, Model, Variant
from tests.unit.mlops_sagemaker.contexts import context_for
from tests.unit.mlops_sagemaker.fake_aws import FakeAws

ROLE = "arn:aws:iam::000000000000:role/jobs"
OLD = {"EndpointName": "e", "EndpointArn": "arn:e", "EndpointConfigName": "old", "EndpointStatus": "InService"}


@pytest.fixture(autouse=True)
def short_naps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosting, "WORKER_POLL_SECONDS", 0.01)


def model(image: str = "image") -> SageMakerModelOperator:
    request = Model(ROLE, image=image, model_data="s3://b/model.tar.gz")
    return SageMakerModelOperator(task_id="model", prefix="abalone_staging", request=request)


def endpoint(**arguments: Any) -> SageMakerEndpointOperator:
    return SageMakerEndpointOperator(task_id="deploy", endpoint_name="e", config_name="new", retries=2, **arguments)


def run(operator: Any, **more: Any) -> Any:
    return operator.execute(context_for(operator, **more))


def test_a_thing_is_made_once_however_often_the_task_is_repeated(aws: FakeAws) -> None:
    results = [run(model()), run(model(), try_number=2), run(model(), generation=1, run_id="manual__2")]
    assert results[0] == results[1] == results[2]
    assert results[0]["name"].startswith("abalone-staging-")
    assert len(aws.asked("CreateModel")) == 1


def test_another_content_is_another_thing(aws: FakeAws) -> None:
    assert run(model())["name"] != run(model("other"))["name"]


def test_an_answer_lost_after_aws_had_acted_is_no_error(aws: FakeAws) -> None:
    aws.fail("CreateModel", "InternalFailure", after_acting=True)
    assert run(model())["arn"].endswith(run(model())["name"])


def test_a_thing_that_aws_refuses_is_an_error_without_retry(aws: FakeAws) -> None:
    aws.fail("CreateModel", "ValidationException")
    with pytest.raises(AirflowFailException, match="create_model failed with ValidationException"):
        run(model())


def test_an_endpoint_config_is_made_the_same_way(aws: FakeAws) -> None:
    request = EndpointConfig([Variant("model", "ml.m5.large")])
    result = run(SageMakerEndpointConfigOperator(task_id="config", prefix="abalone", request=request))
    assert aws.things[result["name"]]["ProductionVariants"][0]["ModelName"] == "model"


def test_an_endpoint_that_is_not_there_is_created(aws: FakeAws) -> None:
    result = run(endpoint())
    assert (result["config_name"], result["status"]) == ("new", "InService")
    assert aws.asked("CreateEndpoint") == [{"EndpointName": "e", "EndpointConfigName": "new"}]


def test_an_endpoint_with_another_config_is_updated_as_told(aws: FakeAws) -> None:
    aws.endpoint = dict(OLD)
    deployment = BlueGreen("CANARY", alarms=["errors"])
    assert run(endpoint(deployment=deployment))["config_name"] == "new"
    (asked,) = aws.asked("UpdateEndpoint")
    assert asked["DeploymentConfig"] == deployment.request()


def test_an_endpoint_that_serves_the_config_is_left_alone(aws: FakeAws) -> None:
    aws.endpoint = {**OLD, "EndpointConfigName": "new"}
    run(endpoint())
    assert not aws.asked("UpdateEndpoint")


def test_an_endpoint_that_came_back_to_its_old_config_is_a_failure(aws: FakeAws) -> None:
    """The stock operator takes any InService for success."""
    aws.endpoint = dict(OLD)
    rolled_back = {"EndpointStatus": "InService", "FailureReason": "alarm"}
    aws.endpoint_course = [{"EndpointStatus": "InService"}, {"EndpointStatus": "Updating"}, rolled_back]
    with pytest.raises(AirflowFailException, match="is InService with config old, not with new: alarm"):
        run(endpoint())


def test_a_try_that_finds_its_change_rolled_back_does_not_shift_once_more(aws: FakeAws) -> None:
    """The one before was killed while it waited."""
    aws.endpoint = {**OLD, "FailureReason": "alarm", "LastModifiedTime": 200.0}
    with pytest.raises(AirflowFailException, match="is InService with config old, not with new: alarm"):
        run(endpoint(since="100.0"), try_number=2)
    assert not aws.asked("UpdateEndpoint")


def test_the_rollback_of_an_earlier_change_does_not_hinder_this_one(aws: FakeAws) -> None:
    aws.endpoint = {**OLD, "FailureReason": "alarm", "LastModifiedTime": 50.0}
    assert run(endpoint(since="100.0"))["config_name"] == "new"


@pytest.mark.parametrize("status", ["Failed", "UpdateRollbackFailed", "OutOfService"])
def test_an_endpoint_that_ends_in_anything_else_is_a_failure(aws: FakeAws, status: str) -> None:
    aws.endpoint = dict(OLD)
    aws.endpoint_course = [{"EndpointStatus": "InService"}, {"EndpointStatus": status, "EndpointConfigName": "new"}]
    with pytest.raises(AirflowFailException, match=f"is {status} with config new"):
        run(endpoint())


def test_a_change_under_way_is_waited_out_before_the_endpoint_is_judged(aws: FakeAws) -> None:
    aws.endpoint = dict(OLD)
    aws.endpoint_course = [{"EndpointStatus": "Updating"}, {"EndpointStatus": "InService", "EndpointConfigName": "new"}]
    assert run(endpoint(), try_number=2)["config_name"] == "new"
    assert not aws.asked("UpdateEndpoint")


def test_a_lost_answer_to_an_update_is_followed_by_waiting(aws: FakeAws) -> None:
    aws.endpoint = dict(OLD)
    aws.fail("UpdateEndpoint", "InternalFailure")
    new = {"EndpointStatus": "InService", "EndpointConfigName": "new"}
    aws.endpoint_course = [{"EndpointStatus": "InService"}, {"EndpointStatus": "Updating"}, new]
    assert run(endpoint())["config_name"] == "new"


def test_a_lost_answer_to_an_update_that_is_done_already_is_no_error(aws: FakeAws) -> None:
    aws.endpoint = dict(OLD)
    aws.fail("UpdateEndpoint", "ValidationException", after_acting=True)
    assert run(endpoint())["config_name"] == "new"


def test_an_update_that_aws_refuses_is_an_error(aws: FakeAws) -> None:
    aws.endpoint = dict(OLD)
    aws.fail("UpdateEndpoint", "ResourceLimitExceeded")
    with pytest.raises(ApiError, match="ResourceLimitExceeded"):
        run(endpoint())


def test_a_long_change_is_left_to_the_trigger_and_judged_afterwards(aws: FakeAws) -> None:
    aws.endpoint = dict(OLD)
    aws.endpoint_course = [{"EndpointStatus": "InService"}, {"EndpointStatus": "Updating"}]
    operator = endpoint(worker_wait=timedelta(0))
    with pytest.raises(TaskDeferred) as caught:
        run(operator)
    aws.endpoint = {**aws.endpoint, "EndpointStatus": "InService", "EndpointConfigName": "new"}
    kwargs = {**(caught.value.kwargs or {}), "event": {"status": "done", "message": ""}}
    fresh = endpoint()
    result = fresh.resume_execution(caught.value.method_name, kwargs, context_for(fresh))
    assert result["config_name"] == "new"
    assert len(aws.asked("UpdateEndpoint")) == 1


def test_a_rollback_seen_after_the_deferral_is_a_failure_and_no_reason_to_try_again(aws: FakeAws) -> None:
    aws.endpoint = dict(OLD)
    fresh = endpoint()
    event = {"status": "done", "message": ""}
    with pytest.raises(AirflowFailException, match="not with new"):
        fresh.resume(context_for(fresh), event, deadline=9e9, asked=True)
    assert not aws.asked("UpdateEndpoint")


def test_a_wait_that_failed_is_told(aws: FakeAws) -> None:
    fresh = endpoint()
    with pytest.raises(LifecycleError, match="waiting for endpoint e failed: why"):
        fresh.resume(context_for(fresh), {"status": "error", "message": "why"}, deadline=9e9, asked=True)


def test_an_endpoint_that_does_not_come_to_rest_in_time_is_an_error(aws: FakeAws) -> None:
    aws.endpoint = {**OLD, "EndpointStatus": "Updating"}
    with pytest.raises(WaitTimedOut, match="endpoint e is still Updating"):
        run(endpoint(timeout=timedelta(0)))


@pytest.mark.parametrize(
    "kind", [SageMakerEndpointOperator, SageMakerEndpointWeightsOperator, SageMakerEndpointDeleteOperator]
)
def test_an_execution_timeout_holds_for_the_deferred_time_too(aws: FakeAws, kind: Any) -> None:
    aws.endpoint = {**OLD, "EndpointStatus": "Updating"}
    own = {SageMakerEndpointOperator: {"config_name": "new"}, SageMakerEndpointWeightsOperator: {"weights": {"a": 1.0}}}
    times = {"worker_wait": timedelta(0), "execution_timeout": timedelta(minutes=10)}
    operator = kind(task_id="task", endpoint_name="e", **own.get(kind, {}), **times)
    context = context_for(operator)
    with pytest.raises(TaskDeferred) as caught:
        operator.execute(context)
    deadline = (context["ti"].start_date + timedelta(minutes=10)).timestamp()
    assert caught.value.trigger.serialize()[1]["deadline"] == pytest.approx(deadline)
    overdue = {**(caught.value.kwargs or {}), "deadline": 1.0, "event": {"status": "timeout", "message": ""}}
    with pytest.raises(WaitTimedOut, match="execution_timeout"):
        operator.resume_execution(caught.value.method_name, overdue, context)


def test_weights_are_set_and_proven(aws: FakeAws) -> None:
    aws.endpoint = {**OLD, "ProductionVariants": [{"VariantName": "a", "CurrentWeight": 1.0}]}
    operator = SageMakerEndpointWeightsOperator(task_id="weigh", endpoint_name="e", weights={"a": 0.5})
    assert run(operator)["weights"] == {"a": 0.5}
    assert run(operator)["weights"] == {"a": 0.5}
    assert len(aws.asked("UpdateEndpointWeightsAndCapacities")) == 1


def test_weights_that_did_not_come_about_are_a_failure(aws: FakeAws) -> None:
    aws.endpoint = {**OLD, "ProductionVariants": [{"VariantName": "a", "CurrentWeight": 1.0}]}
    aws.endpoint_course = [{"EndpointStatus": "InService"}, {"EndpointStatus": "InService"}]
    operator = SageMakerEndpointWeightsOperator(task_id="weigh", endpoint_name="e", weights={"a": 0.5})
    with pytest.raises(AirflowFailException, match="does not have the weights asked for"):
        run(operator)


@pytest.mark.parametrize("config", ["", "old"])
def test_an_endpoint_is_deleted_once_and_for_all(aws: FakeAws, config: str) -> None:
    aws.endpoint = dict(OLD)
    aws.call("CreateEndpointConfig", {"EndpointConfigName": "old"})
    operator = SageMakerEndpointDeleteOperator(task_id="delete", endpoint_name="e", config_name=config)
    run(operator)
    run(operator, try_number=2)
    assert not aws.endpoint
    assert len(aws.asked("DeleteEndpoint")) == 1
    assert ("old" in aws.things) is not bool(config)


def test_an_endpoint_is_asked_and_answers(aws: FakeAws) -> None:
    operator = SageMakerInvokeOperator(task_id="ask", endpoint_name="e", body="1,2")
    assert run(operator) == {"body": "echo 1,2", "content_type": "text/csv", "variant": None}


def test_a_config_goes_though_a_try_that_was_killed_has_deleted_its_endpoint(aws: FakeAws) -> None:
    operator = SageMakerEndpointDeleteOperator(task_id="delete", endpoint_name="e", config_name="old")
    aws.call("CreateEndpointConfig", {"EndpointConfigName": "old", "ProductionVariants": []})
    operator.execute(context_for(operator))
    assert "old" not in aws.things
