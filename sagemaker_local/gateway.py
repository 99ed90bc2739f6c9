"""The one address: SageMaker's requests are answered here, all others by the base."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any

from sagemaker_local.admin import Admin
from sagemaker_local.base.interface import Base
from sagemaker_local.config import LOCAL_PATH
from sagemaker_local.connection import cut
from sagemaker_local.domain.arns import Scope
from sagemaker_local.errors import ServiceError
from sagemaker_local.faults import Faults, ResponseLost
from sagemaker_local.hosting.invocation import Parts
from sagemaker_local.operations.registry import Context, Handler, Request, Services
from sagemaker_local.protocol import model, rest
from sagemaker_local.protocol.serialization import filtered, serialize
from sagemaker_local.protocol.validation import validate
from sagemaker_local.runtime import Headers, HttpAnswer, Runtime, too_large, unknown_path, unsigned
from sagemaker_local.signature import signer

log = logging.getLogger(__name__)

_CONTENT_TYPE = b"application/x-amz-json-1.1"
_SERVICES = ("sagemaker", model.AUTOSCALING_SERVICE)
_READ_VERBS = ("Describe", "List", "Get")
_BODY_LIMIT_BYTES = 8 << 20

AsgiScope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Gateway:
    """The ASGI application; *on_startup* runs once the base has loaded its state."""

    def __init__(
        self,
        base: Base,
        operations: dict[str, Handler],
        services: Services,
        runtime: Runtime,
        faults: Faults,
        admin: Admin,
        on_startup: Callable[[], Awaitable[None]],
    ) -> None:
        self._base, self._operations, self._services, self._runtime = base, operations, services, runtime
        self._faults, self._admin, self._on_startup = faults, admin, on_startup

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._base.app(scope, receive, self._starting(send))
        elif scope["type"] == "http" and scope["path"].startswith(LOCAL_PATH):
            await self._administer(scope, receive, send)
        elif scope["type"] == "http" and _is_sagemaker(_headers(scope)):
            if scope["path"] == "/":
                await self._sagemaker(scope, receive, send)
            else:
                await self._runtime_call(scope, receive, send)
        else:
            await self._base.app(scope, receive, send)
            if not _only_reads(scope):
                self._base.touched()

    def _starting(self, send: Send) -> Send:
        async def intercepted(message: dict[str, Any]) -> None:
            if message["type"] == "lifespan.startup.complete":
                await self._on_startup()
            await send(message)

        return intercepted

    async def _administer(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        try:
            body = await _read(receive)
            status, answer = await asyncio.to_thread(self._admin.answer, scope["method"], scope["path"], body)
        except ServiceError as error:
            status, answer = error.status, {"error": error.message}
        await _respond(send, status, json.dumps(answer).encode(), str(uuid.uuid4()))

    async def _sagemaker(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        request_id = str(uuid.uuid4())
        try:
            body = await _read(receive)
            status, answer = 200, await asyncio.to_thread(self._answer, _headers(scope), body)
        except ServiceError as error:
            status, answer = error.status, _error_body(error.code, error.message)
        except ResponseLost:
            cut(tuple(scope["client"]))
            return
        except Exception:
            log.exception("request %s", request_id)
            status, answer = 500, _error_body("InternalFailure", f"Internal failure; see the log, request {request_id}")
        await _respond(send, status, answer, request_id)

    async def _runtime_call(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._runtime_answer(scope, receive)
        except ResponseLost:
            cut(tuple(scope["client"]))
            return
        headers = [(name.lower(), value) for name, value in answer.headers]
        if answer.parts is not None:
            await _send_parts(send, answer.status, headers, answer.parts)
            return
        headers.append((b"content-length", str(len(answer.body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _runtime_answer(self, scope: AsgiScope, receive: Receive) -> HttpAnswer:
        who = signer(_headers(scope).get("authorization", ""))
        route = rest.route(scope["method"], scope["raw_path"].decode("latin-1"))
        if who is None:
            return unsigned()
        if route is None:
            return unknown_path(scope["method"], scope["path"])
        try:
            body = await _read(receive)
        except ServiceError:
            return too_large(_BODY_LIMIT_BYTES)
        return await self._runtime.answer(route, who.scope, dict(scope["headers"]), body)

    def _answer(self, headers: dict[str, str], body: bytes) -> bytes:
        target = headers.get("x-amz-target", "")
        name = target.removeprefix(model.TARGET_PREFIX).removeprefix(model.AUTOSCALING_PREFIX)
        handler = self._operations.get(name)
        if handler is None:
            raise self._unsupported(name)
        request = _checked(name, _parsed(body))
        context = Context(_scope(headers), self._services)
        return self._faults.answered(name, request, lambda: serialize(name, handler(context, request)))

    def _unsupported(self, name: str) -> ServiceError:
        if name in model.operation_names() | model.autoscaling_operation_names():
            supported = ", ".join(sorted(self._operations))
            message = f"The local SageMaker does not support {name}. It supports: {supported}."
        else:
            message = f"SageMaker has no operation {name or '(none given in X-Amz-Target)'}."
        return ServiceError("UnknownOperationException", message)


def _headers(scope: AsgiScope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def _is_sagemaker(headers: dict[str, str]) -> bool:
    """Signed for SageMaker (its runtime and feature store sign so too) or its scaling, or addressed to it unsigned."""
    who = signer(headers.get("authorization", ""))
    signed = who is not None and who.service in _SERVICES
    return signed or headers.get("x-amz-target", "").startswith((model.TARGET_PREFIX, model.AUTOSCALING_PREFIX))


def _scope(headers: dict[str, str]) -> Scope:
    who = signer(headers.get("authorization", ""))
    if who is None:
        raise ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token", 403)
    return who.scope


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body or b"{}", parse_constant=_no_number)
    except RecursionError as error:
        raise _nested_too_deeply() from error
    except ValueError as error:
        raise ServiceError("SerializationException", f"The request is not JSON: {error}") from error


def _checked(operation: str, received: Any) -> Request:
    """The request, in which absent is never null and nothing is that the model does not have."""
    try:
        validate(operation, received)
        return filtered(received, model.input_shape(operation))  # type: ignore[no-any-return]
    except RecursionError as error:
        raise _nested_too_deeply() from error


def _nested_too_deeply() -> ServiceError:
    return ServiceError("SerializationException", "The request is nested too deeply")


def _no_number(literal: str) -> None:
    """Python reads NaN and Infinity, which JSON does not have."""
    raise ValueError(f"{literal} is no JSON number")


async def _read(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > _BODY_LIMIT_BYTES:
            raise ServiceError("RequestEntityTooLargeException", f"The limit is {_BODY_LIMIT_BYTES} bytes", 413)
        if not message.get("more_body"):
            return bytes(body)


def _error_body(code: str, message: str) -> bytes:
    return json.dumps({"__type": code, "message": message}).encode()


async def _respond(send: Send, status: int, body: bytes, request_id: str) -> None:
    headers = [
        (b"content-type", _CONTENT_TYPE),
        (b"content-length", str(len(body)).encode()),
        (b"x-amzn-requestid", request_id.encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


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
    return _headers(scope).get("x-amz-target", "").rpartition(".")[2].startswith(_READ_VERBS)
