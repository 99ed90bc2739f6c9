"""Calls that go wrong on purpose, as a client sees them."""

from __future__ import annotations

import urllib.error
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from tests.contract.refusals import refused
from tests.support.local_aws import LocalAws, processing_request, training_request, unique

pytestmark = pytest.mark.local_only


@pytest.fixture
def faulty(aws: LocalAws) -> Iterator[LocalAws]:
    """The server, without a plan afterwards."""
    yield aws
    aws.faults("DELETE")


def put(aws: LocalAws, calls: dict[str, Any], effect: dict[str, Any], **members: Any) -> None:
    """The plan of one fault on calls, ``f``."""
    aws.faults("PUT", {"faults": [{"name": "f", "calls": calls, "effect": effect, **members}]})


def test_calls_are_throttled_as_often_as_the_plan_says(faulty: LocalAws) -> None:
    name = unique("throttled")
    put(faulty, {"operation": "Describe*", "name": name}, {"type": "error", "code": "ThrottlingException"}, times=2)
    answers = [refused(faulty.sagemaker.describe_training_job, TrainingJobName=name) for _ in range(3)]
    assert answers == [("ThrottlingException", "Rate exceeded")] * 2 + [
        ("ValidationException", "Requested resource not found.")
    ]
    assert faulty.faults()["counts"] == {"f": {"met": 3, "struck": 2}}


def test_a_client_that_retries_gets_past_throttling(faulty: LocalAws) -> None:
    name = unique("retried")
    put(faulty, {"operation": "Describe*", "name": name}, {"type": "error", "code": "ThrottlingException"}, times=1)
    client = faulty.client("sagemaker", attempts=3)
    with pytest.raises(ClientError) as caught:
        client.describe_training_job(TrainingJobName=name)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 1


def test_a_server_error_has_its_status(faulty: LocalAws) -> None:
    name = unique("down")
    put(faulty, {"name": name}, {"type": "error", "code": "ServiceUnavailable"})
    with pytest.raises(ClientError) as caught:
        faulty.sagemaker.stop_training_job(TrainingJobName=name)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503


def test_a_quota_that_is_reached_lets_no_job_be_made(faulty: LocalAws) -> None:
    name = unique("big")
    put(faulty, {"operation": "CreateTrainingJob", "name": "big-*"}, {"type": "error", "code": "ResourceLimitExceeded"})
    with pytest.raises(faulty.sagemaker.exceptions.ResourceLimitExceeded) as caught:
        faulty.sagemaker.create_training_job(**training_request(name, ""))
    message = caught.value.response["Error"]["Message"]
    assert "'ml.m5.large for training job usage' is 0 Instances" in message
    assert refused(faulty.sagemaker.describe_training_job, TrainingJobName=name)[0] == "ValidationException"


def test_a_call_whose_answer_is_lost_has_acted(faulty: LocalAws) -> None:
    name = unique("lost")
    put(faulty, {"operation": "CreateProcessingJob", "name": name}, {"type": "lost_response"}, times=1)
    request = processing_request(name, "")
    with pytest.raises(ConnectionClosedError):
        faulty.sagemaker.create_processing_job(**request)
    assert refused(faulty.sagemaker.create_processing_job, **request)[0] == "ResourceInUse"
    assert faulty.processed(name)["ProcessingJobStatus"] == "Completed"


def test_invocations_of_endpoints_are_struck_too(faulty: LocalAws) -> None:
    invoke = faulty.client("sagemaker-runtime").invoke_endpoint
    name = unique("endpoint")
    calls = {"operation": "InvokeEndpoint", "name": name}
    put(faulty, calls, {"type": "error", "code": "ServiceUnavailable"}, times=1)
    assert refused(invoke, EndpointName=name, Body=b"")[0] == "ServiceUnavailable"
    assert refused(invoke, EndpointName=name, Body=b"")[0] == "ValidationError"
    put(faulty, calls, {"type": "lost_response"})
    with pytest.raises(ConnectionClosedError):
        invoke(EndpointName=name, Body=b"")


def test_only_calls_with_the_tags_are_struck(faulty: LocalAws) -> None:
    put(faulty, {"tags": {"stage": "evaluate"}}, {"type": "error", "code": "InternalFailure"})
    tagged = [{"Key": "stage", "Value": "evaluate"}]
    request = processing_request(unique("tagged"), "", Tags=tagged)
    with pytest.raises(ClientError) as caught:
        faulty.sagemaker.create_processing_job(**request)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    faulty.sagemaker.create_processing_job(**processing_request(unique("other"), "", Tags=[]))


def test_a_plan_that_is_none_is_refused_with_the_place_and_the_old_one_stays(faulty: LocalAws) -> None:
    put(faulty, {"name": "nobody"}, {"type": "lost_response"})
    before = faulty.faults()
    with pytest.raises(urllib.error.HTTPError) as caught:
        faulty.faults("PUT", {"faults": [{"name": "f"}]})
    with caught.value as answer:
        assert answer.code == 400
        assert "faults[0]: effect is missing" in answer.read().decode()
    assert faulty.faults() == before
