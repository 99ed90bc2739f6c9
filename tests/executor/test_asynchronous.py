"""Asynchronous endpoints: requests wait for their turn, results lie in S3, topics are told."""

from __future__ import annotations

import base64
import re
from functools import partial
from typing import Any

import pytest

from tests.support import metrics
from tests.support.asynchronous import Topic, asynchronous, result
from tests.support.hosting import Hosting
from tests.support.local_aws import BUCKET, REGION
from tests.support.polling import eventually

API, CHECK, MONITOR = "API_runtime_InvokeEndpointAsync", "async-inference-check-predictions", "async-inference-monitor"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def metric(hosting: Hosting, name: str, statistic: str, **dimensions: str) -> float | None:
    return metrics.metric(hosting.aws, "AWS/SageMaker", name, statistic, **dimensions)


@pytest.mark.documented(f"{API}; {CHECK}: the notification's JSON")
def test_a_result_lies_in_s3_and_the_topic_is_told(hosting: Hosting) -> None:
    topic = Topic(hosting.aws)
    include = ["SUCCESS_NOTIFICATION_TOPIC"]
    told = {"SuccessTopic": topic.arn, "IncludeInferenceResponseIn": include}
    name = asynchronous(hosting, NotificationConfig=told)
    uri = hosting.aws.put(f"{name}/in.csv", "1,2\n")
    answer = hosting.runtime.invoke_endpoint_async(
        EndpointName=name, InputLocation=uri, ContentType="text/csv", Accept="text/csv", InferenceId="row 1"
    )
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert answer["InferenceId"] == "row 1"
    assert re.fullmatch(rf"s3://{BUCKET}/{name}/out/[0-9a-f-]{{36}}\.out", answer["OutputLocation"])
    assert answer["FailureLocation"] == answer["OutputLocation"].replace("/out/", "/failed/").replace(
        ".out", "-error.out"
    )
    assert result(hosting.aws, answer["OutputLocation"]) == b"1,2\n"
    bucket, _, key = answer["OutputLocation"].removeprefix("s3://").partition("/")
    assert hosting.aws.s3.head_object(Bucket=bucket, Key=key)["ContentType"] == "text/csv"
    message = topic.next()
    assert TIME.fullmatch(message.pop("receivedTime"))
    assert TIME.fullmatch(message.pop("eventTime"))
    body = message.pop("responseBody")
    assert (base64.b64decode(body["content"]), body["encoding"]) == (b"1,2\n", "BASE64")
    assert message == {
        "awsRegion": REGION,
        "invocationStatus": "Completed",
        "requestParameters": {
            "accept": "text/csv",
            "contentType": "text/csv",
            "endpointName": name,
            "inputLocation": uri,
        },
        "responseParameters": {"contentType": "text/csv", "outputLocation": answer["OutputLocation"]},
        "inferenceId": "row 1",
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }


@pytest.mark.documented(f"{API}: Body, S3OutputPathExtension, Filename; without S3FailurePath there is no failure's")
def test_a_payload_may_come_with_the_request_and_the_result_go_where_that_says(hosting: Hosting) -> None:
    name = asynchronous(hosting)
    answer = hosting.runtime.invoke_endpoint_async(
        EndpointName=name, Body=b"\x00in", S3OutputPathExtension="a/b", Filename="c.json"
    )
    assert answer["OutputLocation"] == f"s3://{BUCKET}/{name}/out/a/b/c.json"
    assert result(hosting.aws, answer["OutputLocation"]) == b"\x00in"


FAILURES: list[tuple[dict[str, Any], str, bytes]] = [
    ({"CustomAttributes": "status=500"}, "ClientError: Received server error (500) from model.", b"in"),
    ({"CustomAttributes": "status=418"}, "ClientError: Received client error (418) from model.", b"in"),
    ({"CustomAttributes": "sleep=5", "InvocationTimeoutSeconds": 1}, "server error (0)", b"Received server error (0)"),
    ({"CustomAttributes": "exit"}, "server error (0)", b"Received server error (0)"),
    ({"InputLocation": f"s3://{BUCKET}/none"}, f"object s3://{BUCKET}/none", b"ClientError: Unable to download"),
]


