"""The metrics of invocations under AWS's names.

Sources: the guide's pages monitoring-cloudwatch and async-inference-monitor. ``EndpointConfigName`` is a dimension too,
for deployments' alarms.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from sagemaker_local.domain.arns import Scope
from sagemaker_local.execution.metrics import MetricBuffer, MetricSource
from sagemaker_local.hosting.endpoint import Endpoint
from sagemaker_local.hosting.fleet import Variant
from sagemaker_local.hosting.invocation import Outcome

NAMESPACE = "AWS/SageMaker"
FLUSH_SECONDS = 5.0


@lru_cache(maxsize=1024)
def _variant_source(scope: Scope, endpoint: str, variant: str, config: str) -> MetricSource:
    plain = (("EndpointName", endpoint), ("VariantName", variant))
    return MetricSource(scope, NAMESPACE, (plain, (*plain, ("EndpointConfigName", config))))


def variant_source(endpoint: Endpoint, variant: Variant) -> MetricSource:
    """The metrics of a variant."""
    return _variant_source(endpoint.scope, endpoint.name, variant.name, variant.config["EndpointConfigName"])


def endpoint_source(endpoint: Endpoint) -> MetricSource:
    """The metrics of an endpoint as a whole."""
    return MetricSource(endpoint.scope, NAMESPACE, ((("EndpointName", endpoint.name),),))


class Metrics:
    """An observer of invocations, which counts them."""

    def __init__(self, buffer: MetricBuffer) -> None:
        self._buffer = buffer

    def __call__(self, endpoint: Endpoint, outcome: Outcome) -> None:
        """Count the invocation."""
        values = self._buffer.values(variant_source(endpoint, outcome.variant))
        for name, value in _asynchronous(outcome) if endpoint.asynchronous else _real_time(outcome):
            values[name][value] += 1


def _real_time(outcome: Outcome) -> Iterator[tuple[str, float]]:
    """Metric and value of an invocation that someone waits for."""
    yield "Invocations", 1.0
    yield "InvocationsPerInstance", 1.0 / max(1, outcome.variant.count)
    yield "InvocationModelErrors", float(outcome.error is not None)
    if outcome.response is not None:
        yield "OverheadLatency", float(round((outcome.total_seconds - outcome.model_seconds) * 1e6))
    yield from _asynchronous(outcome)


def _asynchronous(outcome: Outcome) -> Iterator[tuple[str, float]]:
    """Those that asynchronous endpoints have too. No answer of the model counts as its 5xx, which alarms hear of."""
    status = 0 if outcome.response is None else outcome.response.status
    yield "Invocation4XXErrors", float(400 <= status < 500)
    yield "Invocation5XXErrors", float(status >= 500 or status == 0)
    if outcome.response is not None:
        yield "ModelLatency", float(round(outcome.model_seconds * 1e6))
