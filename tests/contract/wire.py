"""Requests that no AWS client would send."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from tests.support.local_aws import LocalAws

_SIGNATURE = (
    "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/sagemaker/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=0000"
)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]


def post(aws: LocalAws, operation: str, body: bytes | dict[str, Any], signature: str | None = _SIGNATURE) -> Answer:
    """POST *body* as *operation*."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"X-Amz-Target": f"SageMaker.{operation}", "Content-Type": "application/x-amz-json-1.1"}
    if signature is not None:
        headers["Authorization"] = signature
    request = urllib.request.Request(aws.endpoint, content, headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return _answer(response.status, response)
    except urllib.error.HTTPError as error:
        with error:
            return _answer(error.code, error)


def _answer(status: int, response: Any) -> Answer:
    return Answer(status, {name.lower(): value for name, value in response.headers.items()}, json.load(response))
