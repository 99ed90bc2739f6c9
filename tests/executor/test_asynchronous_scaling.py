"""An asynchronous endpoint that has no instances while there is nothing to do, by the guide's policies."""

from __future__ import annotations

import pytest

from tests.support.asynchronous import asynchronous, result
from tests.support.hosting import Hosting
from tests.support.local_aws import unique
from tests.support.polling import eventually


@pytest.mark.documented("async-inference-autoscale: policies, also for scaling up from zero instances")
def test_an_idle_endpoint_goes_to_zero_instances_and_a_request_brings_one_back(hosting: Hosting) -> None:
    name = asynchronous(hosting)
    scaling, cloudwatch = hosting.aws.client("application-autoscaling"), hosting.aws.client("cloudwatch")
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{name}/variant/AllTraffic",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    endpoint = [{"Name": "EndpointName", "Value": name}]
    scaling.register_scalable_target(**target, MinCapacity=0, MaxCapacity=5)
    backlog = {"MetricName": "ApproximateBacklogSizePerInstance", "Namespace": "AWS/SageMaker", "Statistic": "Average"}
    scaling.put_scaling_policy(
        **target,
        PolicyName="Invocations-ScalingPolicy",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 5.0,
            "CustomizedMetricSpecification": {**backlog, "Dimensions": endpoint},
            "ScaleInCooldown": 0,
            "ScaleOutCooldown": 100,
        },
    )
    eventually(lambda: count(hosting, name) == 0, "the end of its last instance", 120)

    policy = scaling.put_scaling_policy(
        **target,
        PolicyName="HasBacklogWithoutCapacity-ScalingPolicy",
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration={
            "AdjustmentType": "ChangeInCapacity",
            "MetricAggregationType": "Average",
            "Cooldown": 300,
            "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
        },
    )
    cloudwatch.put_metric_alarm(
        AlarmName=unique("step-scaling"),
        MetricName="HasBacklogWithoutCapacity",
        Namespace="AWS/SageMaker",
        Statistic="Average",
        EvaluationPeriods=1,
        Period=10,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="missing",
        Dimensions=endpoint,
        AlarmActions=[policy["PolicyARN"]],
    )
    answer = hosting.runtime.invoke_endpoint_async(EndpointName=name, Body=b"1")
    assert result(hosting.aws, answer["OutputLocation"]) == b"1"
    assert count(hosting, name) == 1


def count(hosting: Hosting, name: str) -> int:
    shown = hosting.sagemaker.describe_endpoint(EndpointName=name)
    return int(shown["ProductionVariants"][0]["CurrentInstanceCount"])
