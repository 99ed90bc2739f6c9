from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from deploy.local.airflow_api import Airflow
from deploy.local.http import HttpError, call


class Server(HTTPServer):
    """Answers every request with `answers[path]`, and remembers what was asked."""

    answers: dict[str, tuple[int, Any]]
    requests: list[tuple[str, str, Any, str | None]]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        self.server.requests.append((self.command, self.path, body, self.headers.get("Authorization")))
        status, answer = self.server.answers[self.path]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    do_POST = do_PATCH = do_GET

    def log_message(self, format: str, *arguments: object) -> None:
        """Keep quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as one:
        one.answers, one.requests = {"/auth/token": (201, {"access_token": "secret"})}, []
        thread = threading.Thread(target=one.serve_forever)
        thread.start()
        yield one
        one.shutdown()
        thread.join()


def url(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_port}"


def test_a_refusal_tells_request_status_and_reason(server: Server) -> None:
    server.answers["/x"] = (409, {"detail": "already there"})
    with pytest.raises(HttpError, match=r"POST http://127.0.0.1:\d+/x answered 409: .*already there") as refusal:
        call("POST", f"{url(server)}/x", {})
    assert refusal.value.status == 409


def test_a_proxy_in_the_environment_is_not_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server.answers["/x"] = (200, {"direct": True})
    assert call("GET", f"{url(server)}/x") == {"direct": True}


def test_airflow_is_asked_with_a_token_fetched_once(server: Server) -> None:
    server.answers["/api/v2/dags/d"] = (200, {"dag_id": "d"})
    airflow = Airflow(url(server), "admin", "password")
    airflow.dag("d")
    airflow.dag("d")
    assert server.requests == [
        ("POST", "/auth/token", {"username": "admin", "password": "password"}, None),
        ("GET", "/api/v2/dags/d", None, "Bearer secret"),
        ("GET", "/api/v2/dags/d", None, "Bearer secret"),
    ]


def test_a_run_is_triggered_without_a_logical_date(server: Server) -> None:
    server.answers["/api/v2/dags/d/dagRuns"] = (200, {"dag_run_id": "manual__1"})
    assert Airflow(url(server), "admin", "password").trigger("d") == "manual__1"
    assert server.requests[-1][2] == {"logical_date": None}


def test_a_run_id_is_quoted_in_addresses(server: Server) -> None:
    path = "/api/v2/dags/d/dagRuns/manual__2026-11-21T07%3A00%3A00%2B00%3A00"
    server.answers[path] = (200, {"state": "running"})
    run = Airflow(url(server), "admin", "password").run("d", "manual__2026-11-21T07:00:00+00:00")
    assert run == {"state": "running"}


def test_a_log_is_read_as_lines_with_the_exceptions_text(server: Server) -> None:
    entries = [
        {"event": "started", "level": "info", "timestamp": "2026-11-21T07:00:00Z"},
        {
            "event": "Task failed",
            "level": "error",
            "error_detail": [{"exc_type": "KeyError", "exc_value": "'mse'"}],
        },
        {"event": "::endgroup::"},
    ]
    path = "/api/v2/dags/d/dagRuns/r/taskInstances/t/logs/1?full_content=true"
    server.answers[path] = (200, {"content": entries})
    log = Airflow(url(server), "admin", "password").log("d", "r", "t", 1)
    assert log == ["INFO started", "ERROR Task failed", "KeyError: 'mse'", "::endgroup::"]
