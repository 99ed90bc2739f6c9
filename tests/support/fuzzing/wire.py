"""Requests as they are, also such as no client would send, over one connection."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any

_SCOPE = "20260101/us-east-1/sagemaker/aws4_request"
_RAW = "raw JSON: "


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: dict[str, Any]

    @property
    def code(self) -> str:
        """The error's code; empty for a success."""
        return str(self.body.get("__type", ""))

    @property
    def message(self) -> str:
        return str(self.body.get("message", ""))


def raw(literal: str) -> str:
    """A value that goes into the body as it is: what ``json.dumps`` does not write."""
    return f"{_RAW}{literal}"


def encoded(request: Any) -> bytes:
    """The request's body."""
    first, *others = json.dumps(request).split(f'"{_RAW}')
    return "".join([first, *(literal.replace('"', "", 1) for literal in others)]).encode()


class Wire:
    """Calls operations of the server on a port."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def call(self, operation: str, request: Any, access_key: str = "local") -> Answer:
        """POST *request*; the connection is opened again where the server has closed it after an answer."""
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"SageMaker.{operation}",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={access_key}/{_SCOPE}, SignedHeaders=host, Signature=0",
        }
        try:
            return self._post(encoded(request), headers)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self._connection.close()
            return self._post(encoded(request), headers)

    def close(self) -> None:
        self._connection.close()

    def _post(self, body: bytes, headers: dict[str, str]) -> Answer:
        self._connection.request("POST", "/", body, headers)
        response = self._connection.getresponse()
        return Answer(response.status, json.loads(response.read()))
