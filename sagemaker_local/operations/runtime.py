"""The operations of SageMaker's runtime: they run in the event loop, and answer with what goes over the wire."""

from __future__ import annotations

from sagemaker_local.hosting.invocation import Answer
from sagemaker_local.operations.fields import FIELDS, REFUSED, refuse_unsupported
from sagemaker_local.operations.registry import RuntimeCall, runtime_operation
from sagemaker_local.protocol.rest import runtime_validation_error

_REFUSED = frozenset(name for name, treatment in FIELDS["InvokeEndpoint"].items() if treatment == REFUSED)


@runtime_operation("InvokeEndpoint")
async def invoke_endpoint(call: RuntimeCall) -> Answer:
    """Have a container of the endpoint answer."""
    if not _REFUSED.isdisjoint(call.members):
        refuse_unsupported("InvokeEndpoint", call.members, runtime_validation_error)
    return await call.services.invoker.invoke(call.scope, call.members["EndpointName"], call.members, call.body)
