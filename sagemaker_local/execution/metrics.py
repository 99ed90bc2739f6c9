"""What is measured, on its way to CloudWatch: gathered as it comes, published now and then."""

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
from sagemaker_local.domain.metrics import unit

log = logging.getLogger(__name__)

# PutMetricData takes 150 values of a metric, and a thousand metrics.
_VALUES, _DATA = 150, 1000

Dimensions = tuple[tuple[str, str], ...]


class MetricSource(NamedTuple):
    """Whose metrics they are."""

    scope: Scope
    namespace: str
    dimensions: tuple[Dimensions, ...]
    """each value is published under each of them"""


Values = dict[str, Counter[float]]
"""by metric: how often each value was seen since the last flush"""


class MetricBuffer:
    """Values that are not published yet; belongs to the event loop."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._seen: dict[MetricSource, Values] = {}

    def values(self, source: MetricSource) -> Values:
        """Where the values of *source* are counted until the next flush."""
        return self._seen.setdefault(source, defaultdict(Counter))

    def add(self, source: MetricSource, **values: float) -> None:
        """Add a value to each of the metrics."""
        seen = self.values(source)
        for name, value in values.items():
            seen[name][value] += 1

    async def flush(self) -> None:
        """Publish everything seen so far; a loss is told and fails nothing."""
        seen, self._seen = self._seen, {}
        for source, values in seen.items():
            await asyncio.to_thread(self._publish, source, values)

    def _publish(self, source: MetricSource, values: Values) -> None:
        data = list(_data(source, values))
        cloudwatch = self._aws.client("cloudwatch", source.scope)
        try:
            for start in range(0, len(data), _DATA):
                cloudwatch.put_metric_data(Namespace=source.namespace, MetricData=data[start : start + _DATA])
        except (ClientError, BotoCoreError) as error:
            log.error("metrics of %s are lost: %s", source.dimensions[0], error)


def _data(source: MetricSource, values: Values) -> Iterator[dict[str, Any]]:
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
                    "Unit": unit(name),
                }


def _chunks(counted: Counter[float]) -> Iterator[dict[float, int]]:
    items = iter(counted.items())
    while chunk := dict(islice(items, _VALUES)):
        yield chunk
