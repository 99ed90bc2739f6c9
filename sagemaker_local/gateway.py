"""The one address: SageMaker's requests are answered here, all others by the base."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import aclosing
from typing import Any

from sagemaker_local.admin import Admin, Answer, Page
from sagemaker_local.api import Api
from sagemaker_local.base.interface import Base
from sagemaker_local.call_log import CallLog
from sagemaker_local.calls import BODY_LIMIT_BYTES, Call, Headers
from sagemaker_local.config import LOCAL_PATH
from sagemaker_local.connection import cut
from sagemaker_local.errors import ServiceError
from sagemaker_local.faults import ResponseLost
from sagemaker_local.hosting.invocation import Parts
from sagemaker_local.protocol import model
from sagemaker_local.runtime import Runtime
from sagemaker_local.signature import Signer, signer

_SERVICES = ("sagemaker", model.AUTOSCALING_SERVICE)
_READ_VERBS = ("Describe", "List", "Get")

AsgiScope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Gateway:
    """The ASGI application, and what decides who answers; *on_startup* runs once the base has loaded its state."""

    def __init__(
        self,
        base: Base,
        api: Api,
        runtime: Runtime,
        admin: Admin,
        on_startup: Callable[[], Awaitable[None]],
        calls: CallLog | None,
    ) -> None:
        self._base, self._api, self._runtime, self._admin, self._on_startup = base, api, runtime, admin, on_startup
        self._calls = calls

    def accept(self, method: str, path: str, headers: Mapping[bytes, bytes]) -> Call | None:
        """How a request is answered, by its head; header names are lower case. ``None`` if it is not SageMaker's."""
        who, target = signer(_header(headers, b"authorization")), _header(headers, b"x-amz-target")
        if not _is_sagemakers(who, target):
            return None
        call = self._api.accept(who, target) if path == "/" else self._runtime.accept(method, path, who, headers)
        return call if self._calls is None else self._calls.around(call, who, method, path, headers)

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._base.app(scope, receive, self._starting(send))
        elif scope["type"] == "http" and scope["path"].startswith(LOCAL_PATH):
            await self._administer(scope, receive, send)
        elif (call := self._call(scope)) is not None:
            await self._answer(call, scope, receive, send)
        else:
            await self._base.app(scope, receive, send)
            if not _only_reads(scope):
                self._base.touched()

    def _call(self, scope: AsgiScope) -> Call | None:
        if scope["type"] != "http":
            return None
        return self.accept(scope["method"], scope["raw_path"].decode("latin-1"), _headers(scope))

    def _starting(self, send: Send) -> Send:
        async def intercepted(message: dict[str, Any]) -> None:
            if message["type"] == "lifespan.startup.complete":
                await self._on_startup()
            await send(message)

        return intercepted

    async def _administer(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        try:
            body = await _read(receive)
            answer: Answer = await asyncio.to_thread(self._admin.answer, scope["method"], scope["path"], body)
        except _TooLarge:
            answer = 413, {"error": f"The limit is {BODY_LIMIT_BYTES} bytes"}
        except ServiceError as error:
            answer = error.status, {"error": error.message}
        status, content = answer
        page = content if isinstance(content, Page) else Page("application/json", json.dumps(content))
        await _respond(send, status, [(b"content-type", page.media_type.encode())], page.text.encode())

    async def _answer(self, call: Call, scope: AsgiScope, receive: Receive, send: Send) -> None:
        try:
            answer = await call.answer(await _read(receive))
        except _TooLarge:
            answer = call.too_large()
        except ResponseLost:
            cut(tuple(scope["client"]))
            return
        headers = [(name.lower(), value) for name, value in answer.headers]
        if answer.parts is not None:
            await _while_there(receive, _send_parts(send, answer.status, headers, answer.parts))
        else:
            await _respond(send, answer.status, headers, answer.body)


class _TooLarge(Exception):
    """The request's body is longer than the limit."""


def _is_sagemakers(who: Signer | None, target: str) -> bool:
    """Signed for SageMaker (its runtime and feature store sign so too) or its scaling, or addressed to it unsigned."""
    signed = who is not None and who.service in _SERVICES
    return signed or target.startswith((model.TARGET_PREFIX, model.AUTOSCALING_PREFIX))


def _header(headers: Mapping[bytes, bytes], name: bytes) -> str:
    return headers.get(name, b"").decode("latin-1")


def _headers(scope: AsgiScope) -> dict[bytes, bytes]:
    return {name.lower(): value for name, value in scope["headers"]}


async def _read(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > BODY_LIMIT_BYTES:
            raise _TooLarge
        if not message.get("more_body"):
            return bytes(body)


async def _respond(send: Send, status: int, headers: Headers, body: bytes) -> None:
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _while_there(receive: Receive, sending: Coroutine[Any, Any, None]) -> None:
    """Send for as long as the client is there: what is sent to one that has gone is lost without a word."""
    tasks = [asyncio.create_task(sending), asyncio.create_task(_gone(receive))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    if not tasks[0].cancelled():
        tasks[0].result()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send_parts(send: Send, status: int, headers: Headers, parts: Parts) -> None:
    async with aclosing(parts):
        await send({"type": "http.response.start", "status": status, "headers": headers})
        async for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _only_reads(scope: AsgiScope) -> bool:
    """Whether a request to the base cannot have changed anything; in doubt it can."""
    if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
        return True
    return _header(_headers(scope), b"x-amz-target").rpartition(".")[2].startswith(_READ_VERBS)
