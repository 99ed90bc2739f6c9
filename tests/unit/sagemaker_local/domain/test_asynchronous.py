"""Asynchronous requests: where results go, how long they wait, what topics are told."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from sagemaker_local.domain.asynchronous import (
    AsyncRequest,
    Backlog,
    Result,
    concurrency,
    notification,
    topic,
)

API, OUTPUT = "API_runtime_InvokeEndpointAsync", "API_AsyncInferenceOutputConfig"
NOTIFY, MONITOR = "async-inference-check-predictions", "async-inference-monitor"
BOTH = {"S3OutputPath": "s3://b/out/", "S3FailurePath": "s3://b/failed"}


def request(
    output: dict[str, Any] | None = None, notify: dict[str, Any] | None = None, body: bytes = b"", **members: Any
) -> AsyncRequest:
    """A request, as it comes back from the store."""
    config = {"OutputConfig": {**(BOTH if output is None else output), "NotificationConfig": notify or {}}}
    made = AsyncRequest.of("id-1", "e", config, {"EndpointName": "e", **members}, body, 1643150760.455)
    return AsyncRequest.read(made.record())


@pytest.mark.documented(f"{API}: S3OutputPathExtension, Filename")
@pytest.mark.parametrize(
    ("members", "location"),
    [
        ({}, "s3://b/out/id-1.out"),
        ({"Filename": "r.json"}, "s3://b/out/r.json"),
        ({"S3OutputPathExtension": "/day=1/"}, "s3://b/out/day=1/id-1.out"),
        ({"S3OutputPathExtension": "x", "Filename": "r"}, "s3://b/out/x/r"),
    ],
)
def test_a_result_goes_where_configuration_and_request_say(members: dict[str, str], location: str) -> None:
    assert request(**members).output_location == location
    assert request(**members).failure_location == "s3://b/failed/id-1-error.out"


@pytest.mark.documented(OUTPUT)
def test_what_is_not_configured_has_no_place() -> None:
    assert (request({}).output_location, request({}).failure_location) == (None, None)


@pytest.mark.local_only
def test_of_two_requests_with_one_inference_id_neither_replaces_the_others_result() -> None:
    named = request(InferenceId="mine")
    assert (named.inference_id, request().inference_id) == ("mine", "id-1")
    assert named.output_location == "s3://b/out/id-1.out"


@pytest.mark.documented(f"{API}: 6 hours in the queue, 15 minutes for an answer")
def test_a_request_has_the_documented_times_unless_it_says_others() -> None:
    assert (request().ttl_seconds, request().timeout_seconds) == (21600, 900)
    own = request(RequestTTLSeconds=60, InvocationTimeoutSeconds=3600)
    assert (own.ttl_seconds, own.timeout_seconds) == (60, 3600)


@pytest.mark.documented(f"{API}: Body")
def test_a_payload_that_comes_with_the_request_is_kept_as_it_is() -> None:
    assert request(body=b"\xff\x00").payload == b"\xff\x00"
    assert request(InputLocation="s3://b/in").payload is None


@pytest.mark.documented("API_AsyncInferenceClientConfig")
def test_an_instance_gets_as_many_requests_at_a_time_as_configured() -> None:
    configured = {"AsyncInferenceConfig": {"ClientConfig": {"MaxConcurrentInvocationsPerInstance": 7}}}
    assert (concurrency(configured), concurrency({})) == (7, 4)


DONE, BAD = Result(b"0.5", "text/csv"), Result(b"oops", "text/html", "ClientError: x")


@pytest.mark.documented(f"{NOTIFY}: the JSON of a success")
def test_a_success_is_told_as_in_the_guides_example() -> None:
    asked = request(ContentType="text/csv", InputLocation="s3://b/in.csv", InferenceId="i")
    assert notification("us-east-1", asked, DONE, 1643150760.608) == {
        "awsRegion": "us-east-1",
        "eventTime": "2022-01-25T22:46:00.608Z",
        "receivedTime": "2022-01-25T22:46:00.455Z",
        "invocationStatus": "Completed",
        "requestParameters": {"contentType": "text/csv", "endpointName": "e", "inputLocation": "s3://b/in.csv"},
        "responseParameters": {"contentType": "text/csv", "outputLocation": "s3://b/out/id-1.out"},
        "inferenceId": "i",
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }


@pytest.mark.documented(f"{OUTPUT}: S3FailurePath; texts as observed in public")
def test_a_failure_is_told_with_its_reason_and_where_the_answer_lies() -> None:
    told = notification("us-east-1", request(), BAD, 1.0)
    assert (told["invocationStatus"], told["failureReason"]) == ("Failed", "ClientError: x")
    assert told["responseParameters"] == {"contentType": "text/html", "outputLocation": "s3://b/failed/id-1-error.out"}
    assert "responseParameters" not in notification("us-east-1", request({}), BAD, 1.0)


@pytest.mark.documented("API_AsyncInferenceNotificationConfig: IncludeInferenceResponseIn, up to 128 KB")
def test_a_response_is_included_where_that_is_wanted_and_it_is_small() -> None:
    asked = request(notify={"IncludeInferenceResponseIn": ["ERROR_NOTIFICATION_TOPIC"]})
    content = notification("r", asked, BAD, 1.0)["responseBody"]["content"]
    assert base64.b64decode(content) == b"oops"
    assert "responseBody" not in notification("r", asked, DONE, 1.0)
    for size, included in ((128 << 10, True), ((128 << 10) + 1, False)):
        assert ("responseBody" in notification("r", asked, Result(bytes(size), "t", "x"), 1.0)) is included


@pytest.mark.documented("API_AsyncInferenceNotificationConfig: SuccessTopic, ErrorTopic")
def test_each_end_has_its_topic() -> None:
    asked = request(notify={"SuccessTopic": "arn:s", "ErrorTopic": "arn:e"})
    assert (topic(asked, DONE), topic(asked, BAD)) == ("arn:s", "arn:e")
    assert (topic(request(), DONE), topic(request(), BAD)) == (None, None)


@pytest.mark.documented(MONITOR)
def test_a_backlog_is_measured_as_documented() -> None:
    assert Backlog(6, 2, 1.5).metrics() == {
        "ApproximateBacklogSize": 6.0,
        "ApproximateBacklogSizePerInstance": 3.0,
        "ApproximateAgeOfOldestRequest": 1.5,
        "HasBacklogWithoutCapacity": 0.0,
    }
    empty = Backlog(0, 0, 0.0).metrics()
    assert "ApproximateBacklogSizePerInstance" not in empty
    assert empty["HasBacklogWithoutCapacity"] == 0.0
    assert Backlog(1, 0, 0.0).metrics()["HasBacklogWithoutCapacity"] == 1.0
