"""Automatic scaling at work: instances of variants really come and go."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.hosting import Hosting, variant
from tests.support.local_aws import unique
from tests.support.polling import eventually


class Scaled:
    """An endpoint of so many instances whose variant is a target of scaling."""

    def __init__(self, hosting: Hosting, instances: int, low: int, high: int) -> None:
        self.hosting = hosting
        self.client = hosting.aws.client("application-autoscaling")
        self.name = hosting.endpoint(hosting.config(variant(hosting.model(), InitialInstanceCount=instances)))
        assert hosting.settled(self.name)["EndpointStatus"] == "InService"
        self.target: dict[str, Any] = {
            "ServiceNamespace": "sagemaker",
            "ResourceId": f"endpoint/{self.name}/variant/AllTraffic",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        }
        self.client.register_scalable_target(**self.target, MinCapacity=low, MaxCapacity=high)

    def put(self, kind: str, **configuration: Any) -> str:
        """A policy; returns its ARN."""
        request = {"PolicyName": "p", "PolicyType": kind, f"{kind}PolicyConfiguration": configuration}
        return str(self.client.put_scaling_policy(**self.target, **request)["PolicyARN"])

    def track(self, target_value: float) -> None:
        predefined = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
        self.put("TargetTrackingScaling", TargetValue=target_value, PredefinedMetricSpecification=predefined)

    def alarm(self, action: str) -> None:
        """An alarm on every invocation, with that action."""
        dimensions = {"EndpointName": self.name, "VariantName": "AllTraffic"}
        self.hosting.aws.client("cloudwatch").put_metric_alarm(
            AlarmName=unique("alarm"),
            Namespace="AWS/SageMaker",
            MetricName="Invocations",
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            Statistic="Sum",
            Period=10,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
            AlarmActions=[action],
        )

    def count(self) -> int:
        shown = self.hosting.sagemaker.describe_endpoint(EndpointName=self.name)
        return int(shown["ProductionVariants"][0]["CurrentInstanceCount"])

    def reaches(self, count: int) -> None:
        eventually(lambda: self.count() == count, f"{count} instances of {self.name}")

    def activity(self) -> dict[str, Any]:
        """The latest one, once it has ended."""

        def ended() -> dict[str, Any] | None:
            asked = {name: self.target[name] for name in ("ServiceNamespace", "ResourceId")}
            latest = self.client.describe_scaling_activities(**asked)["ScalingActivities"][0]
            return dict(latest) if latest["StatusCode"] != "InProgress" else None

        return eventually(ended, "the end of the activity")


@pytest.mark.documented("API_RegisterScalableTarget: a count out of the range is brought into it")
def test_a_registration_brings_the_count_into_its_range_at_once(hosting: Hosting) -> None:
    scaled = Scaled(hosting, 1, 2, 3)
    scaled.reaches(2)
    activity = scaled.activity()
    assert (activity["StatusCode"], activity["Cause"]) == ("Successful", "minimum capacity was set to 2")
    scaled.client.register_scalable_target(**scaled.target, MinCapacity=1, MaxCapacity=1)
    scaled.reaches(1)
    assert scaled.activity()["Description"] == "Setting desired instance count to 1."


@pytest.mark.documented("endpoint-auto-scaling-policy; application-auto-scaling-step-scaling-policies")
def test_policies_scale_by_the_traffic_within_the_range(hosting: Hosting) -> None:
    out, back, by_steps = Scaled(hosting, 1, 1, 3), Scaled(hosting, 3, 1, 3), Scaled(hosting, 1, 1, 5)
    out.track(30)
    back.track(100_000)
    adjustments = [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}]
    by_steps.alarm(by_steps.put("StepScaling", AdjustmentType="ChangeInCapacity", StepAdjustments=adjustments))
    for scaled, invocations in ((out, 60), (back, 1), (by_steps, 1)):
        for _ in range(invocations):
            hosting.invoke(scaled.name)
    out.reaches(3)
    back.reaches(1)
    by_steps.reaches(2)
    cause = out.activity()["Cause"]
    assert cause.startswith("monitor alarm TargetTracking-endpoint/")
    assert cause.endswith("in state ALARM triggered policy p")
    assert by_steps.count() == 2  # it cools down
