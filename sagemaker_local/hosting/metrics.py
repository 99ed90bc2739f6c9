"""The metrics of invocations under AWS's names.

Sources: the guide's pages monitoring-cloudwatch and async-inference-monitor. ``EndpointConfigName`` is a dimension too,
for deployments' alarms.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from sagemaker_local.execution.metrics import MetricBuffer, MetricSource, Values
from sagemaker_local.hosting.endpoint import Endpoint
from sagemaker_local.hosting.fleet import Variant
from sagemaker_local.hosting.invocation import Outcome

NAMESPACE = "AWS/SageMaker"
FLUSH_SECONDS = 5.0


def variant_source(endpoint: Endpoint, variant: Variant) -> MetricSource:
    """The metrics of a variant."""
    plain = (("EndpointName", endpoint.name), ("VariantName", variant.name))
    config = ("EndpointConfigName", variant.config["EndpointConfigName"])
    return MetricSource(endpoint.scope, NAMESPACE, (plain, (*plain, config)))


def endpoint_source(endpoint: Endpoint) -> MetricSource:
    """The metrics of an endpoint as a whole."""
    return MetricSource(endpoint.scope, NAMESPACE, ((("EndpointName", endpoint.name),),))


class Metrics:
    """An observer of invocations, which counts them: while it is told of one, a client waits."""

    def __init__(self) -> None:
        self._tallies: dict[Variant, _Tally] = {}

    def __call__(self, endpoint: Endpoint, outcome: Outcome) -> None:
        """Count the invocation."""
        variant, response = outcome.variant, outcome.response
        tally = self._tallies.get(variant)
        if tally is None:
            tally = self._tallies[variant] = _Tally(endpoint)
        tally.ends[0 if response is None else response.status, outcome.error is not None, variant.count] += 1
        if response is not None:
            tally.model[round(outcome.model_seconds * 1e6)] += 1
            tally.overhead[round((outcome.total_seconds - outcome.model_seconds) * 1e6)] += 1

    def collect(self, buffer: MetricBuffer) -> None:
        """Move what was counted into *buffer*."""
        tallies, self._tallies = self._tallies, {}
        for variant, tally in tallies.items():
            values = buffer.values(variant_source(tally.endpoint, variant))
            add = _add_asynchronous if tally.endpoint.asynchronous else _add_real_time
            add(values, tally)


@dataclass(frozen=True)
class _Tally:
    """What was seen of a variant since it was last collected."""

    endpoint: Endpoint
    ends: Counter[tuple[int, bool, int]] = field(default_factory=Counter)
    """by the container's status (0: no answer), whether the client got an error, and how many instances there were"""
    model: Counter[int] = field(default_factory=Counter)
    overhead: Counter[int] = field(default_factory=Counter)
    """both in microseconds"""


def _add_latencies(seen: Counter[float], latencies: Counter[int]) -> None:
    """To two digits: every value that differs is kept apart for as long as CloudWatch keeps any."""
    for microseconds, number in latencies.items():
        seen[float(f"{microseconds:.2g}")] += number


def _add_real_time(values: Values, tally: _Tally) -> None:
    """The metrics of invocations that someone waits for."""
    for (_, failed, instances), number in tally.ends.items():
        values["Invocations"][1.0] += number
        values["InvocationsPerInstance"][1.0 / max(1, instances)] += number
        values["InvocationModelErrors"][float(failed)] += number
    _add_latencies(values["OverheadLatency"], tally.overhead)
    _add_asynchronous(values, tally)


def _add_asynchronous(values: Values, tally: _Tally) -> None:
    """Those that asynchronous endpoints have too. No answer of the model counts as its 5xx, which alarms hear of."""
    for (status, _, _), number in tally.ends.items():
        values["Invocation4XXErrors"][float(400 <= status < 500)] += number
        values["Invocation5XXErrors"][float(status >= 500 or status == 0)] += number
    _add_latencies(values["ModelLatency"], tally.model)
