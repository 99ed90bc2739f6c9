"""A request that is answered here, between the HTTP servers that read it and the APIs that answer it."""

from __future__ import annotations

import logging
import random
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from sagemaker_local.errors import ServiceError
from sagemaker_local.faults import ResponseLost
from sagemaker_local.hosting.invocation import Parts

log = logging.getLogger(__name__)

BODY_LIMIT_BYTES = 8 << 20
"""More is not read. What is a little too long for an operation gets that operation's own error."""

Headers = list[tuple[bytes, bytes]]

_random = random.Random()


class HttpAnswer(NamedTuple):
    """What goes over the wire."""

    status: int
    headers: Headers
    body: bytes
    parts: Parts | None = None
    """what comes after *body*, if anything does; whoever sends the answer closes it"""


class Call(NamedTuple):
    """How a request is answered whose head has been read."""

    answer: Callable[[bytes], Awaitable[HttpAnswer]]
    """by its body, an error's too; raises ``ResponseLost``"""
    too_large: Callable[[], HttpAnswer]
    """if its body is longer than the limit"""


async def answered(
    answer: Callable[[str], Awaitable[HttpAnswer]], as_error: Callable[[ServiceError, str], HttpAnswer]
) -> HttpAnswer:
    """What *answer* makes of a new request id, or *as_error* of what was wrong. Raises ``ResponseLost``."""
    request_id = new_request_id()
    try:
        return await answer(request_id)
    except ServiceError as error:
        return as_error(error, request_id)
    except ResponseLost:
        raise
    except Exception:
        log.exception("request %s", request_id)
        message = f"Internal failure; see the log, request {request_id}"
        return as_error(ServiceError("InternalFailure", message, 500), request_id)


def new_request_id() -> str:
    """A random UUID (version 4), made in a fraction of ``uuid.uuid4``'s time."""
    digits = f"{_random.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
