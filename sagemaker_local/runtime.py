"""SageMaker's runtime over HTTP, whatever server reads the requests: routes, members, answers and errors."""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Mapping
from typing import NamedTuple

from sagemaker_local.domain.arns import Scope
from sagemaker_local.errors import ServiceError
from sagemaker_local.faults import Faults, ResponseLost
from sagemaker_local.hosting.invocation import Parts
from sagemaker_local.operations.registry import RuntimeCall, RuntimeHandler, Services
from sagemaker_local.protocol import rest
from sagemaker_local.protocol.rest import Route

log = logging.getLogger(__name__)

Headers = list[tuple[bytes, bytes]]


class HttpAnswer(NamedTuple):
    """What goes over the wire."""

    status: int
    headers: Headers
    body: bytes
    parts: Parts | None = None
    """what comes after *body*, if anything does; whoever sends the answer closes it"""


class Runtime:
    """Answers the runtime's operations, in the event loop."""

    def __init__(self, operations: dict[str, RuntimeHandler], services: Services, faults: Faults) -> None:
        self._operations, self._services, self._faults = operations, services, faults

    async def answer(self, route: Route, scope: Scope, headers: Mapping[bytes, bytes], body: bytes) -> HttpAnswer:
        """The answer to a request, an error's too; header names are lower case. Raises ``ResponseLost``."""
        request_id = new_request_id()
        try:
            return await self._answered(route, scope, headers, body, request_id)
        except ServiceError as error:
            return _error(error, request_id)
        except ResponseLost:
            raise
        except Exception:
            log.exception("request %s", request_id)
            message = f"Internal failure; see the log, request {request_id}"
            return _error(ServiceError("InternalFailure", message, 500), request_id)

    async def _answered(
        self, route: Route, scope: Scope, headers: Mapping[bytes, bytes], body: bytes, request_id: str
    ) -> HttpAnswer:
        handler = self._operations.get(route.operation)
        if handler is None:
            supported = ", ".join(sorted(self._operations))
            message = f"The local SageMaker does not support {route.operation}. It supports: {supported}."
            raise ServiceError("UnknownOperationException", message)
        members = rest.bind(route.operation, route.parameter, headers, body)
        call = RuntimeCall(scope, self._services, members, body)
        if self._faults.loses_answer(route.operation, members):
            with contextlib.suppress(ServiceError):  # an answer too, and lost as any other
                answer = await handler(call)
                if answer.parts is not None:
                    await answer.parts.aclose()
            raise ResponseLost
        answer = await handler(call)
        status = rest.success_status(route.operation)
        return HttpAnswer(
            status, [(b"x-amzn-RequestId", request_id.encode()), *answer.headers], answer.body, answer.parts
        )


def new_request_id() -> str:
    """A random UUID (version 4), made in a third of ``uuid.uuid4``'s time."""
    digits = os.urandom(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def unknown_path(method: str, path: str) -> HttpAnswer:
    """The answer to a request for SageMaker that is no operation's."""
    return _error(ServiceError("UnknownOperationException", f"There is no {method} {path}", 404), new_request_id())


def unsigned() -> HttpAnswer:
    """The answer to a request without a signature."""
    error = ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token", 403)
    return _error(error, new_request_id())


def bad_request() -> HttpAnswer:
    """The answer to what is not HTTP."""
    return _error(ServiceError("BadRequestException", "The request is not HTTP.", 400), new_request_id())


def too_large(limit: int) -> HttpAnswer:
    """The answer to a request whose body is not read to its end, as it is longer than *limit* bytes."""
    return _error(ServiceError("413", f"HTTP content length exceeded {limit} bytes.", 413), new_request_id())


def _error(error: ServiceError, request_id: str) -> HttpAnswer:
    headers = [
        (b"Content-Type", b"application/json"),
        (b"x-amzn-ErrorType", error.code.encode()),
        (b"x-amzn-RequestId", request_id.encode()),
    ]
    return HttpAnswer(error.status, headers, json.dumps({"Message": error.message, **error.members}).encode())
