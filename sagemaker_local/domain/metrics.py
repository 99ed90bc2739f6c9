"""The units of SageMaker's metrics: the guide's pages monitoring-cloudwatch and async-inference-monitor."""

from __future__ import annotations

_MILLISECONDS = ("TimeInBacklog", "TotalProcessingTime")
_COUNTS = ("Approximate", "HasBacklog", "Expired", "InvocationFailures", "InvocationsProcessed")


def unit(metric: str) -> str:
    """The unit of a metric, as CloudWatch calls it."""
    if metric.endswith("Latency"):
        return "Microseconds"
    if metric.endswith("Utilization"):
        return "Percent"
    if metric in _MILLISECONDS:
        return "Milliseconds"
    if metric == "ApproximateAgeOfOldestRequest":
        return "Seconds"
    return "Count" if metric.startswith(_COUNTS) or metric.endswith("Failures") else "None"
