"""Automatic scaling of variants, as decisions: how many instances a policy wants, and when it may have them.

A target is the record of a registered variant, a policy that of a scaling policy, both with the members of Application
Auto Scaling's API. Source: its API reference and user guide, and SageMaker's guide, pages endpoint-auto-scaling-*.
"""

from __future__ import annotations

import itertools
import math
import re
from typing import Any

Record = dict[str, Any]

NAMESPACE, DIMENSION = "sagemaker", "sagemaker:variant:DesiredInstanceCount"
TARGET_TRACKING, STEP = "TargetTrackingScaling", "StepScaling"
INVOCATIONS = "SageMakerVariantInvocationsPerInstance"
HIGH, LOW = "AlarmHigh", "AlarmLow"
_COOLDOWN_SECONDS = 300
_RESOURCE = re.compile(r"endpoint/(?P<endpoint>[^/]+)/variant/(?P<variant>[^/]+)")
# Scaling in waits for more periods than scaling out, and for a metric that is clearly below its target.
_EVALUATION_PERIODS = {HIGH: 3, LOW: 15}
_LOW_SHARE = 0.9


def variant_of(resource_id: str) -> tuple[str, str] | None:
    """Endpoint and variant of ``endpoint/<name>/variant/<name>``; ``None`` if it is not that."""
    match = _RESOURCE.fullmatch(resource_id)
    return None if match is None else (match["endpoint"], match["variant"])


def resource_id(endpoint: str, variant: str) -> str:
    """The resource id of a variant."""
    return f"endpoint/{endpoint}/variant/{variant}"


def within(target: Record, count: int) -> int:
    """*count*, but not less than the target's minimum nor more than its maximum."""
    return int(min(max(count, target["MinCapacity"]), target["MaxCapacity"]))


def configuration(policy: Record) -> Record:
    """The policy's configuration, whichever type it is of."""
    return dict(policy[f"{policy['PolicyType']}PolicyConfiguration"])


def fault(policy: Record) -> str | None:
    """What is wrong with a policy beyond its shape, ``None`` if nothing is."""
    kind = policy["PolicyType"]
    if f"{kind}PolicyConfiguration" not in policy:
        return f"{kind}PolicyConfiguration must be given with policy type {kind}"
    return _tracking_fault(configuration(policy)) if kind == TARGET_TRACKING else _step_fault(configuration(policy))


def _tracking_fault(tracking: Record) -> str | None:
    given = [name for name in ("PredefinedMetricSpecification", "CustomizedMetricSpecification") if name in tracking]
    if len(given) != 1:
        return "One of PredefinedMetricSpecification and CustomizedMetricSpecification must be given, and only one"
    if tracking["TargetValue"] <= 0:
        return "TargetValue must be greater than 0"
    predefined = tracking.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType", INVOCATIONS)
    if predefined != INVOCATIONS:
        return f"PredefinedMetricType {predefined} is not supported by the local SageMaker, which has {INVOCATIONS}"
    custom = tracking.get("CustomizedMetricSpecification", {"MetricName": "", "Namespace": "", "Statistic": ""})
    missing = {"MetricName", "Namespace", "Statistic"} - custom.keys()
    return f"CustomizedMetricSpecification must have {', '.join(sorted(missing))}" if missing else None


def _step_fault(step: Record) -> str | None:
    if "AdjustmentType" not in step:
        return "AdjustmentType must be given"
    if not step.get("StepAdjustments"):
        return "StepAdjustments must be given"
    bounds = sorted(map(_bounds, step["StepAdjustments"]))
    if any(low >= high for low, high in bounds) or any(a[1] > b[0] for a, b in itertools.pairwise(bounds)):
        return "StepAdjustments must not overlap, and each lower bound must be below the upper bound"
    return None


def _bounds(adjustment: Record) -> tuple[float, float]:
    low, high = adjustment.get("MetricIntervalLowerBound"), adjustment.get("MetricIntervalUpperBound")
    return (-math.inf if low is None else low, math.inf if high is None else high)


