"""One invocation of an endpoint: which instance gets it, what the container is told, and what its answer becomes.

Contract: the API reference of InvokeEndpoint, and the guide's page your-algorithms-inference-code. The texts of errors
are those that real endpoints were seen to give.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple, Protocol

from sagemaker_local.domain.arns import Scope
from sagemaker_local.errors import ServiceError
from sagemaker_local.execution.serving.client import Headers, Response
from sagemaker_local.execution.serving.errors import NoAnswer, TimedOut, Unreachable
from sagemaker_local.hosting.endpoint import Endpoint
from sagemaker_local.hosting.fleet import Fleet, Variant
from sagemaker_local.hosting.instance import Instance

TIME_LIMIT_SECONDS = 60.0
_SERVERLESS_LIMIT_BYTES = 4 << 20
_SHADOWS_AT_A_TIME = 64
# What the container is told, by the member that says it; anything else of the request stays here.
_FORWARDED = {
    "ContentType": b"Content-Type",
    "Accept": b"Accept",
    "CustomAttributes": b"X-Amzn-SageMaker-Custom-Attributes",
    "InferenceId": b"X-Amzn-SageMaker-Inference-Id",
    "SessionId": b"X-Amzn-SageMaker-Session-Id",
}
_RETURNED = (
    (b"content-type", b"Content-Type"),
    (b"x-amzn-sagemaker-custom-attributes", b"X-Amzn-SageMaker-Custom-Attributes"),
    (b"x-amzn-sagemaker-new-session-id", b"X-Amzn-SageMaker-New-Session-Id"),
    (b"x-amzn-sagemaker-closed-session-id", b"X-Amzn-SageMaker-Closed-Session-Id"),
)


class Call(NamedTuple):
    """An invocation as the client sent it: members by the model's names, without endpoint and body."""

    members: dict[str, Any]
    body: bytes


class Parts(Protocol):
    """A body that is still coming; it is closed in any case."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def aclose(self) -> None: ...


class Answer(NamedTuple):
    """What the client gets."""

    headers: Headers
    body: bytes
    parts: Parts | None = None
    """what comes after *body*, if anything does"""


class Outcome(NamedTuple):
    """An invocation that has been answered by a container, or by none: what observers are told."""

    call: Call
    variant: Variant
    response: Response | None
    """what the container answered; ``None`` if it did not"""
    error: ServiceError | None
    """what the client was told instead of the answer"""
    started: float
    """epoch seconds"""
    model_seconds: float
    """from sending the request to the container to its whole answer"""
    total_seconds: float
    """from the call to its end, here"""


class Observer(Protocol):
    """Sees every invocation that reached a variant; must return at once, as the client may still be waiting."""

    def __call__(self, endpoint: Endpoint, outcome: Outcome) -> None: ...


class Invoker:
    """Answers invocations."""

    def __init__(self, find: Callable[[Scope, str], Endpoint | None], wall_clock: Callable[[], float]) -> None:
        """*find* gives the endpoint of a name that serves."""
        self._find, self.wall_clock = find, wall_clock
        self._shadows: set[asyncio.Task[None]] = set()
        self.observers: tuple[Observer, ...] = ()
        self.time_limit_seconds = TIME_LIMIT_SECONDS

    async def invoke(self, scope: Scope, name: str, members: dict[str, Any], body: bytes) -> Answer:
        """Have the call answered by a container. Raises ``ServiceError`` with the codes of InvokeEndpoint."""
        call = Call(members, body)
        endpoint, variant = self.route(scope, name, call)
        response = await self._answered(endpoint, variant, call)
        return Answer(answer_headers(response.headers, variant), response.body)

    def route(self, scope: Scope, name: str, call: Call) -> tuple[Endpoint, Variant]:
        """The endpoint and its variant for this call, of which the shadow gets a copy. Raises ``ServiceError``."""
        endpoint = self._find(scope, name)
        if endpoint is None:
            raise endpoint_not_found(scope, name)
        if endpoint.asynchronous:
            raise ServiceError("ValidationError", _ASYNCHRONOUS.format(name))
        fleet = endpoint.pick()
        variant = _variant(endpoint, fleet, call.members)
        shadow = fleet.pick_shadow() if fleet.shadows else None
        if shadow is not None:
            self._copy_to(endpoint, shadow, call)
        return endpoint, variant

    async def _answered(self, endpoint: Endpoint, variant: Variant, call: Call) -> Response:
        """The container's answer, if it is one of success; whatever it is, observers are told."""
        loop = asyncio.get_running_loop()
        started, begin = self.wall_clock(), loop.time()
        sent, response, error = begin, None, None
        try:
            check_room(variant, call)
            variant.outstanding += 1
            try:
                sent = loop.time()
                response = await self._exchange(endpoint, variant, call)
            finally:
                variant.outstanding -= 1
            if not 200 <= response.status < 300:
                raise model_error(endpoint, response.status, response.body.decode(errors="replace"))
            return response
        except ServiceError as caught:
            error = caught
            raise
        finally:
            if self.observers:
                end = loop.time()
                self.tell(endpoint, Outcome(call, variant, response, error, started, end - sent, end - begin))

    async def ask(
        self, endpoint: Endpoint, variant: Variant, instance: Instance, call: Call, seconds: float
    ) -> Outcome:
        """What *instance* makes of the call, within *seconds*; its ``outstanding`` is the caller's business.

        Raises ``Unreachable`` if it has not seen the request; only of other outcomes are observers told.
        """
        loop = asyncio.get_running_loop()
        started, begin = self.wall_clock(), loop.time()
        response, error = None, None
        try:
            response = await _asked(endpoint, instance, told_headers(call), call.body, seconds)
            if not 200 <= response.status < 300:
                error = model_error(endpoint, response.status, response.body.decode(errors="replace"))
        except ServiceError as caught:
            error = caught
        took = loop.time() - begin
        outcome = Outcome(call, variant, response, error, started, took, took)
        self.tell(endpoint, outcome)
        return outcome

    def tell(self, endpoint: Endpoint, outcome: Outcome) -> None:
        """Tell all observers."""
        for observer in self.observers:
            observer(endpoint, outcome)

    async def _exchange(self, endpoint: Endpoint, variant: Variant, call: Call) -> Response:
        headers = told_headers(call)
        while True:
            instance = taken(variant)
            try:
                return await _asked(endpoint, instance, headers, call.body, self.time_limit_seconds)
            except Unreachable:
                instance.suspect()  # it has not seen the request: another instance may have it
            finally:
                instance.release()

    def _copy_to(self, endpoint: Endpoint, shadow: Variant, call: Call) -> None:
        """A copy to the shadow variant, beside the request; a shadow that cannot keep up gets no more."""
        if len(self._shadows) >= _SHADOWS_AT_A_TIME:
            return
        task = asyncio.create_task(self._shadowed(endpoint, shadow, call))
        self._shadows.add(task)
        task.add_done_callback(self._shadows.discard)

    async def _shadowed(self, endpoint: Endpoint, shadow: Variant, call: Call) -> None:
        try:
            await self._answered(endpoint, shadow, call)
        except ServiceError:
            return  # its answer, good or bad, is for the observers alone


