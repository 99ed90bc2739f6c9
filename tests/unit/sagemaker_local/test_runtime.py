"""The runtime over HTTP, with operations and a fault plan of the tests' own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sagemaker_local.domain.arns import Scope
from sagemaker_local.faults import Faults, ResponseLost
from sagemaker_local.hosting.invocation import Answer
from sagemaker_local.runtime import HttpAnswer, Runtime
from sagemaker_local.signature import Signer
from sagemaker_local.store import Store

pytestmark = pytest.mark.local_only
PATHS = {"InvokeEndpoint": "invocations", "InvokeEndpointAsync": "async-invocations"}
SIGNER = Signer(Scope("000000000000", "r"), "sagemaker", "key")


class Parts:
    """A body that is still coming."""

    closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        raise AssertionError("nobody wants it")

    async def aclose(self) -> None:
        self.closed = True


def answer(tmp_path: Path, operation: str, parts: Parts | None = None, *faults: dict[str, Any]) -> HttpAnswer:
    async def invoke(call: Any) -> Answer:
        return Answer([(b"X-Of", call.members["EndpointName"].encode())], call.body, parts)

    store = Store(tmp_path / "db")
    try:
        plan = Faults(store)
        plan.put({"faults": list(faults)})
        runtime = Runtime({"InvokeEndpoint": invoke}, None, plan)  # type: ignore[arg-type]
        accepted = runtime.accept(
            "POST", f"/endpoints/e/{PATHS[operation]}", SIGNER, {b"x-amzn-sagemaker-inputlocation": b"s3://b/k"}
        )
        return asyncio.run(accepted.answer(b"1"))  # type: ignore[arg-type]
    finally:
        store.close()


def test_an_operation_answers_with_its_status_and_a_request_id(tmp_path: Path) -> None:
    found = answer(tmp_path, "InvokeEndpoint")
    assert (found.status, found.body, dict(found.headers)[b"X-Of"]) == (200, b"1", b"e")
    assert len(dict(found.headers)[b"x-amzn-RequestId"]) == 36


def test_an_operation_that_is_not_supported_says_which_are(tmp_path: Path) -> None:
    found = answer(tmp_path, "InvokeEndpointAsync")
    message = json.loads(found.body)["Message"]
    assert dict(found.headers)[b"x-amzn-ErrorType"] == b"UnknownOperationException"
    assert message == "The local SageMaker does not support InvokeEndpointAsync. It supports: InvokeEndpoint."


def test_of_an_answer_that_is_lost_what_is_still_coming_is_closed(tmp_path: Path) -> None:
    parts = Parts()
    lost = {"name": "lost", "calls": {"operation": "InvokeEndpoint"}, "effect": {"type": "lost_response"}}
    with pytest.raises(ResponseLost):
        answer(tmp_path, "InvokeEndpoint", parts, lost)
    assert parts.closed