def alarms(policy: Record, period_seconds: int) -> list[Record]:
    """The alarms that a target tracking policy has: the members of PutMetricAlarm, but for their actions.

    A target per minute is taken down to *period_seconds* where periods are shorter.
    """
    tracking = configuration(policy)
    metric = _metric(policy, tracking)
    share = period_seconds / 60 if metric["Statistic"] == "Sum" else 1.0
    target = tracking["TargetValue"] * share
    wanted = [(HIGH, "GreaterThanThreshold", target)]
    if not tracking.get("DisableScaleIn", False):
        wanted.append((LOW, "LessThanThreshold", target * _LOW_SHARE))
    return [
        {
            **metric,
            "AlarmName": f"TargetTracking-{policy['ResourceId']}-{name}-{policy['Id']}",
            "AlarmDescription": f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy['PolicyARN']}.",
            "ComparisonOperator": comparison,
            "Threshold": threshold,
            "EvaluationPeriods": _EVALUATION_PERIODS[name],
            "Period": period_seconds,
        }
        for name, comparison, threshold in wanted
    ]


def _metric(policy: Record, tracking: Record) -> Record:
    custom = tracking.get("CustomizedMetricSpecification")
    if custom is not None:
        return {"Dimensions": [], **custom}
    named = variant_of(policy["ResourceId"])
    assert named is not None, "the resource id was checked"
    dimensions = zip(("EndpointName", "VariantName"), named, strict=True)
    return {
        "Namespace": "AWS/SageMaker",
        "MetricName": "InvocationsPerInstance",
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions],
        "Statistic": "Sum",
    }


def wanted(policy: Record, alarm: Record, value: float, current: int) -> int:
    """How many instances *policy* wants where *alarm* is raised, its metric is *value*, and so many are there."""
    if policy["PolicyType"] == TARGET_TRACKING:
        return _tracked(alarm, value, current)
    return _stepped(configuration(policy), value - alarm["Threshold"], current)


def _tracked(alarm: Record, value: float, current: int) -> int:
    high = f"-{HIGH}-" in alarm["AlarmName"]
    target: float = alarm["Threshold"] / (1.0 if high else _LOW_SHARE)
    proportional = math.ceil(max(current, 1) * value / target)
    return max(current, proportional) if high else min(current, proportional)


def _stepped(step: Record, breach: float, current: int) -> int:
    for adjustment in step["StepAdjustments"]:
        low, high = _bounds(adjustment)
        # Of a breach on a bound, that step is taken which begins (above the threshold) or ends (below it) there.
        if low <= breach < high if breach >= 0 else low < breach <= high:
            return _adjusted(step, adjustment["ScalingAdjustment"], current)
    return current


def _adjusted(step: Record, adjustment: int, current: int) -> int:
    if step["AdjustmentType"] == "ExactCapacity":
        return adjustment
    if step["AdjustmentType"] == "ChangeInCapacity":
        return current + adjustment
    change = current * adjustment / 100
    # Between 0 and 1 a change is a whole one; beyond, what is left over is dropped.
    whole = math.copysign(1, change) if 0 < abs(change) < 1 else math.trunc(change)
    least = step.get("MinAdjustmentMagnitude", 0)
    return current + int(math.copysign(max(abs(whole), least), change) if change else 0)


def cooldown_seconds(policy: Record, outward: bool) -> int:
    """How long after scaling *policy* does not scale in the same direction again."""
    step = configuration(policy)
    if policy["PolicyType"] == STEP:
        return int(step.get("Cooldown", _COOLDOWN_SECONDS))
    return int(step.get("ScaleOutCooldown" if outward else "ScaleInCooldown", _COOLDOWN_SECONDS))


def is_suspended(target: Record, outward: bool) -> bool:
    """Whether policies may not scale the target in that direction."""
    return bool(target["SuspendedState"][f"DynamicScaling{'Out' if outward else 'In'}Suspended"])
