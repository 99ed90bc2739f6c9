"""What the benchmark of endpoints says of its numbers is true of them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest

from bench.endpoint import Added, Start, Subject, added_by, shares, table, verdict
from bench.servers import IMAGES, free_port
from bench.traffic import Connection, per_second
from deploy.errors import Failure
from tests.support.polling import eventually

SUBJECT = Subject("a model", "m", "text/csv", b"1,2,3")


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of the image's own program."""
    port = free_port()
    environ = {**os.environ, "SAGEMAKER_BIND_TO_PORT": str(port)}
    program = subprocess.Popen([sys.executable, str(IMAGES / "echo" / "bin" / "serve")], env=environ)
    try:
        eventually(lambda: listens(port), "the program's start")
        yield port
    finally:
        program.terminate()
        program.wait()


def listens(port: int) -> bool:
    with suppress(ConnectionRefusedError):
        Connection(port, "/", "text/csv", b"").close()
        return True
    return False


def test_requests_are_answered_one_by_one_and_over_several_connections(echo: int) -> None:
    connections = [Connection(echo, "/invocations", "text/csv", b"1,2,3" * 1000) for _ in range(2)]
    assert 0 < connections[0].ask() < 60
    assert per_second(connections, 0.1) > 0
    for connection in connections:
        connection.close()


def test_an_answer_that_is_no_success_ends_the_benchmark() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection = Connection(listener.getsockname()[1], "/", "text/csv", b"")
        accepted, _ = listener.accept()
        with accepted:
            accepted.sendall(b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 3\r\n\r\nbad")
            with pytest.raises(Failure, match="500 Internal Server Error"):
                connection.ask()
    connection.close()


def test_the_table_says_what_the_endpoint_adds_and_takes() -> None:
    took = {"container": [1.0, 2.0, 3.0], "endpoint": [1.5, 2.25, 4.0]}
    rates = {"container": 1000.0, "endpoint": 950.0}
    starts = [Start(1.5, 1.0), Start(2.0, 1.25), Start(9.0, 8.75)]
    printed = table(SUBJECT, took, rates, starts, added_by(took, rates, starts))
    assert "the endpoint adds 0.250 ms at the median and takes 5 % of the throughput" in printed
    assert "the container's own 1.25 s and 0.50 s beyond it" in printed
    rows = [line.split() for line in printed.splitlines() if line.startswith(("container", "endpoint "))]
    assert rows == [["container", "2.000", "3.000", "1000"], ["endpoint", "2.250", "4.000", "950"]]


def test_what_a_request_takes_of_the_processors_is_said_with_who_shares_them() -> None:
    said = shares({"endpoint": 61.4, "container": 20.0})
    assert "61 us in the server and 20 us in the container" in said
    assert f"on {os.cpu_count()} cores together" in said


@pytest.mark.parametrize(
    ("added", "broken"),
    [
        (Added(0.9, 0.09, 0.9), []),
        (Added(1.0, 0.09, 0.9), ["less than 1 ms at the median"]),
        (Added(0.9, 0.1, 0.9), ["less than a tenth of the throughput"]),
        (Added(0.9, 0.09, 1.0), ["less than 1 s from start to first answer"]),
    ],
)
def test_what_endpoints_promise_is_checked(added: Added, broken: list[str]) -> None:
    assert verdict(SUBJECT, added) == [f"{promise} for a model" for promise in broken]


def test_a_container_that_does_nothing_is_shown_and_promises_no_throughput() -> None:
    assert verdict(Subject("nothing", "m", "text/csv", b"", works=False), Added(0.1, 0.8, 0.1)) == []
