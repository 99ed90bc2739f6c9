"""How many instances policies want, and what is wrong with those that cannot want any."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_local.domain import scaling

ID = "endpoint/e/variant/v"


def tracking(**members: Any) -> dict[str, Any]:
    predefined = {"PredefinedMetricType": scaling.INVOCATIONS}
    configuration = {"TargetValue": 60.0, "PredefinedMetricSpecification": predefined, **members}
    given = {name: value for name, value in configuration.items() if value is not None}
    named = {"ResourceId": ID, "PolicyName": "p", "Id": "1", "PolicyARN": "arn"}
    return {**named, "PolicyType": scaling.TARGET_TRACKING, "TargetTrackingScalingPolicyConfiguration": given}


def step(*adjustments: tuple[float | None, float | None, int], **members: Any) -> dict[str, Any]:
    listed = [
        {
            **({} if low is None else {"MetricIntervalLowerBound": low}),
            **({} if high is None else {"MetricIntervalUpperBound": high}),
            "ScalingAdjustment": change,
        }
        for low, high, change in adjustments
    ]
    configuration = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": listed, **members}
    return {"PolicyType": scaling.STEP, "StepScalingPolicyConfiguration": configuration, "ResourceId": ID}


@pytest.mark.parametrize(
    ("resource_id", "named"), [(ID, ("e", "v")), ("endpoint/e", None), ("service/e/variant/v", None), (f"{ID}/w", None)]
)
def test_a_resource_id_names_endpoint_and_variant(resource_id: str, named: tuple[str, str] | None) -> None:
    assert scaling.variant_of(resource_id) == named


def test_a_target_tracking_policy_has_an_alarm_above_and_one_clearly_below_its_target() -> None:
    high, low = scaling.alarms(tracking(), 60)
    assert (high["ComparisonOperator"], high["Threshold"], high["EvaluationPeriods"]) == ("GreaterThanThreshold", 60, 3)
    assert (low["ComparisonOperator"], low["Threshold"], low["EvaluationPeriods"]) == ("LessThanThreshold", 54, 15)
    assert (high["MetricName"], high["Statistic"], high["Period"]) == ("InvocationsPerInstance", "Sum", 60)
    assert [each["Value"] for each in high["Dimensions"]] == ["e", "v"]
    assert [alarm["Threshold"] for alarm in scaling.alarms(tracking(DisableScaleIn=True), 10)] == [10]


def test_a_metric_of_ones_own_is_taken_as_it_is() -> None:
    metric = {"MetricName": "m", "Namespace": "n", "Statistic": "Average", "Unit": "Percent"}
    high, _ = scaling.alarms(tracking(PredefinedMetricSpecification=None, CustomizedMetricSpecification=metric), 10)
    assert {name: high[name] for name in metric} == metric
    assert (high["Threshold"], high["Dimensions"]) == (60, [])


@pytest.mark.parametrize(
    ("alarm", "value", "current", "wanted"),
    [(0, 61, 1, 2), (0, 240, 1, 4), (0, 90, 2, 3), (0, 50, 2, 2), (1, 20, 3, 1), (1, 53, 3, 3), (1, 0, 3, 0)],
)
def test_target_tracking_wants_what_brings_the_metric_to_its_target(
    alarm: int, value: float, current: int, wanted: int
) -> None:
    policy = tracking()
    assert scaling.wanted(policy, scaling.alarms(policy, 60)[alarm], value, current) == wanted


@pytest.mark.documented("application-auto-scaling-step-scaling-policies: step adjustments, adjustment types")
@pytest.mark.parametrize(
    ("policy", "value", "wanted"),
    [
        (step((0, 10, 1), (10, None, 3)), 5, 11),
        (step((0, 10, 1), (10, None, 3)), 10, 13),
        (step((None, 0, -2)), -5, 8),
        (step((0, 10, 1)), 50, 10),
        (step((0, None, 4), AdjustmentType="ExactCapacity"), 1, 4),
        (step((0, None, 25), AdjustmentType="PercentChangeInCapacity"), 1, 12),
        (step((0, None, 5), AdjustmentType="PercentChangeInCapacity"), 1, 11),
        (step((None, 0, -5), AdjustmentType="PercentChangeInCapacity"), -1, 9),
        (step((0, None, 5), AdjustmentType="PercentChangeInCapacity", MinAdjustmentMagnitude=2), 1, 12),
    ],
)
def test_a_step_is_chosen_by_the_size_of_the_breach(policy: dict[str, Any], value: float, wanted: int) -> None:
    assert scaling.wanted(policy, {"Threshold": 0, "AlarmName": "a"}, value, 10) == wanted


def test_counts_stay_within_the_range() -> None:
    target = {"MinCapacity": 1, "MaxCapacity": 3}
    assert [scaling.within(target, count) for count in (0, 2, 9)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("policy", "cooldowns"),
    [
        (tracking(), (300, 300)),
        (tracking(ScaleOutCooldown=10, ScaleInCooldown=20), (10, 20)),
        (step((0, None, 1)), (300, 300)),
        (step((0, None, 1), Cooldown=5), (5, 5)),
    ],
)
def test_cooldowns(policy: dict[str, Any], cooldowns: tuple[int, int]) -> None:
    assert (scaling.cooldown_seconds(policy, True), scaling.cooldown_seconds(policy, False)) == cooldowns


def test_a_direction_can_be_suspended() -> None:
    target = {"SuspendedState": {"DynamicScalingOutSuspended": True, "DynamicScalingInSuspended": False}}
    assert (scaling.is_suspended(target, True), scaling.is_suspended(target, False)) == (True, False)


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        (tracking(), None),
        (tracking(TargetValue=0), "TargetValue must be greater than 0"),
        (tracking(PredefinedMetricSpecification=None), "One of PredefinedMetricSpecification and"),
        (tracking(CustomizedMetricSpecification={}), "One of PredefinedMetricSpecification and"),
        (tracking(PredefinedMetricSpecification={"PredefinedMetricType": "Other"}), "Other is not supported"),
        (
            tracking(PredefinedMetricSpecification=None, CustomizedMetricSpecification={"MetricName": "m"}),
            "CustomizedMetricSpecification must have Namespace, Statistic",
        ),
        ({"PolicyType": scaling.STEP}, "StepScalingPolicyConfiguration must be given"),
        (step((0, None, 1)), None),
        (step(), "StepAdjustments must be given"),
        (step((0, 10, 1), (5, 20, 2)), "must not overlap"),
        (step((5, 5, 1)), "must not overlap"),
    ],
)
def test_what_is_wrong_with_a_policy_is_said(policy: dict[str, Any], text: str | None) -> None:
    fault = scaling.fault(policy)
    assert fault is None if text is None else fault is not None and text in fault
