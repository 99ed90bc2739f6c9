"""Answers that are passed on while they come, read by a real boto3 client."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from botocore.exceptions import ClientError, EventStreamError

from tests.support.hosting import Hosting
from tests.support.polling import eventually

API, STREAM = "API_runtime_InvokeEndpointWithResponseStream", "API_runtime_ResponseStream"


def parts(answer: dict[str, Any]) -> Iterator[bytes]:
    return (event["PayloadPart"]["Bytes"] for event in answer["Body"])


@pytest.mark.documented(f"{API}: the response comes incrementally")
def test_each_part_is_passed_on_before_the_next_is_made(hosting: Hosting) -> None:
    name = hosting.serving()
    answer = hosting.runtime.invoke_endpoint_with_response_stream(
        EndpointName=name, Body=b"", Accept="text/plain", CustomAttributes="stream=one,GO,two"
    )
    assert (answer["ContentType"], answer["InvokedProductionVariant"]) == ("text/plain", "AllTraffic")
    coming = parts(answer)
    assert next(coming) == b"one"
    hosting.invoke(name, what="go")
    assert list(coming) == [b"two"]
    assert hosting.invoke(name, b"next") == b"next"


@pytest.mark.documented(f"{STREAM}: ModelStreamError, StreamBroken")
def test_an_answer_that_breaks_off_ends_in_an_error_after_what_has_come(hosting: Hosting) -> None:
    name = hosting.serving()
    answer = hosting.runtime.invoke_endpoint_with_response_stream(
        EndpointName=name, Body=b"", CustomAttributes="stream=one,CLOSE"
    )
    coming = parts(answer)
    assert next(coming) == b"one"
    with pytest.raises(EventStreamError) as caught:
        next(coming)
    answer["Body"].close()
    assert caught.value.response["Error"]["Code"] == "ModelStreamError"
    assert "was closed before the end" in caught.value.response["Error"]["Message"]


@pytest.mark.documented(f"{API}: ModelError")
@pytest.mark.parametrize(("what", "status"), [("status=418", 418), ("status=500", 500), ("close", 0), ("garbage", 0)])
def test_an_answer_that_does_not_begin_well_is_a_model_error(hosting: Hosting, what: str, status: int) -> None:
    with pytest.raises(ClientError) as caught:
        hosting.runtime.invoke_endpoint_with_response_stream(
            EndpointName=hosting.serving(), Body=b"in", CustomAttributes=what
        )
    answer = caught.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == ("ModelError", 424)
    assert answer["OriginalStatusCode"] == status


@pytest.mark.local_only
def test_a_client_that_goes_lets_the_container_go(hosting: Hosting) -> None:
    name = hosting.serving()
    answer = hosting.runtime.invoke_endpoint_with_response_stream(
        EndpointName=name, Body=b"", CustomAttributes="stream=one,GO"
    )
    assert next(parts(answer)) == b"one"
    answer["Body"].close()
    # Its instance would be waited for otherwise: for the answer that nobody reads.
    hosting.delete(name)
    eventually(lambda: hosting.log(name), "its log")


@pytest.mark.local_only
def test_a_client_that_goes_is_missed_also_on_a_connection_that_something_else_was_asked_over(hosting: Hosting) -> None:
    name = hosting.serving()
    signed = {"Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sagemaker/aws4_request"}
    with closing(http.client.HTTPConnection("127.0.0.1", hosting.aws.port)) as client:
        client.request("GET", "/_local/health")
        client.getresponse().read()
        told = {**signed, "X-Amzn-SageMaker-Custom-Attributes": "stream=one,GO"}
        client.request("POST", f"/endpoints/{name}/invocations-response-stream", b"", told)
        assert b"one" in client.getresponse().read1()
    hosting.delete(name)
    eventually(lambda: hosting.log(name), "its log")