def endpoint_not_found(scope: Scope, name: str) -> ServiceError:
    """There is no such endpoint, or it does not serve."""
    return ServiceError("ValidationError", f"Endpoint {name} of account {scope.account} not found.")


def _variant(endpoint: Endpoint, fleet: Fleet, members: dict[str, Any]) -> Variant:
    target = members.get("TargetVariant")
    variant = fleet.pick() if target is None else fleet.by_name.get(target)
    if variant is None:
        raise ServiceError("ValidationError", f"Variant {target} not found for endpoint {endpoint.name}.")
    return variant


def check_room(variant: Variant, call: Call) -> None:
    """A serverless variant takes so many requests at a time, and smaller ones."""
    if variant.max_concurrency is None:
        return
    if len(call.body) > _SERVERLESS_LIMIT_BYTES:
        raise ServiceError("ValidationError", f"The limit of a serverless endpoint is {_SERVERLESS_LIMIT_BYTES} bytes.")
    if variant.outstanding >= variant.max_concurrency:
        raise ServiceError("ThrottlingException", "Rate exceeded")


def told_headers(call: Call) -> Headers:
    """The headers that the container gets."""
    headers = [(header, call.members[name].encode()) for name, header in _FORWARDED.items() if name in call.members]
    if "ContentType" not in call.members:
        headers.append((b"Content-Type", b"application/octet-stream"))
    return headers


def taken(variant: Variant) -> Instance:
    """The instance for the next request, which is counted there. Raises ``ServiceUnavailable``."""
    instance = variant.pick()
    if instance is None:
        raise ServiceError("ServiceUnavailable", f"No instance of variant {variant.name} is in service.", 503)
    instance.outstanding += 1
    return instance


async def _asked(endpoint: Endpoint, instance: Instance, headers: Headers, body: bytes, seconds: float) -> Response:
    """The container's answer. Raises ``Unreachable``, or ``ModelError`` where it has seen the request in vain."""
    try:
        return await instance.client.request(b"POST", b"/invocations", headers, body, seconds)
    except Unreachable:
        raise
    except NoAnswer as error:
        raise not_answered(endpoint, error) from error


def not_answered(endpoint: Endpoint, error: NoAnswer) -> ServiceError:
    """The ``ModelError`` for a container that has seen the request and did not answer."""
    return model_error(endpoint, 0, _TIMED_OUT if isinstance(error, TimedOut) else _NO_ANSWER.format(endpoint.name))


def answer_headers(answered: dict[bytes, bytes], variant: Variant) -> Headers:
    """The headers that the client gets for those that the container has *answered* with."""
    headers = [(b"x-Amzn-Invoked-Production-Variant", variant.name.encode())]
    for name, shown in _RETURNED:
        value = answered.get(name)
        if value is not None:
            headers.append((shown, value))
    return headers


_ASYNCHRONOUS = "Endpoint {} is configured for asynchronous inference: invoke it with InvokeEndpointAsync."
_TIMED_OUT = (
    "Your invocation timed out while waiting for a response from container primary. Review the latency metrics for "
    "each container in Amazon CloudWatch, resolve the issue, and try again."
)
_NO_ANSWER = (
    "Amazon SageMaker could not get a response from the {} endpoint. This can occur when CPU or memory utilization is "
    "high. To check your utilization, see Amazon CloudWatch. To fix this problem, use an instance type with more CPU "
    "capacity or memory."
)


def model_error(endpoint: Endpoint, status: int, text: str) -> ServiceError:
    """The ``ModelError`` for what the container answered; status 0 where it did not answer."""
    scope, group = endpoint.scope, endpoint.log_group
    whose = "client" if 400 <= status < 500 else "server"
    message = (
        f'Received {whose} error ({status}) from primary with message "{text}". See https://{scope.region}'
        f".console.aws.amazon.com/cloudwatch/home?region={scope.region}#logEventViewer:group={group} in account "
        f"{scope.account} for more information."
    )
    members = {
        "ErrorCode": f"{whose.upper()}_ERROR_FROM_MODEL",
        "LogStreamArn": f"arn:aws:logs:{scope.region}:{scope.account}:log-group:{group}",
        "OriginalMessage": text,
        "OriginalStatusCode": status,
    }
    return ServiceError("ModelError", message, 424, members)
