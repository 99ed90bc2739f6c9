"""The HTTP side: ``/ping``, ``/invocations`` and ``/execution-parameters`` of SageMaker's hosting contract, as ASGI."""

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson

from serving import log
from serving.drift import Drift
from serving.errors import BadRequest
from serving.functions import Service
from serving.rows import JSON
from serving.settings import Settings

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = Mapping[bytes, bytes]
Answer = tuple[int, bytes, str]
"""status, body, content type"""
See = Callable[[Any], None]

AT_ONCE_BYTES = 1 << 16
"""Larger bodies, those that have to be unpacked, and a use case's own functions are worked on beside the loop, so that
/ping is answered meanwhile."""


SYNTHETIC = b"synthetic"
"""Custom attributes of a request that is a test and no traffic: its predictions are nobody's."""


class App:
    """Answers requests with ``service``, and shows ``drift`` what was predicted."""

    def __init__(self, service: Service, settings: Settings, drift: Drift | None = None) -> None:
        self._service, self._settings, self._drift = service, settings, drift
        self._beside = ThreadPoolExecutor(1)
        self._routes = {
            ("POST", "/invocations"): self._invocations,
            ("GET", "/ping"): self._ping,
            ("GET", "/execution-parameters"): self._execution_parameters,
        }

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        begin, headers = time.perf_counter(), dict(scope["headers"])
        status, body, content_type = await self._answered(scope, headers, receive)
        kind = content_type.encode("latin-1", "replace")
        head = [(b"content-type", kind), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": body})
        _told(scope["path"], headers, status, body, begin)

    def is_small(self, length: int | None, headers: Headers) -> bool:
        """Whether a body of that length, None for an unknown one, is worked on at once."""
        return length is not None and length <= AT_ONCE_BYTES and self._service.is_quick(_media_type(headers))

    def predict(self, headers: Headers, body: bytes) -> Answer:
        """The answer to a request for predictions, whose body `is_small`."""
        begin = time.perf_counter()
        try:
            answer = (200, *self._service.answer(*self._arguments(headers, body)))
        except Exception as error:
            answer = _failure(error)
        _told("/invocations", headers, answer[0], answer[1], begin)
        return answer

    async def _answered(self, scope: dict[str, Any], headers: Headers, receive: Receive) -> Answer:
        try:
            route = self._routes.get((scope["method"], scope["path"]))
            if route is None:
                raise self._no_route(scope)
            return (200, *await route(headers, receive))
        except Exception as error:
            return _failure(error)

    def _no_route(self, scope: dict[str, Any]) -> BadRequest:
        known = [f"{method} {path}" for method, path in self._routes]
        status = 405 if any(path == scope["path"] for _, path in self._routes) else 404
        return BadRequest(status, f"there is no {scope['method']} {scope['path']} here, only {', '.join(known)}")

    async def _ping(self, headers: Headers, receive: Receive) -> tuple[bytes, str]:
        """Healthy is what can predict."""
        self._service.check()
        return b"", JSON

    async def _execution_parameters(self, headers: Headers, receive: Receive) -> tuple[bytes, str]:
        settings = self._settings
        found = {"MaxConcurrentTransforms": settings.workers, "BatchStrategy": "MULTI_RECORD"}
        return orjson.dumps({**found, "MaxPayloadInMB": settings.payload}), JSON

    async def _invocations(self, headers: Headers, receive: Receive) -> tuple[bytes, str]:
        body = await self._body(headers, receive)
        arguments = self._arguments(headers, body)
        if self.is_small(len(body), headers):
            return self._service.answer(*arguments)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._beside, self._service.answer, *arguments)

    def _arguments(self, headers: Headers, body: bytes) -> tuple[bytes, str, str, See | None]:
        accept = headers.get(b"accept", b"").decode("latin-1")
        is_traffic = headers.get(b"x-amzn-sagemaker-custom-attributes") != SYNTHETIC
        return body, _media_type(headers), accept, self._drift.see if self._drift and is_traffic else None

    async def _body(self, headers: Headers, receive: Receive) -> bytes:
        self._check_size(int(headers.get(b"content-length", 0)))
        message = await receive()
        body: bytes = message.get("body", b"")
        while message.get("more_body"):
            message = await receive()
            body += message.get("body", b"")
            self._check_size(len(body))
        return body

    def _check_size(self, size: int) -> None:
        if size > self._settings.limit:
            told = f"SAGEMAKER_MAX_PAYLOAD_IN_MB allows {self._settings.payload} MiB"
            raise BadRequest(413, f"the body has {size} bytes, and {told}; send fewer rows at once")


def _media_type(headers: Headers) -> str:
    """The media type of the body, without parameters."""
    return headers.get(b"content-type", b"").partition(b";")[0].strip().lower().decode("latin-1")


def _failure(error: Exception) -> Answer:
    """The answer to a request that raised ``error``."""
    if isinstance(error, BadRequest):
        where = {"row": error.row, "column": error.column}
        told = {"error": str(error), **{key: value for key, value in where.items() if value}}
        return error.status, orjson.dumps(told), JSON
    log.tell("error", "a request failed", traceback="".join(traceback.format_exception(error)))
    return 500, orjson.dumps({"error": f"{type(error).__name__}: {error}"}), JSON


def _told(path: str, headers: Headers, status: int, body: bytes, begin: float) -> None:
    """Log a request that failed or that bears an inference id."""
    inference_id = headers.get(b"x-amzn-sagemaker-inference-id")
    if status < 400 and not inference_id:
        return
    log.tell(
        "info" if status < 400 else "error",
        "answered" if status < 400 else orjson.loads(body)["error"],
        path=path,
        status=status,
        inference_id=inference_id and inference_id.decode("latin-1"),
        milliseconds=round((time.perf_counter() - begin) * 1000, 3),
    )
