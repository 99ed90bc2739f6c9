"""Metrics in lines of logs, which ministack stores as any other. Contract: PutLogEvents, whatever its headers.

These private names of ministack are used, held by ``tests/unit/sagemaker_local/base/test_embedded_metrics.py``:
``services.cloudwatch_logs._put_log_events``, ``services.cloudwatch._put_metric_data``.
"""

from __future__ import annotations

from typing import Any

from sagemaker_local.domain import embedded_metrics
from sagemaker_local.domain.embedded_metrics import Datum

Answer = tuple[int, dict[str, str], bytes]


def extract(logs: Any, cloudwatch: Any) -> None:
    """Have ministack's module *logs* give *cloudwatch* the metrics in what it takes."""
    put = logs._put_log_events

    def put_log_events(request: dict[str, Any]) -> Answer:
        answer: Answer = put(request)
        if answer[0] == 200:
            for event in request.get("logEvents", []):
                for datum in embedded_metrics.data(event.get("message", "")):
                    cloudwatch._put_metric_data({}, _request(datum), False, True)
        return answer

    logs._put_log_events = put_log_events


def _request(datum: Datum) -> dict[str, Any]:
    """A request of PutMetricData."""
    metric = {
        "MetricName": datum.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in datum.dimensions.items()],
        "Timestamp": datum.timestamp,
        "Unit": datum.unit,
        "Values": datum.values,
    }
    return {"Namespace": datum.namespace, "MetricData": [metric]}