@pytest.mark.documented("API_AsyncInferenceOutputConfig: S3FailurePath; async-inference-troubleshooting: no retries")
def test_what_fails_is_told_and_the_endpoint_goes_on(hosting: Hosting) -> None:
    topic = Topic(hosting.aws)
    name = asynchronous(
        hosting, {"MaxConcurrentInvocationsPerInstance": 1}, NotificationConfig={"ErrorTopic": topic.arn}
    )
    for request, reason, stored in FAILURES:
        given = request if "InputLocation" in request else {"Body": b"in", **request}
        answer = hosting.runtime.invoke_endpoint_async(EndpointName=name, **given)
        assert result(hosting.aws, answer["FailureLocation"]).startswith(stored), request
        message = topic.next()
        assert message["invocationStatus"] == "Failed"
        assert reason in message["failureReason"]
        assert message["inferenceId"] == answer["InferenceId"]
        assert message["responseParameters"]["outputLocation"] == answer["FailureLocation"]
        line = f":[sagemaker logs] [{answer['InferenceId']}] {message['failureReason']}"
        eventually(partial(logged, hosting, name, line), "its line in the data log")
    answer = hosting.runtime.invoke_endpoint_async(EndpointName=name, Body=b"next")
    assert result(hosting.aws, answer["OutputLocation"]) == b"next"


def logged(hosting: Hosting, name: str, text: str) -> bool:
    """Whether the platform's log of the requests has *text*."""
    logs, group = hosting.aws.client("logs"), f"/aws/sagemaker/Endpoints/{name}"
    streams = [each["logStreamName"] for each in logs.describe_log_streams(logGroupName=group)["logStreams"]]
    own = [stream for stream in streams if re.fullmatch(r"AllTraffic/i-[0-9a-f]+/data-log", stream)]
    found = [logs.get_log_events(logGroupName=group, logStreamName=stream)["events"] for stream in own]
    return any(text in event["message"] for events in found for event in events)


@pytest.mark.documented(f"{MONITOR}; async-inference-autoscale: an endpoint of no instances")
def test_an_endpoint_scaled_to_zero_keeps_requests_until_they_expire_or_it_has_instances(hosting: Hosting) -> None:
    topic = Topic(hosting.aws)
    name = asynchronous(hosting, NotificationConfig={"ErrorTopic": topic.arn})
    scale(hosting, name, 0)
    short = hosting.runtime.invoke_endpoint_async(EndpointName=name, Body=b"1", RequestTTLSeconds=60)
    long = hosting.runtime.invoke_endpoint_async(EndpointName=name, Body=b"2")
    message = topic.next()
    assert message["inferenceId"] == short["InferenceId"]
    assert "has expired" in message["failureReason"]
    eventually(lambda: metric(hosting, "HasBacklogWithoutCapacity", "Maximum", EndpointName=name), "its backlog")
    assert metric(hosting, "ApproximateBacklogSize", "Maximum", EndpointName=name) in (1.0, 2.0)
    scale(hosting, name, 1)
    assert result(hosting.aws, long["OutputLocation"]) == b"2"
    variant = {"EndpointName": name, "VariantName": "AllTraffic"}
    eventually(lambda: metric(hosting, "InvocationsProcessed", "Sum", **variant) == 1.0, "the count")
    assert metric(hosting, "ExpiredRequests", "Sum", **variant) == 1.0
    assert metric(hosting, "InvocationFailures", "Sum", **variant) == 1.0
    assert metric(hosting, "ModelLatency", "SampleCount", **variant) == 1.0
    assert metric(hosting, "Invocations", "Sum", **variant) is None


def scale(hosting: Hosting, name: str, count: int) -> None:
    desired = [{"VariantName": "AllTraffic", "DesiredInstanceCount": count}]
    hosting.sagemaker.update_endpoint_weights_and_capacities(EndpointName=name, DesiredWeightsAndCapacities=desired)
    assert hosting.settled(name)["ProductionVariants"][0]["CurrentInstanceCount"] == count


@pytest.mark.local_only
def test_an_endpoint_that_is_deleted_forgets_what_waits_for_it(hosting: Hosting) -> None:
    name = asynchronous(hosting, {"MaxConcurrentInvocationsPerInstance": 1})
    config = hosting.sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"]
    for number in range(2):
        hosting.runtime.invoke_endpoint_async(EndpointName=name, Body=b"%d" % number, CustomAttributes="sleep=60")
    hosting.delete(name)
    hosting.settled(hosting.endpoint(config, name))
    answer = hosting.runtime.invoke_endpoint_async(EndpointName=name, Body=b"after")
    assert result(hosting.aws, answer["OutputLocation"]) == b"after"
    assert len(hosting.aws.keys(f"{name}/")) == 1
