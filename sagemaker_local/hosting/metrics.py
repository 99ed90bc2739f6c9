"""The metrics of endpoints, in CloudWatch under AWS's names.

Sources: the guide's pages monitoring-cloudwatch and async-inference-monitor. ``EndpointConfigName`` is a dimension too,
for deployments' alarms.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_local import clock
from sagemaker_local.base.aws import Aws
from sagemaker_local.domain.arns import Scope
from sagemaker_local.hosting.endpoint import Endpoint
from sagemaker_local.hosting.fleet import Variant
from sagemaker_local.hosting.invocation import Outcome

log = logging.getLogger(__name__)

NAMESPACE = "AWS/SageMaker"
FLUSH_SECONDS = 5.0
# PutMetricData takes 150 values of a metric, and a thousand metrics.
_VALUES, _DATA = 150, 1000
_MILLISECONDS = ("TimeInBacklog", "TotalProcessingTime")
_COUNTS = ("Approximate", "HasBacklog", "Expired", "InvocationFailures", "InvocationsProcessed")

Dimensions = tuple[tuple[str, str], ...]


class Source(NamedTuple):
    """Whose metrics they are."""

    scope: Scope
    dimensions: tuple[Dimensions, ...]
    """each value is published under each of them"""


Values = dict[str, Counter[float]]
"""by metric: how often each value was seen since the last flush"""


@lru_cache(maxsize=1024)
def _variant_source(scope: Scope, endpoint: str, variant: str, config: str) -> Source:
    plain = (("EndpointName", endpoint), ("VariantName", variant))
    return Source(scope, (plain, (*plain, ("EndpointConfigName", config))))


def source_of(endpoint: Endpoint, variant: Variant) -> Source:
    """The metrics of a variant."""
    return _variant_source(endpoint.scope, endpoint.name, variant.name, variant.config["EndpointConfigName"])


class Metrics:
    """An observer of invocations, and what counts everything else; what was seen is published by ``flush``."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._seen: dict[Source, Values] = {}

    def __call__(self, endpoint: Endpoint, outcome: Outcome) -> None:
        """Count the invocation."""
        values = self._values(source_of(endpoint, outcome.variant))
        for name, value in _asynchronous(outcome) if endpoint.asynchronous else _real_time(outcome):
            values[name][value] += 1

    def add(self, source: Source, **values: float) -> None:
        """Add a value to each of the metrics."""
        seen = self._values(source)
        for name, value in values.items():
            seen[name][value] += 1

    def _values(self, source: Source) -> Values:
        return self._seen.setdefault(source, defaultdict(Counter))

    async def flush(self) -> None:
        """Publish everything seen so far; a loss is told and fails nothing."""
        seen, self._seen = self._seen, {}
        for source, values in seen.items():
            await asyncio.to_thread(self._publish, source, values)

    def _publish(self, source: Source, values: Values) -> None:
        data = list(_data(source, values))
        cloudwatch = self._aws.client("cloudwatch", source.scope)
        try:
            for start in range(0, len(data), _DATA):
                cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data[start : start + _DATA])
        except (ClientError, BotoCoreError) as error:
            log.error("metrics of %s are lost: %s", source.dimensions[0], error)


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


def _data(source: Source, values: Values) -> Iterator[dict[str, Any]]:
    now = clock.now()
    for dimensions in source.dimensions:
        for name, counted in values.items():
            for some in _chunks(counted):
                yield {
                    "MetricName": name,
                    "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions],
                    "Timestamp": now,
                    "Values": list(some),
                    "Counts": [float(count) for count in some.values()],
                    "Unit": _unit(name),
                }


def _unit(name: str) -> str:
    if name.endswith("Latency"):
        return "Microseconds"
    if name in _MILLISECONDS:
        return "Milliseconds"
    if name == "ApproximateAgeOfOldestRequest":
        return "Seconds"
    return "Count" if name.startswith(_COUNTS) or name.endswith("Failures") else "None"


def _chunks(counted: Counter[float]) -> Iterator[dict[float, int]]:
    items = iter(counted.items())
    while chunk := dict(islice(items, _VALUES)):
        yield chunk
