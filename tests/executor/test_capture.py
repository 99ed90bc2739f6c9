"""What endpoints were asked and answered, as it lies in S3."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.support.hosting import Hosting, variant
from tests.support.local_aws import BUCKET, unique
from tests.support.polling import eventually

HEADERS = {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]}


def capturing(hosting: Hosting, **more: Any) -> tuple[str, str]:
    """An endpoint that captures, and the prefix that it captures to."""
    prefix = unique("captured")
    capture = {
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{BUCKET}/{prefix}",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": HEADERS,
        **more,
    }
    endpoint = hosting.endpoint(hosting.config(variant(hosting.model()), DataCaptureConfig=capture))
    assert hosting.settled(endpoint)["EndpointStatus"] == "InService"
    return endpoint, prefix


def records(hosting: Hosting, prefix: str) -> list[dict[str, Any]]:
    keys = [key.lstrip("/") for key in hosting.aws.keys(prefix)]
    lines = [line for key in keys for line in hosting.aws.read(f"s3://{BUCKET}/{prefix}/{key}").splitlines()]
    return [json.loads(line) for line in lines]


@pytest.mark.documented("model-monitor-data-capture: records, keys, DescribeEndpoint's CaptureStatus")
def test_every_answered_request_is_written_within_the_documented_minutes(hosting: Hosting) -> None:
    endpoint, prefix = capturing(hosting)
    for number in range(3):
        hosting.invoke(endpoint, f"{number}", ContentType="text/csv", InferenceId=f"row-{number}")
    with pytest.raises(hosting.runtime.exceptions.ModelError):
        hosting.invoke(endpoint, "bad", "status=400", ContentType="text/csv")
    eventually(lambda: len(records(hosting, prefix)) >= 3, "the captured records")
    # Whichever files they were written to.
    captured = sorted(
        (record["eventMetadata"]["inferenceId"], record["captureData"]["endpointInput"]["data"])
        for record in records(hosting, prefix)
    )
    assert captured == [("row-0", "0"), ("row-1", "1"), ("row-2", "2")]
    name = rf"/{endpoint}/AllTraffic/\d{{4}}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{{3}}-[0-9a-f-]{{36}}\.jsonl"
    assert [key for key in hosting.aws.keys(prefix) if not re.fullmatch(name, key)] == []
    shown = hosting.sagemaker.describe_endpoint(EndpointName=endpoint)["DataCaptureConfig"]
    assert (shown["CaptureStatus"], shown["CurrentSamplingPercentage"]) == ("Started", 100)


@pytest.mark.local_only
def test_what_was_captured_is_written_when_the_endpoint_goes(hosting: Hosting) -> None:
    endpoint, prefix = capturing(hosting)
    hosting.invoke(endpoint, "last", ContentType="text/csv")
    hosting.delete(endpoint)
    assert [record["captureData"]["endpointInput"]["data"] for record in records(hosting, prefix)] == ["last"]


@pytest.mark.documented("API_DataCaptureConfig: EnableCapture, InitialSamplingPercentage")
@pytest.mark.parametrize("off", [{"EnableCapture": False}, {"InitialSamplingPercentage": 0}])
def test_nothing_is_written_where_nothing_is_wanted(hosting: Hosting, off: dict[str, Any]) -> None:
    endpoint, prefix = capturing(hosting, **off)
    hosting.invoke(endpoint, "1", ContentType="text/csv")
    hosting.delete(endpoint)
    assert records(hosting, prefix) == []
