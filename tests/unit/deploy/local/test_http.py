from __future__ import annotations

import pytest

from deploy.local.http import HttpError, call
from tests.unit.deploy.local.conftest import Server


def test_a_refusal_tells_request_status_and_reason(server: Server) -> None:
    server.answers["/x"] = (409, {"detail": "already there"})
    with pytest.raises(HttpError, match=r"POST http://127.0.0.1:\d+/x answered 409: .*already there") as refusal:
        call("POST", f"{server.url}/x", {})
    assert refusal.value.status == 409


def test_a_proxy_in_the_environment_is_not_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server.answers["/x"] = (200, {"direct": True})
    assert call("GET", f"{server.url}/x") == {"direct": True}
