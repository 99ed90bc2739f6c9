from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from deploy.compose import health
from deploy.errors import Failure

REPORT = {
    "metadatabase": {"status": "healthy"},
    "scheduler": {"status": "healthy"},
    "triggerer": {"status": "unhealthy"},
    "dag_processor": None,
}


@pytest.mark.parametrize(
    ("part", "well"), [("api-server", True), ("scheduler", True), ("triggerer", False), ("dag-processor", False)]
)
def test_a_part_of_airflow_is_as_well_as_its_heartbeat(part: str, well: bool) -> None:
    assert health.airflow(part, REPORT) is well


@contextmanager
def redis(answer: bytes) -> Iterator[str]:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            assert self.rfile.readline() == b"AUTH secret\r\n"
            assert self.rfile.readline() == b"CLIENT LIST\r\n"
            self.wfile.write(answer)

    with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"redis://:secret@127.0.0.1:{server.server_address[1]}/0"
        server.shutdown()
        thread.join()


def listed(*addresses: str) -> bytes:
    lines = "".join(f"id={number} addr={address}:4000 laddr=r:6379\n" for number, address in enumerate(addresses))
    return f"+OK\r\n${len(lines)}\r\n{lines}\r\n".encode()


def test_a_worker_is_well_while_it_holds_a_connection_beside_the_one_that_asks() -> None:
    with redis(listed("127.0.0.1", "127.0.0.1", "10.0.0.9")) as broker:
        assert health.worker(broker)


def test_a_worker_that_holds_none_is_not() -> None:
    with redis(listed("127.0.0.1", "10.0.0.9")) as broker:
        assert not health.worker(broker)


def test_a_broker_that_refuses_is_told() -> None:
    with redis(b"-WRONGPASS\r\n-NOAUTH\r\n") as broker, pytest.raises(Failure, match="WRONGPASS"):
        health.worker(broker)


def test_nobody_there_is_unwell_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("sys.argv", ["health", "aws"])
    assert health.main() == 1
    assert "refused" in capsys.readouterr().out
