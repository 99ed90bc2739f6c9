"""What state an alarm of CloudWatch is in, by the values of its metric.

Source: the CloudWatch guide's page alarm-evaluation, with its tables of how missing data is treated.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"
# CloudWatch looks at more periods than it evaluates, so that values that are late or missing count for less.
_LOOKED_AT_BESIDES = 2
_COMPARISONS = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


def periods_looked_at(alarm: dict[str, Any]) -> int:
    """How many periods' values ``state`` wants to know."""
    return int(alarm["EvaluationPeriods"]) + _LOOKED_AT_BESIDES


def state(alarm: dict[str, Any], values: Sequence[float | None]) -> str | None:
    """The state by the metric's *values*, one a period, the newest first, ``None`` where there is no data.

    *alarm* has the members of PutMetricAlarm. ``None`` is answered where the state stays as it is, and for a kind of
    comparison that is not known here.
    """
    comparison = _COMPARISONS.get(alarm["ComparisonOperator"])
    if comparison is None:
        return None
    evaluated = int(alarm["EvaluationPeriods"])
    needed = int(alarm.get("DatapointsToAlarm") or evaluated)
    breaching = [comparison(value, alarm["Threshold"]) for value in values if value is not None][:evaluated]
    missing = evaluated - len(breaching)
    if not missing:
        return ALARM if sum(breaching) >= needed else OK
    return _with_missing(alarm.get("TreatMissingData", "missing"), breaching, missing, needed)


def _with_missing(treatment: str, breaching: list[bool], missing: int, needed: int) -> str | None:
    if treatment == "breaching":
        return ALARM if sum(breaching) + missing >= needed else OK
    if treatment == "notBreaching" or sum(breaching) >= needed:
        return ALARM if sum(breaching) >= needed else OK
    if treatment == "ignore":
        return None if all(breaching) else OK
    if not breaching:
        return INSUFFICIENT_DATA
    return ALARM if all(breaching) else OK
