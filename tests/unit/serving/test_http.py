"""HTTP as clients speak it, byte by byte: the short way of small requests, uvicorn's of all others, and one order."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.polling import eventually
from tests.support.served import Serve, Server, UseCase

ROW = b"M,0.455,0.365,0.095,0.514,0.2245,0.101,0.15"
OTHER = b"F,0.53,0.42,0.135,0.677,0.2565,0.1415,0.21"


@contextmanager
def connected(server: Server) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        yield connection


def request(
    body: bytes, *headers: str, path: str = "/invocations", method: str = "POST", version: str = "1.1"
) -> bytes:
    lines = [f"{method} {path} HTTP/{version}", "Host: here", "Content-Type: text/csv", *headers]
    if not any(header.startswith("Transfer-Encoding") for header in headers):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def answers(connection: socket.socket, count: int) -> list[tuple[int, dict[str, str], bytes]]:
    """The next answers, each as status, headers and body; a shorter list where the connection ends before."""
    found, text = [], b""
    while len(found) < count:
        head, separator, rest = text.partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        headers = dict(line.split(": ") for line in lines)
        length = int(headers.get("content-length", 0))
        if separator and len(rest) >= length:
            found.append((int(status.split()[1]), headers, rest[:length]))
            text = rest[length:]
        elif more := connection.recv(65536):
            text += more
        else:
            break
    return found


def bodies(server: Server, *rows: bytes) -> list[bytes]:
    return [server.predict(row)[1] for row in rows]


def test_a_connection_answers_one_request_after_the_other_and_stays(server: Server) -> None:
    with connected(server) as connection:
        for _ in range(3):
            connection.sendall(request(ROW))
            ((status, headers, body),) = answers(connection, 1)
            assert (status, headers["content-type"], [body]) == (200, "text/csv", bodies(server, ROW))
            assert "connection" not in headers


@pytest.mark.parametrize("size", [1, 7, 100])
def test_a_request_may_come_in_pieces(server: Server, size: int) -> None:
    with connected(server) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        text = request(ROW)
        for start in range(0, len(text), size):
            connection.sendall(text[start : start + size])
        assert [answer[2] for answer in answers(connection, 1)] == bodies(server, ROW)


def test_requests_that_are_sent_at_once_are_answered_in_their_order(server: Server) -> None:
    ping = request(b"", path="/ping", method="GET")
    many = b"\n".join([OTHER] * 3000)  # worked on beside the loop
    sent = [request(ROW), request(many), request(OTHER), ping, request(b"M"), request(ROW)]
    with connected(server) as connection:
        connection.sendall(b"".join(sent))
        found = answers(connection, len(sent))
    assert [status for status, _, _ in found] == [200, 200, 200, 200, 400, 200]
    assert [body for _, _, body in found[::5]] == bodies(server, ROW, ROW)
    assert [found[1][2].split(b"\n")[-1], found[2][2]] == bodies(server, OTHER, OTHER)
    assert json.loads(found[4][2])["row"] == 1


def test_more_requests_at_once_than_are_read_are_all_answered(server: Server) -> None:
    count = 5000
    with connected(server) as connection:
        sending = threading.Thread(target=connection.sendall, args=(request(ROW) * count,))
        sending.start()
        found = answers(connection, count)
        sending.join()
    assert {(status, body) for status, _, body in found} == {(200, *bodies(server, ROW))}
    assert len(found) == count


@pytest.mark.parametrize(
    "sent",
    [
        request(b"%x\r\n%b\r\n0\r\n\r\n" % (len(ROW), ROW), "Transfer-Encoding: chunked"),
        request(ROW, "Connection: keep-alive"),
        request(ROW, path="/invocations?of=nobody"),
    ],
    ids=["in chunks", "asks to stay", "has a query"],
)
def test_less_usual_requests_have_the_same_answer(server: Server, sent: bytes) -> None:
    with connected(server) as connection:
        connection.sendall(sent + request(OTHER))
        assert [body for _, _, body in answers(connection, 2)] == bodies(server, ROW, OTHER)


def test_a_client_that_waits_to_be_asked_for_the_body_is_asked(server: Server) -> None:
    with connected(server) as connection:
        connection.sendall(request(ROW, "Expect: 100-continue").removesuffix(ROW))
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(ROW)
        assert [answer[2] for answer in answers(connection, 1)] == bodies(server, ROW)


@pytest.mark.parametrize(
    "sent", [request(ROW, "Connection: close"), request(ROW, version="1.0")], ids=["asks to close", "HTTP/1.0"]
)
def test_a_connection_ends_where_the_client_wants_it(server: Server, sent: bytes) -> None:
    with connected(server) as connection:
        connection.sendall(sent)
        ((status, headers, body),) = answers(connection, 2)
    assert (status, headers["connection"], [body]) == (200, "close", bodies(server, ROW))


def test_what_is_not_http_is_told_and_ends_the_connection(server: Server) -> None:
    with connected(server) as connection:
        connection.sendall(request(ROW) + b"nonsense\r\n\r\n")
        found = answers(connection, 3)
    assert [status for status, _, _ in found] == [200, 400]


def test_a_head_has_no_body_and_no_such_path(server: Server) -> None:
    with connected(server) as connection:
        connection.sendall(request(b"", method="HEAD"))
        head = connection.recv(65536)
    assert head.startswith(b"HTTP/1.1 405 ")
    assert head.endswith(b"\r\n\r\n")


def test_a_server_that_ends_waits_for_the_rest_of_a_request(serve: Serve, abalone: UseCase) -> None:
    server = serve(abalone.model("linear"), SAGEMAKER_MODEL_SERVER_WORKERS="1")
    (wanted,) = bodies(server, ROW)
    for connection in server.connections:
        connection.close()
    with connected(server) as connection:
        connection.sendall(request(ROW)[:-5])
        with connected(server) as idle:
            idle.sendall(request(ROW))
            assert answers(idle, 1)  # the first bytes of the other one have been read by now
            server.process.terminate()
            assert idle.recv(1) == b""  # idle ones are closed, when all have been told of the end
        connection.sendall(ROW[-5:])
        ((status, headers, body),) = answers(connection, 2)
    assert (status, headers["connection"], body) == (200, "close", wanted)
    assert server.process.wait(timeout=30) == 0


def test_a_short_request_is_told_in_the_log_like_any(server: Server) -> None:
    with connected(server) as connection:
        for name, headers in (("short", ()), ("long", ("Connection: keep-alive",))):
            connection.sendall(request(ROW, f"X-Amzn-SageMaker-Inference-Id: {name}-way", *headers))
            answers(connection, 1)
    eventually(lambda: len(told(server)) == 2, "two lines of the log")
    short, long = told(server)
    assert {**short, "inference_id": ""} == {**long, "inference_id": ""}


def told(server: Server) -> list[dict[str, object]]:
    lines = [line for line in server.log if re.match("(short|long)-way", line.get("inference_id", ""))]
    return [{name: value for name, value in line.items() if name not in ("time", "milliseconds")} for line in lines]
