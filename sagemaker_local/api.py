"""The APIs of SageMaker and of its scaling over HTTP, whatever server reads the requests: JSON, by POST to /."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import Any

from sagemaker_local.calls import BODY_LIMIT_BYTES, Call, HttpAnswer, answered, new_request_id
from sagemaker_local.errors import ServiceError
from sagemaker_local.faults import Faults
from sagemaker_local.operations.registry import Context, Handler, Request, Services
from sagemaker_local.protocol import model
from sagemaker_local.protocol.serialization import filtered, serialize
from sagemaker_local.protocol.validation import validate
from sagemaker_local.signature import Signer


class Api:
    """Answers the operations, each in a thread: what they read and write is on disk."""

    def __init__(self, operations: dict[str, Handler], services: Services, faults: Faults) -> None:
        self._operations, self._services, self._faults = operations, services, faults

    def accept(self, who: Signer | None, target: str) -> Call:
        """How the operation that the header ``X-Amz-Target`` names is answered; *who* is None for no signature."""
        return Call(partial(self._answer, who, target), _too_large)

    async def _answer(self, who: Signer | None, target: str, body: bytes) -> HttpAnswer:
        async def in_a_thread(request_id: str) -> HttpAnswer:
            content = await asyncio.to_thread(self._answered, who, target, body)
            return _answer(200, content, request_id)

        return await answered(in_a_thread, _error)

    def _answered(self, who: Signer | None, target: str, body: bytes) -> bytes:
        name = target.removeprefix(model.TARGET_PREFIX).removeprefix(model.AUTOSCALING_PREFIX)
        handler = self._operations.get(name)
        if handler is None:
            raise self._unsupported(name)
        request = _checked(name, _parsed(body))
        if who is None:
            raise ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token", 403)
        context = Context(who.scope, self._services)
        return self._faults.answered(name, request, lambda: serialize(name, handler(context, request)))

    def _unsupported(self, name: str) -> ServiceError:
        if name in model.operation_names() | model.autoscaling_operation_names():
            supported = ", ".join(sorted(self._operations))
            message = f"The local SageMaker does not support {name}. It supports: {supported}."
        else:
            message = f"SageMaker has no operation {name or '(none given in X-Amz-Target)'}."
        return ServiceError("UnknownOperationException", message)


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


def _too_large() -> HttpAnswer:
    error = ServiceError("RequestEntityTooLargeException", f"The limit is {BODY_LIMIT_BYTES} bytes", 413)
    return _error(error, new_request_id())


def _error(error: ServiceError, request_id: str) -> HttpAnswer:
    content = json.dumps({"__type": error.code, "message": error.message}).encode()
    return _answer(error.status, content, request_id)


def _answer(status: int, content: bytes, request_id: str) -> HttpAnswer:
    headers = [(b"Content-Type", b"application/x-amz-json-1.1"), (b"x-amzn-RequestId", request_id.encode())]
    return HttpAnswer(status, headers, content)
