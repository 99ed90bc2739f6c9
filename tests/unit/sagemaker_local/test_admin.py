"""What is asked of the server itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sagemaker_local.admin import Admin, Page
from sagemaker_local.faults import Faults
from sagemaker_local.store import Store

PLAN = {"seed": 3, "faults": [{"name": "f", "jobs": {}, "effect": {"type": "capacity_error"}}]}
NO_PLAN: dict[str, Any] = {"faults": [], "counts": {}}


@pytest.fixture
def admin(tmp_path: Path) -> Iterator[Admin]:
    store = Store(tmp_path / "db")
    yield Admin(lambda: {"status": "ok"}, Faults(store), {"jobs": lambda arn: Page("text/plain", f"about {arn}")})
    store.close()


def test_the_health_is_told(admin: Admin) -> None:
    assert admin.answer("GET", "/_local/health", b"") == (200, {"status": "ok"})


def test_a_page_is_told_what_it_is_asked_for(admin: Admin) -> None:
    assert admin.answer("GET", "/_local/jobs/arn:job/name", b"") == (200, Page("text/plain", "about arn:job/name"))


def test_a_plan_is_put_read_and_deleted(admin: Admin) -> None:
    state = {**PLAN, "counts": {"f": {"met": 0, "struck": 0}}}
    assert admin.answer("PUT", "/_local/faults", json.dumps(PLAN).encode()) == (200, state)
    assert admin.answer("GET", "/_local/faults", b"") == (200, state)
    assert admin.answer("DELETE", "/_local/faults", b"") == (200, NO_PLAN)
    assert admin.answer("GET", "/_local/faults", b"") == (200, NO_PLAN)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"{", "no JSON: Expecting property name"),
        (b"\xff", "no JSON: "),
        (b"[]", "no fault plan: the plan must be an object; given: []"),
        (b'{"faults": [{"name": "f"}]}', "no fault plan: faults[0]: effect is missing"),
    ],
)
def test_what_is_no_plan_is_told_why(admin: Admin, body: bytes, error: str) -> None:
    status, answer = admin.answer("PUT", "/_local/faults", body)
    assert status == 400
    assert answer["error"].startswith(error)


def test_another_method_or_address_is_told_what_there_is(admin: Admin) -> None:
    assert admin.answer("POST", "/_local/faults", b"") == (405, {"error": "/_local/faults takes GET, PUT, DELETE"})
    assert admin.answer("POST", "/_local/jobs/arn", b"") == (405, {"error": "/_local/jobs/arn takes GET"})
    known = "there are /_local/faults, /_local/health, /_local/jobs/..."
    assert admin.answer("GET", "/_local/x", b"") == (404, {"error": f"there is no /_local/x; {known}"})
