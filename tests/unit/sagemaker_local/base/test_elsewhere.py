"""Requests to an S3 that is not here: refused with the address at which it is; all others pass."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sagemaker_local.base.elsewhere import without_s3

pytestmark = pytest.mark.local_only

URL = "http://127.0.0.1:9000"


def answered(headers: dict[str, str], query: str = "") -> list[dict[str, Any]]:
    """What is sent to a client; the application behind answers ``passed``."""
    sent: list[dict[str, Any]] = []

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await send({"type": "passed"})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "headers": raw, "query_string": query.encode()}
    asyncio.run(without_s3(app, URL)(scope, None, send))
    return sent


def signed_for(service: str) -> dict[str, str]:
    credential = f"AKIA/20260101/us-east-1/{service}/aws4_request"
    return {"authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"}


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        (signed_for("s3"), ""),
        ({}, "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F20260101%2Fus-east-1%2Fs3%2Faws4_request"),
        ({"authorization": "AWS AKIA:c2ln"}, ""),
        ({}, "AWSAccessKeyId=AKIA&Signature=c2ln&Expires=1"),
    ],
    ids=["header", "presigned", "version 2", "presigned, version 2"],
)
def test_a_request_that_is_signed_for_s3_is_told_where_s3_is(headers: dict[str, str], query: str) -> None:
    start, body = answered(headers, query)
    assert start["status"] == 400
    assert b"<Code>InvalidRequest</Code>" in body["body"]
    assert f"AWS_ENDPOINT_URL_S3={URL}".encode() in body["body"]


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        (signed_for("sqs"), ""),
        (signed_for("s3tables"), ""),
        ({}, "X-Amz-Credential=AKIA%2F20260101%2Fus-east-1%2Fsts%2Faws4_request"),
        ({}, ""),
    ],
)
def test_every_other_request_passes(headers: dict[str, str], query: str) -> None:
    assert answered(headers, query) == [{"type": "passed"}]
