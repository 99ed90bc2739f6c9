"""The operations of SageMaker's runtime: they run in the event loop, and answer with what goes over the wire."""

from __future__ import annotations

import json

from sagemaker_local.domain.asynchronous import AsyncRequest
from sagemaker_local.execution.dataset import split_uri
from sagemaker_local.execution.serving.client import Headers
from sagemaker_local.hosting.invocation import Answer, Call
from sagemaker_local.operations.fields import FIELDS, REFUSED, refuse_unsupported
from sagemaker_local.operations.registry import RuntimeCall, runtime_operation
from sagemaker_local.protocol.rest import runtime_validation_error

_INVOKE, _STREAM = "InvokeEndpoint", "InvokeEndpointWithResponseStream"
_REFUSED = {
    operation: frozenset(name for name, treatment in FIELDS[operation].items() if treatment == REFUSED)
    for operation in (_INVOKE, _STREAM)
}


@runtime_operation(_INVOKE)
async def invoke_endpoint(call: RuntimeCall) -> Answer:
    """Have a container of the endpoint answer."""
    _refuse(_INVOKE, call)
    return await call.services.invoker.invoke(call.scope, call.members["EndpointName"], call.members, call.body)


@runtime_operation(_STREAM)
async def invoke_endpoint_with_response_stream(call: RuntimeCall) -> Answer:
    """Have a container of the endpoint answer, part by part."""
    _refuse(_STREAM, call)
    return await call.services.streams.invoke(call.scope, call.members["EndpointName"], Call(call.members, call.body))


def _refuse(operation: str, call: RuntimeCall) -> None:
    if not _REFUSED[operation].isdisjoint(call.members):
        refuse_unsupported(operation, call.members, runtime_validation_error)


@runtime_operation("InvokeEndpointAsync")
async def invoke_endpoint_async(call: RuntimeCall) -> Answer:
    """Acknowledge a request, which will be answered by a container in its turn."""
    _check_input(call)
    accepted = await call.services.asynchronous.accept(
        call.scope, call.members["EndpointName"], call.members, call.body
    )
    headers = [(b"Content-Type", b"application/json"), *_locations(accepted)]
    return Answer(headers, json.dumps({"InferenceId": accepted.inference_id}).encode())


def _check_input(call: RuntimeCall) -> None:
    location = call.members.get("InputLocation")
    if (location is None) == (not call.body):
        raise runtime_validation_error("Give exactly one of InputLocation and Body.")
    if location is not None:
        try:
            split_uri(location)
        except ValueError as error:
            raise runtime_validation_error(f"InputLocation: {error}") from error


def _locations(accepted: AsyncRequest) -> Headers:
    found = {"OutputLocation": accepted.output_location, "FailureLocation": accepted.failure_location}
    return [(f"X-Amzn-SageMaker-{name}".encode(), uri.encode()) for name, uri in found.items() if uri is not None]
