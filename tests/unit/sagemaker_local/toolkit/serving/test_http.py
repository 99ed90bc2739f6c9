from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from sagemaker_local.toolkit.serving.http import Server
from sagemaker_local.toolkit.serving.service import Answer, InferenceError, UnsupportedFormat

pytestmark = pytest.mark.documented("your-algorithms-inference-code")


class Echo:
    """A model that shows what it was asked, and fails when told to."""

    parameters: dict[str, Any] | None = None

    def invoke(self, body: bytes, content_type: str, accept: str) -> Answer:
        if body == b"unsupported":
            raise UnsupportedFormat(content_type)
        if body == b"nothing":
            raise InferenceError(204, "")
        if body == b"broken":
            raise ValueError("the model is broken")
        return Answer(b"|".join([body, content_type.encode(), accept.encode()]), "text/plain")

    def execution_parameters(self) -> dict[str, Any] | None:
        return self.parameters


@pytest.fixture
def service() -> Echo:
    return Echo()


@pytest.fixture
def connection(service: Echo) -> Iterator[http.client.HTTPConnection]:
    """A connection that stays open, to a server with that model."""
    with Server(0, service) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        connection = http.client.HTTPConnection(*server.server_address[:2], timeout=10)
        yield connection
        connection.close()
        server.shutdown()
        thread.join()


def ask(connection: http.client.HTTPConnection, *request: Any, **more: Any) -> tuple[int, bytes, str | None]:
    connection.request(*request, **more)
    answer = connection.getresponse()
    return answer.status, answer.read(), answer.getheader("Content-Type")


def test_ping_and_invocations_on_one_connection(connection: http.client.HTTPConnection) -> None:
    assert ask(connection, "GET", "/ping") == (200, b"", None)
    headers = {"Content-Type": "Text/CSV; charset=utf-8", "Accept": "application/json"}
    for _ in range(2):
        answer = ask(connection, "POST", "/invocations", b"1,2", headers)
        assert answer == (200, b"1,2|text/csv|application/json", "text/plain")


def test_a_body_in_chunks_is_one_body(connection: http.client.HTTPConnection) -> None:
    parts = iter([b"a" * 70_000, b"b"])
    status, body, _ = ask(
        connection, "POST", "/invocations", parts, encode_chunked=True, headers={"Transfer-Encoding": "chunked"}
    )
    assert (status, body) == (200, b"a" * 70_000 + b"b||")
    assert ask(connection, "GET", "/ping")[0] == 200


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        (b"unsupported", 415, b"Content type x/y is not supported by this framework."),
        (b"broken", 500, b"the model is broken\nTraceback (most recent call last):"),
        (b"nothing", 204, b""),
    ],
)
def test_errors_have_their_status_and_tell_why(
    connection: http.client.HTTPConnection, body: bytes, status: int, text: bytes
) -> None:
    answer = ask(connection, "POST", "/invocations", body, {"Content-Type": "x/y"})
    assert answer[0] == status
    assert answer[1].startswith(text)
    assert ask(connection, "GET", "/ping")[0] == 200, "the connection did not survive the error"


def test_execution_parameters_are_there_only_if_the_model_has_any(
    connection: http.client.HTTPConnection, service: Echo
) -> None:
    assert ask(connection, "GET", "/execution-parameters")[0] == 404
    service.parameters = {"MaxPayloadInMB": 6}
    assert ask(connection, "GET", "/execution-parameters")[:2] == (200, b'{"MaxPayloadInMB": 6}')


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("POST", "/models")])
def test_there_is_nothing_else(connection: http.client.HTTPConnection, method: str, path: str) -> None:
    assert ask(connection, method, path)[0] == 404
