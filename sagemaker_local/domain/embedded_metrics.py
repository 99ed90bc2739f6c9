"""CloudWatch's embedded metric format: metrics in a line of a log.

Source: the CloudWatch guide's page CloudWatch_Embedded_Metric_Format_Specification. What does not keep to it is a line
as any other.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

_VALUES = 100


class Datum(NamedTuple):
    """Values of a metric."""

    namespace: str
    name: str
    unit: str
    dimensions: dict[str, str]
    values: list[float]
    timestamp: float
    """in epoch seconds"""


def data(message: str) -> list[Datum]:
    """The metrics in a line, once for each of their sets of dimensions."""
    if '"_aws"' not in message:
        return []
    try:
        root = json.loads(message)
        metadata = root["_aws"]
        return [datum for each in metadata["CloudWatchMetrics"] for datum in _directed(root, each, metadata)]
    except (ValueError, TypeError, KeyError, AttributeError):
        return []


def _directed(root: dict[str, Any], directive: dict[str, Any], metadata: dict[str, Any]) -> Iterator[Datum]:
    """What one directive makes metrics of. Raises the errors of a line that does not keep to the format."""
    for names in directive["Dimensions"]:
        dimensions = {name: _text(root[name]) for name in names}
        for metric in directive["Metrics"]:
            name, unit = metric["Name"], metric.get("Unit", "None")
            timestamp = metadata["Timestamp"] / 1000
            yield Datum(directive["Namespace"], name, unit, dimensions, _numbers(root[name]), timestamp)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no value of a dimension")
    return value


def _numbers(value: Any) -> list[float]:
    found = value if isinstance(value, list) else [value]
    numbers = [float(each) for each in found if isinstance(each, int | float) and math.isfinite(each)]
    if not 0 < len(numbers) == len(found) <= _VALUES:
        raise ValueError(f"{value!r} is no value of a metric")
    return numbers
