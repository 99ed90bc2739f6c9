"""A bare client of AWS's JSON protocol, the same for every server: what is measured is the server."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any

ACCOUNT, REGION = "000000000000", "us-east-1"


class Refused(Exception):
    """The server answered with an error."""


class Client:
    """One connection that is kept open. The signature is none: neither server looks at it."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)

    def call(self, operation: str, request: dict[str, Any]) -> tuple[dict[str, Any], float]:
        """The answer of a SageMaker operation, and how many seconds it took to arrive."""
        body = json.dumps(request).encode()
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"SageMaker.{operation}"}
        begin = time.perf_counter()
        content = self.send("POST", "/", "sagemaker", body, headers)
        seconds = time.perf_counter() - begin
        return dict(json.loads(content)), seconds

    def send(self, method: str, path: str, service: str, body: bytes, headers: dict[str, str]) -> bytes:
        """The content of the answer to any request. Raises Refused."""
        scope = f"{ACCOUNT}/20260101/{REGION}/{service}/aws4_request"
        signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        self._connection.request(method, path, body, {**headers, "Authorization": signature})
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise Refused(f"{method} {path} {service}: {answer.status} {content[:300]!r}")
        return content
