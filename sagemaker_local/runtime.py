"""SageMaker's runtime over HTTP, whatever server reads the requests: routes, members, answers and errors."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Awaitable, Mapping
from functools import partial

from sagemaker_local.calls import BODY_LIMIT_BYTES, Call, HttpAnswer, answered, new_request_id
from sagemaker_local.domain.arns import Scope
from sagemaker_local.errors import ServiceError
from sagemaker_local.faults import Faults, ResponseLost
from sagemaker_local.hosting.invocation import Answer
from sagemaker_local.operations.registry import RuntimeCall, RuntimeHandler, Services
from sagemaker_local.protocol import rest
from sagemaker_local.protocol.rest import Route
from sagemaker_local.signature import Signer


class Runtime:
    """Answers the runtime's operations, in the event loop."""

    def __init__(self, operations: dict[str, RuntimeHandler], services: Services, faults: Faults) -> None:
        self._operations, self._services, self._faults = operations, services, faults

    def accept(self, method: str, path: str, who: Signer | None, headers: Mapping[bytes, bytes]) -> Call:
        """How a request is answered; *who* is None for no signature, header names are lower case."""
        route = rest.route(method, path)
        if who is None:
            return _refused(ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token", 403))
        if route is None:
            return _refused(ServiceError("UnknownOperationException", f"There is no {method} {path}", 404))
        return Call(partial(self._answer, route, who.scope, headers), _too_large)

    async def _answer(self, route: Route, scope: Scope, headers: Mapping[bytes, bytes], body: bytes) -> HttpAnswer:
        async def in_the_loop(request_id: str) -> HttpAnswer:
            answer = await self._answered(route, scope, headers, body)
            shown = [(b"x-amzn-RequestId", request_id.encode()), *answer.headers]
            return HttpAnswer(rest.success_status(route.operation), shown, answer.body, answer.parts)

        return await answered(in_the_loop, _error)

    def _answered(self, route: Route, scope: Scope, headers: Mapping[bytes, bytes], body: bytes) -> Awaitable[Answer]:
        handler = self._operations.get(route.operation)
        if handler is None:
            supported = ", ".join(sorted(self._operations))
            message = f"The local SageMaker does not support {route.operation}. It supports: {supported}."
            raise ServiceError("UnknownOperationException", message)
        members = rest.bind(route.operation, route.parameter, headers, body)
        call = RuntimeCall(scope, self._services, members, body)
        lost = self._faults.loses_answer(route.operation, members)
        return _lost(handler(call)) if lost else handler(call)


async def _lost(coming: Awaitable[Answer]) -> Answer:
    """Raises ``ResponseLost`` once the call has acted."""
    with contextlib.suppress(ServiceError):  # an answer too, and lost as any other
        answer = await coming
        if answer.parts is not None:
            await answer.parts.aclose()
    raise ResponseLost


def _refused(error: ServiceError) -> Call:
    """Whatever the body is."""
    answer = _error(error, new_request_id())

    async def refuse(body: bytes) -> HttpAnswer:
        return answer

    return Call(refuse, lambda: answer)


def _too_large() -> HttpAnswer:
    error = ServiceError("413", f"HTTP content length exceeded {BODY_LIMIT_BYTES} bytes.", 413)
    return _error(error, new_request_id())


def _error(error: ServiceError, request_id: str) -> HttpAnswer:
    headers = [
        (b"Content-Type", b"application/json"),
        (b"x-amzn-ErrorType", error.code.encode()),
        (b"x-amzn-RequestId", request_id.encode()),
    ]
    return HttpAnswer(error.status, headers, json.dumps({"Message": error.message, **error.members}).encode())
