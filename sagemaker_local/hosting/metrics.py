"""The invocation metrics of endpoints, in CloudWatch under AWS's names.

Source: the guide's page monitoring-cloudwatch. ``EndpointConfigName`` is a dimension too, for deployments' alarms.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_local import clock
from sagemaker_local.base.aws import Aws
from sagemaker_local.domain.arns import Scope
from sagemaker_local.hosting.endpoint import Endpoint
from sagemaker_local.hosting.invocation import Outcome

log = logging.getLogger(__name__)

NAMESPACE = "AWS/SageMaker"
FLUSH_SECONDS = 5.0
# PutMetricData takes 150 values of a metric, and a thousand metrics.
_VALUES, _DATA = 150, 1000


class _Source(NamedTuple):
    """Whose metrics they are."""

    scope: Scope
    endpoint: str
    variant: str
    config: str


Values = dict[str, Counter[float]]
"""by metric: how often each value was seen since the last flush"""


class Metrics:
    """An observer of invocations; what it has seen is published by ``flush``."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._seen: dict[_Source, Values] = {}

    def __call__(self, endpoint: Endpoint, outcome: Outcome) -> None:
        """Count the invocation."""
        variant = outcome.variant
        source = _Source(endpoint.scope, endpoint.name, variant.name, variant.config["EndpointConfigName"])
        values = self._seen.setdefault(source, defaultdict(Counter))
        for name, value in _values(outcome):
            values[name][value] += 1

    async def flush(self) -> None:
        """Publish everything seen so far; a loss is told and fails nothing."""
        seen, self._seen = self._seen, {}
        for source, values in seen.items():
            await asyncio.to_thread(self._publish, source, values)

    def _publish(self, source: _Source, values: Values) -> None:
        data = list(_data(source, values))
        cloudwatch = self._aws.client("cloudwatch", source.scope)
        try:
            for start in range(0, len(data), _DATA):
                cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data[start : start + _DATA])
        except (ClientError, BotoCoreError) as error:
            log.error("metrics of endpoint %s are lost: %s", source.endpoint, error)


def _values(outcome: Outcome) -> Iterator[tuple[str, float]]:
    """Metric and value. No answer of the model counts as its 5xx: it is what alarms are to hear of."""
    status = 0 if outcome.response is None else outcome.response.status
    yield "Invocations", 1.0
    yield "InvocationsPerInstance", 1.0 / max(1, outcome.variant.count)
    yield "Invocation4XXErrors", float(400 <= status < 500)
    yield "Invocation5XXErrors", float(status >= 500 or status == 0)
    yield "InvocationModelErrors", float(outcome.error is not None)
    if outcome.response is not None:
        yield "ModelLatency", float(round(outcome.model_seconds * 1e6))
        yield "OverheadLatency", float(round((outcome.total_seconds - outcome.model_seconds) * 1e6))


def _data(source: _Source, values: Values) -> Iterator[dict[str, Any]]:
    plain = {"EndpointName": source.endpoint, "VariantName": source.variant}
    now = clock.now()
    for dimensions in (plain, {**plain, "EndpointConfigName": source.config}):
        for name, counted in values.items():
            for some in _chunks(counted):
                yield {
                    "MetricName": name,
                    "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
                    "Timestamp": now,
                    "Values": list(some),
                    "Counts": [float(count) for count in some.values()],
                    "Unit": "Microseconds" if name.endswith("Latency") else "None",
                }


def _chunks(counted: Counter[float]) -> Iterator[dict[float, int]]:
    items = iter(counted.items())
    while chunk := dict(islice(items, _VALUES)):
        yield chunk
