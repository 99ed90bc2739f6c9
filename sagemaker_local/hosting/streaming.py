"""Invocations whose answer is passed on while it comes.

Contract: the API reference of InvokeEndpointWithResponseStream and ResponseStream. What goes wrong before the
container's answer has begun is an error as any invocation's; what goes wrong later is the last message of the stream.
"""

from __future__ import annotations

import asyncio

from sagemaker_local.domain.arns import Scope
from sagemaker_local.errors import ServiceError
from sagemaker_local.execution.serving.client import Headers, Response
from sagemaker_local.execution.serving.errors import NoAnswer, TimedOut, Unreachable
from sagemaker_local.execution.serving.stream import Stream
from sagemaker_local.hosting.endpoint import Endpoint
from sagemaker_local.hosting.fleet import Variant
from sagemaker_local.hosting.instance import Instance
from sagemaker_local.hosting.invocation import (
    Answer,
    Call,
    Invoker,
    Outcome,
    answer_headers,
    check_room,
    model_error,
    not_answered,
    taken,
    told_headers,
)
from sagemaker_local.protocol import eventstream

# As AWS announced it in 2025; the answer has to begin within the time of any invocation.
STREAM_SECONDS = 480.0
_TIMED_OUT = "The model did not finish sending its response within {:g} seconds."
_BROKEN = "The connection to the model was closed before the end of its response."


class Streams:
    """Answers invocations part by part."""

    def __init__(self, invoker: Invoker) -> None:
        self._invoker = invoker
        self.time_limit_seconds = STREAM_SECONDS

    async def invoke(self, scope: Scope, name: str, call: Call) -> Answer:
        """Have the call answered by a container. Raises ``ServiceError`` if its answer does not begin as a success."""
        endpoint, variant = self._invoker.route(scope, name, call)
        parts = _Parts(self._invoker, endpoint, variant, call, self.time_limit_seconds)
        try:
            return Answer(await parts.begin(), b"", parts)
        except BaseException:
            await parts.aclose()
            raise


class _Parts:
    """One invocation: the messages of its stream, and what observers are told at its end."""

    def __init__(self, invoker: Invoker, endpoint: Endpoint, variant: Variant, call: Call, seconds: float) -> None:
        self._invoker, self._endpoint, self._variant, self._call = invoker, endpoint, variant, call
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._began, self._started = self._loop.time(), invoker.wall_clock()
        self._instance: Instance | None = None
        self._stream: Stream | None = None
        self._error: ServiceError | None = None
        self._captured: list[bytes] | None = [] if "DataCaptureConfig" in variant.config else None
        self._counted = self._closed = False

    async def begin(self) -> Headers:
        """The answer's headers, once the container has begun it. Raises ``ServiceError``."""
        try:
            check_room(self._variant, self._call)
            self._variant.outstanding += 1
            self._counted = True
            stream = await self._opened()
            if not 200 <= stream.status < 300:
                text = await _whole(stream, self._invoker.time_limit_seconds)
                raise model_error(self._endpoint, stream.status, text.decode(errors="replace"))
        except NoAnswer as error:
            self._error = not_answered(self._endpoint, error)
            raise self._error from error
        except ServiceError as error:
            self._error = error
            raise
        return [(b"Content-Type", eventstream.CONTENT_TYPE), *_shown(answer_headers(stream.headers, self._variant))]

    async def _opened(self) -> Stream:
        headers, seconds = told_headers(self._call), self._invoker.time_limit_seconds
        while True:
            self._instance = taken(self._variant)
            try:
                self._stream = await self._instance.client.stream(
                    b"POST", b"/invocations", headers, self._call.body, seconds
                )
                return self._stream
            except Unreachable:
                self._instance.suspect()  # it has not seen the request: another instance may have it
                self._instance.release()
                self._instance = None

    def __aiter__(self) -> _Parts:
        return self

    async def __anext__(self) -> bytes:
        """The next message; what goes wrong is the last."""
        assert self._stream is not None
        if self._error is not None:
            raise StopAsyncIteration
        try:
            async with asyncio.timeout_at(self._began + self._seconds):
                part = await self._stream.read()
        except TimeoutError:
            return self._failed("ModelInvocationTimeExceeded", _TIMED_OUT.format(self._seconds))
        except NoAnswer:
            return self._failed("StreamBroken", _BROKEN)
        if not part:
            raise StopAsyncIteration
        if self._captured is not None:
            self._captured.append(part)
        return eventstream.event("PayloadPart", part)

    def _failed(self, code: str, message: str) -> bytes:
        self._error = ServiceError("ModelStreamError", message)
        return eventstream.exception("ModelStreamError", {"Message": message, "ErrorCode": code})

    async def aclose(self) -> None:
        """Give the instance back, and tell observers."""
        if self._closed:
            return
        self._closed = True
        if self._stream is not None:
            self._stream.close()
        if self._instance is not None:
            self._instance.release()
        if self._counted:
            self._variant.outstanding -= 1
        took = self._loop.time() - self._began
        outcome = Outcome(self._call, self._variant, self._response(), self._error, self._started, took, took)
        self._invoker.tell(self._endpoint, outcome)

    def _response(self) -> Response | None:
        if self._stream is None:
            return None
        return Response(self._stream.status, self._stream.headers, b"".join(self._captured or []))


def _shown(headers: Headers) -> Headers:
    """The container's content type has another name, as the stream has a type of its own."""
    return [(b"X-Amzn-SageMaker-Content-Type" if name == b"Content-Type" else name, value) for name, value in headers]


async def _whole(stream: Stream, seconds: float) -> bytes:
    """All of a body. Raises ``NoAnswer``."""
    parts = []
    try:
        async with asyncio.timeout(seconds):
            while part := await stream.read():
                parts.append(part)
    except TimeoutError as error:
        raise TimedOut("no whole answer within the time limit") from error
    return b"".join(parts)
