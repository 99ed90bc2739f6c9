"""An answer passed on while it comes: what the client gets, what observers are told, and that nothing stays taken."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer

from sagemaker_local.domain.arns import Scope
from sagemaker_local.errors import ServiceError
from sagemaker_local.execution.serving.errors import NoAnswer, TimedOut, Unreachable
from sagemaker_local.hosting.endpoint import Endpoint
from sagemaker_local.hosting.invocation import Call, Invoker, Outcome
from sagemaker_local.hosting.streaming import Streams

SCOPE = Scope("000000000000", "eu-west-1")
API = pytest.mark.documented("API_runtime_InvokeEndpointWithResponseStream, API_runtime_ResponseStream")
Part = bytes | Exception | None
"""what a container sends next; ``None``: nothing, for ever"""


class Stream:
    def __init__(self, status: int, *parts: Part) -> None:
        self.status, self.headers = status, {b"content-type": b"text/csv"}
        self._parts, self.closed = list(parts), False

    async def read(self) -> bytes:
        part = self._parts.pop(0) if self._parts else b""
        if part is None:
            await asyncio.Event().wait()
        if isinstance(part, Exception):
            raise part
        assert isinstance(part, bytes)
        return part

    def close(self) -> None:
        self.closed = True


class Instance:
    """An instance whose container opens a stream, or does not."""

    def __init__(self, opened: Stream | Exception) -> None:
        self.client, self.opened = self, opened
        self.outstanding, self.healthy = 0, True

    async def stream(self, method: bytes, path: bytes, headers: Any, body: bytes, seconds: float) -> Stream:
        assert self.outstanding == 1
        if isinstance(self.opened, Exception):
            raise self.opened
        return self.opened

    def release(self) -> None:
        self.outstanding -= 1

    def suspect(self) -> None:
        self.healthy = False


class Variant:
    """The one variant of its fleet."""

    def __init__(self, *instances: Instance, capture: bool = False, most: int | None = None) -> None:
        self.name, self.instances, self.max_concurrency, self.outstanding = "v", instances, most, 0
        self.config = {"DataCaptureConfig": {}} if capture else {}

    def pick(self) -> Instance | None:
        return next((each for each in self.instances if each.healthy), None)


class Fleet:
    """A fleet of one variant."""

    def __init__(self, variant: Variant) -> None:
        self._variant, self.asynchronous = variant, False
        self.shadows: list[Variant] = []

    def pick(self) -> Variant:
        return self._variant


class Seen:
    """What came of an invocation."""

    def __init__(self, variant: Variant, seconds: float = 60.0) -> None:
        endpoint = Endpoint(SCOPE, "e", Fleet(variant))  # type: ignore[arg-type]
        invoker = Invoker(lambda scope, name: endpoint, lambda: 1.5)
        self.outcomes: list[Outcome] = []
        invoker.observers = (lambda _, outcome: self.outcomes.append(outcome),)
        self.streams = Streams(invoker)
        self.streams.time_limit_seconds = seconds
        self.variant = variant

    def run(self) -> list[tuple[str, bytes]]:
        """Type and payload of every message."""

        async def main() -> bytes:
            answer = await self.streams.invoke(SCOPE, "e", Call({}, b"in"))
            self.headers = dict(answer.headers)
            assert answer.parts is not None
            found = [part async for part in answer.parts]
            await answer.parts.aclose()
            await answer.parts.aclose()  # also twice: it is given back once
            return b"".join(found)

        buffer = EventStreamBuffer()
        buffer.add_data(asyncio.run(main()))
        assert self.is_free
        return [(each.headers.get(":event-type") or each.headers[":exception-type"], each.payload) for each in buffer]

    def refusal(self) -> ServiceError:
        with pytest.raises(ServiceError) as caught:
            self.run()
        assert self.is_free
        return caught.value

    @property
    def is_free(self) -> bool:
        return self.variant.outstanding == 0 and all(each.outstanding == 0 for each in self.variant.instances)


@API
def test_parts_come_as_events_and_the_content_type_under_its_own_name() -> None:
    stream = Stream(200, b"1", b"2")
    seen = Seen(Variant(Instance(stream)))
    assert seen.run() == [("PayloadPart", b"1"), ("PayloadPart", b"2")]
    assert seen.headers == {
        b"Content-Type": b"application/vnd.amazon.eventstream",
        b"x-Amzn-Invoked-Production-Variant": b"v",
        b"X-Amzn-SageMaker-Content-Type": b"text/csv",
    }
    (outcome,) = seen.outcomes
    assert outcome.response is not None
    assert (outcome.response.status, outcome.response.body, outcome.error) == (200, b"", None)
    assert stream.closed


@pytest.mark.local_only
def test_what_is_captured_is_the_whole_answer() -> None:
    seen = Seen(Variant(Instance(Stream(200, b"1", b"2")), capture=True))
    seen.run()
    assert seen.outcomes[0].response is not None
    assert seen.outcomes[0].response.body == b"12"


@API
@pytest.mark.parametrize(
    ("last", "code"), [(NoAnswer("closed"), "StreamBroken"), (None, "ModelInvocationTimeExceeded")]
)
def test_what_goes_wrong_under_way_is_the_last_message(last: Part, code: str) -> None:
    seen = Seen(Variant(Instance(Stream(200, b"1", last))), seconds=0.3)
    part, (kind, payload) = seen.run()
    assert part == ("PayloadPart", b"1")
    assert (kind, json.loads(payload)["ErrorCode"]) == ("ModelStreamError", code)
    assert seen.outcomes[0].error is not None


@API
@pytest.mark.parametrize(
    ("opened", "status", "text"),
    [
        (Stream(500, b"oops"), 500, "oops"),
        (Stream(400, b"no"), 400, "no"),
        (NoAnswer("garbage"), 0, "could not get a response"),
        (TimedOut("late"), 0, "timed out"),
        (Stream(500, NoAnswer("closed")), 0, "could not get a response"),
    ],
)
def test_what_goes_wrong_at_the_beginning_is_a_model_error(opened: Stream | Exception, status: int, text: str) -> None:
    seen = Seen(Variant(Instance(opened)))
    error = seen.refusal()
    assert (error.code, error.status, error.members["OriginalStatusCode"]) == ("ModelError", 424, status)
    assert text in error.members["OriginalMessage"]
    assert [outcome.error for outcome in seen.outcomes] == [error]


@pytest.mark.local_only
def test_an_instance_that_did_not_see_the_request_gets_no_more_and_another_gets_it() -> None:
    gone = Instance(Unreachable("no connection"))
    assert Seen(Variant(gone, Instance(Stream(200, b"1")))).run() == [("PayloadPart", b"1")]
    assert not gone.healthy
    assert Seen(Variant(gone)).refusal().code == "ServiceUnavailable"


@pytest.mark.documented("serverless-endpoints: MaxConcurrency")
def test_a_serverless_variant_without_room_throttles() -> None:
    assert Seen(Variant(Instance(Stream(200)), most=0)).refusal().code == "ThrottlingException"
