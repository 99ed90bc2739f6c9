from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from sagemaker_local.domain.capture import Side, enabled, key, line

TIME = 1_645_723_506.123  # 2022-02-24T17:25:06Z
HEADERS = {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]}


def config(*modes: str, **more: Any) -> dict[str, Any]:
    options = [{"CaptureMode": mode} for mode in modes or ("Input", "Output")]
    return {"CaptureOptions": options, "CaptureContentTypeHeader": HEADERS, **more}


def record(config: dict[str, Any], sent: Side, answered: Side, **more: Any) -> dict[str, Any]:
    arguments = {"inference_id": None, "attributes": None, **more}
    written = line(config, {"INPUT": sent, "OUTPUT": answered}, "event", TIME, **arguments)
    assert "\n" not in written
    return dict(json.loads(written))


CSV = Side("text/csv", b"50,0,188.9\n")
ANSWER = Side("text/csv; charset=utf-8", b"0.0231")


def test_a_record_is_that_of_the_guide() -> None:
    assert record(config(), CSV, ANSWER, inference_id="row-17", attributes="x=1") == {
        "captureData": {
            "endpointInput": {
                "observedContentType": "text/csv",
                "mode": "INPUT",
                "data": "50,0,188.9\n",
                "encoding": "CSV",
            },
            "endpointOutput": {
                "observedContentType": "text/csv; charset=utf-8",
                "mode": "OUTPUT",
                "data": "0.0231",
                "encoding": "CSV",
            },
        },
        "eventMetadata": {
            "eventId": "event",
            "inferenceId": "row-17",
            "customAttributes": ["x=1"],
            "inferenceTime": "2022-02-24T17:25:06Z",
        },
        "eventVersion": "0",
    }


def test_what_the_caller_did_not_send_is_not_there() -> None:
    assert set(record(config(), CSV, ANSWER)["eventMetadata"]) == {"eventId", "inferenceTime"}


@pytest.mark.parametrize(
    ("modes", "sides"),
    [
        (["Input"], {"endpointInput"}),
        (["Output"], {"endpointOutput"}),
        (["InputAndOutput"], {"endpointInput", "endpointOutput"}),
    ],
)
def test_only_the_sides_that_are_asked_for_are_there(modes: list[str], sides: set[str]) -> None:
    assert record(config(*modes), CSV, ANSWER)["captureData"].keys() == sides


@pytest.mark.parametrize(
    ("side", "encoding"),
    [
        (Side("text/csv", b"1"), "CSV"),
        (Side("TEXT/CSV; charset=utf-8", b"1"), "CSV"),
        (Side("application/json", b"{}"), "JSON"),
        (Side("text/plain", b"1"), "BASE64"),
        (Side("text/csv", b"\xff"), "BASE64"),
    ],
)
def test_types_that_are_not_listed_and_bytes_that_are_no_text_are_in_base64(side: Side, encoding: str) -> None:
    found = record(config(), side, ANSWER)["captureData"]["endpointInput"]
    assert found["encoding"] == encoding
    decoded = base64.b64decode(found["data"]) if encoding == "BASE64" else found["data"].encode()
    assert decoded == side.body


def test_without_a_list_of_types_everything_is_in_base64() -> None:
    plain = {name: value for name, value in config().items() if name != "CaptureContentTypeHeader"}
    assert record(plain, CSV, ANSWER)["captureData"]["endpointInput"]["encoding"] == "BASE64"


def test_a_file_lies_under_the_hour_of_its_first_record() -> None:
    assert key("endpoint", "AllTraffic", TIME, "id") == "endpoint/AllTraffic/2022/02/24/17/25-06-123-id.jsonl"


@pytest.mark.parametrize(
    ("found", "wanted"), [(None, False), ({}, True), ({"EnableCapture": True}, True), ({"EnableCapture": False}, False)]
)
def test_capture_is_on_unless_it_is_off(found: dict[str, Any] | None, wanted: bool) -> None:
    assert enabled(found) is wanted
