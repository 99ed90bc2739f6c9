"""CloudWatch's alarms, evaluated as AWS does: each on the metric with its own dimensions, period by period.

ministack takes all metrics of one name together, whatever their dimensions, and looks only when values arrive. These
private names of its ``services.cloudwatch`` are used, held by ``tests/unit/sagemaker_local/base/test_alarms.py``:
``_evaluate_alarm``, which is replaced, ``_evaluate_all_alarms``, ``_alarms``, ``_metrics``, ``_dims_key``,
``_calc_stats``, ``_stat_value``, ``_record_history``, ``_dispatch_alarm_actions``, ``_evaluate_parent_alarms``.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterator
from typing import Any

from sagemaker_local.domain import alarms


class Evaluator:
    """Evaluates metric alarms in ministack's place."""

    def __init__(self) -> None:
        self._cloudwatch: Any = importlib.import_module("ministack.services.cloudwatch")
        self._responses: Any = importlib.import_module("ministack.core.responses")
        self._cloudwatch.__dict__["_evaluate_alarm"] = self._evaluate

    def evaluate_all(self) -> None:
        """All alarms of all accounts and regions: what is missing is noticed by nobody else."""
        for account, region in {key[:2] for key in self._cloudwatch._alarms._data}:
            with self._responses.request_scope(account, region):
                self._cloudwatch._evaluate_all_alarms()

    def _evaluate(self, alarm: dict[str, Any]) -> None:
        if not alarm.get("MetricName"):
            return  # one on an expression, which ministack keeps and does not compute
        values = list(self._values(alarm, time.time()))
        new = alarms.state(alarm, values)
        if new is not None and new != alarm["StateValue"]:
            self._enter(alarm, new, values)

    def _values(self, alarm: dict[str, Any], now: float) -> Iterator[float | None]:
        """The statistic of each period that is looked at, the newest first; the first period ends now."""
        period, count = alarm["Period"], alarms.periods_looked_at(alarm)
        dimensions = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
        key = (alarm["Namespace"], alarm["MetricName"], self._cloudwatch._dims_key(dimensions))
        periods: list[list[Any]] = [[] for _ in range(count)]
        for point in self._cloudwatch._metrics.get(key) or ():
            index = int(max(0.0, now - point["Timestamp"]) // period)
            if index < count and alarm.get("Unit") in (None, point["Unit"]):
                periods[index].append(point)
        statistic = alarm.get("ExtendedStatistic") or alarm["Statistic"]
        for points in periods:
            stats = self._cloudwatch._calc_stats(points)
            yield self._cloudwatch._stat_value(stats, statistic, points) if stats else None

    def _enter(self, alarm: dict[str, Any], new: str, values: list[float | None]) -> None:
        known = [str(value) for value in values if value is not None][: alarm["EvaluationPeriods"]]
        reason = f"Threshold Crossed: datapoints [{', '.join(known)}], threshold {alarm['Threshold']}."
        old, alarm["StateValue"], alarm["StateReason"] = alarm["StateValue"], new, reason
        alarm["StateUpdatedTimestamp"] = int(time.time())
        self._cloudwatch._record_history(alarm["AlarmName"], old, new, reason)
        self._cloudwatch._dispatch_alarm_actions(alarm, old, new, reason)
        self._cloudwatch._evaluate_parent_alarms(alarm)
