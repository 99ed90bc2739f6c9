"""Application Auto Scaling of variants: for every operation a documented success and a documented error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.proof import ERROR, SUCCESS, proves
from tests.contract.refusals import refused
from tests.support.fixtures import environments  # noqa: F401 - a fixture
from tests.support.hosting import Hosting, variant
from tests.support.local_aws import ACCOUNT, REGION, LocalAws, unique

DIMENSION = "sagemaker:variant:DesiredInstanceCount"
ABSENT = "endpoint/absent/variant/AllTraffic"


def of(resource_id: str, **more: Any) -> dict[str, Any]:
    return {"ServiceNamespace": "sagemaker", "ResourceId": resource_id, "ScalableDimension": DIMENSION, **more}


@pytest.fixture(scope="module")
def endpoint(aws: LocalAws) -> Iterator[str]:
    """An endpoint for the whole module: nothing here changes its instances."""
    hosting = Hosting(aws)
    yield hosting.serving()
    hosting.clean_up()


@pytest.fixture
def target(endpoint: str, scaling: Any) -> Iterator[str]:
    """The resource id of its variant, registered."""
    resource_id = f"endpoint/{endpoint}/variant/AllTraffic"
    scaling.register_scalable_target(**of(resource_id, MinCapacity=1, MaxCapacity=3))
    yield resource_id
    for each in scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]:
        if each["ResourceId"] == resource_id:
            scaling.deregister_scalable_target(**of(resource_id))


def tracking(target_value: float = 60.0, **more: Any) -> dict[str, Any]:
    predefined = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
    configuration = {"TargetValue": target_value, "PredefinedMetricSpecification": predefined, **more}
    return {"PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": configuration}


def targets(scaling: Any, *ids: str) -> list[dict[str, Any]]:
    answer = scaling.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=ids)
    return list(answer["ScalableTargets"])


def policies(scaling: Any, target: str) -> dict[str, Any]:
    found = scaling.describe_scaling_policies(ServiceNamespace="sagemaker", ResourceId=target)["ScalingPolicies"]
    return {each["PolicyName"]: each for each in found}


@proves("RegisterScalableTarget", SUCCESS, "API_RegisterScalableTarget")
def test_registering_again_changes_what_is_given(scaling: Any, target: str) -> None:
    arn = scaling.register_scalable_target(**of(target, MaxCapacity=2))["ScalableTargetARN"]
    assert arn.startswith(f"arn:aws:application-autoscaling:{REGION}:{ACCOUNT}:scalable-target/")
    (found,) = targets(scaling, target)
    assert (found["MinCapacity"], found["MaxCapacity"], found["ScalableTargetARN"]) == (1, 2, arn)


@proves("RegisterScalableTarget", ERROR, "API_RegisterScalableTarget: ValidationException")
def test_a_target_needs_a_range_and_a_variant(scaling: Any, endpoint: str, target: str) -> None:
    register = scaling.register_scalable_target
    new, limits = f"endpoint/{endpoint}/variant/None", {"MinCapacity": 1, "MaxCapacity": 2}
    for request, text in [
        (of(ABSENT, **limits), "no variant AllTraffic of an endpoint absent"),
        (of(new, **limits), "no variant None"),
        (of("service/x", **limits), "ResourceId must be endpoint/<name>/variant/<name>"),
        (of(target, MinCapacity=4), "Maximum capacity cannot be less than minimum capacity"),
        (of(target, MinCapacity=0), "MinCapacity must be at least 1"),
        ({**of(target), "ServiceNamespace": "ecs"}, "and not sagemaker:variant:DesiredInstanceCount of ecs"),
    ]:
        code, message = refused(register, **request)
        assert (code, text in message) == ("ValidationException", True), message


@proves("DescribeScalableTargets", SUCCESS, "API_DescribeScalableTargets")
def test_targets_are_described(scaling: Any, target: str) -> None:
    (found,) = targets(scaling, target, ABSENT)
    assert (found["ServiceNamespace"], found["ScalableDimension"]) == ("sagemaker", DIMENSION)
    assert found["RoleARN"].endswith("AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint")
    assert found["SuspendedState"]["DynamicScalingOutSuspended"] is False
    assert scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"] == []


@proves("DescribeScalableTargets", ERROR, "API_DescribeScalableTargets: InvalidNextTokenException")
def test_a_token_that_is_none_is_refused(scaling: Any) -> None:
    code, _ = refused(scaling.describe_scalable_targets, ServiceNamespace="sagemaker", NextToken="none")
    assert code == "InvalidNextTokenException"


@proves("DeregisterScalableTarget", SUCCESS, "API_DeregisterScalableTarget: its policies are deleted too")
def test_a_deregistered_target_takes_its_policies_and_alarms_with_it(aws: LocalAws, scaling: Any, target: str) -> None:
    alarms = scaling.put_scaling_policy(**of(target, PolicyName="p", **tracking()))["Alarms"]
    scaling.deregister_scalable_target(**of(target))
    assert (targets(scaling, target), policies(scaling, target)) == ([], {})
    names = [alarm["AlarmName"] for alarm in alarms]
    assert aws.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"] == []


@proves("DeregisterScalableTarget", ERROR, "API_DeregisterScalableTarget: ObjectNotFoundException")
def test_what_is_not_registered_cannot_be_deregistered(scaling: Any) -> None:
    code, message = refused(scaling.deregister_scalable_target, **of(ABSENT))
    assert (code, ABSENT in message) == ("ObjectNotFoundException", True)


@proves("PutScalingPolicy", SUCCESS, "API_PutScalingPolicy: a target tracking policy's alarms")
def test_a_target_tracking_policy_brings_its_alarms(aws: LocalAws, scaling: Any, target: str) -> None:
    first = scaling.put_scaling_policy(**of(target, PolicyName="p", **tracking()))
    again = scaling.put_scaling_policy(**of(target, PolicyName="p", **tracking(120.0, DisableScaleIn=True)))
    assert again["PolicyARN"] == first["PolicyARN"]
    assert [len(answer["Alarms"]) for answer in (first, again)] == [2, 1]
    names = [alarm["AlarmName"] for alarm in first["Alarms"]]
    (alarm,) = aws.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    assert (alarm["AlarmArn"], alarm["AlarmActions"]) == (again["Alarms"][0]["AlarmARN"], [first["PolicyARN"]])


@proves("PutScalingPolicy", ERROR, "API_PutScalingPolicy: ObjectNotFoundException, ValidationException")
def test_a_policy_needs_a_target_and_a_configuration_of_its_type(scaling: Any, target: str) -> None:
    put = scaling.put_scaling_policy
    assert refused(put, **of(ABSENT, PolicyName="p", **tracking()))[0] == "ObjectNotFoundException"
    code, message = refused(put, **of(target, PolicyName="p", PolicyType="StepScaling"))
    assert (code, "StepScalingPolicyConfiguration must be given" in message) == ("ValidationException", True)


@proves("DescribeScalingPolicies", SUCCESS, "API_DescribeScalingPolicies")
def test_policies_are_described(scaling: Any, target: str) -> None:
    scaling.put_scaling_policy(**of(target, PolicyName="tracking", **tracking()))
    steps = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": [{"ScalingAdjustment": 1}]}
    scaling.put_scaling_policy(**of(target, PolicyName="steps", StepScalingPolicyConfiguration=steps))
    found = policies(scaling, target)
    assert {name: each["PolicyType"] for name, each in found.items()} == {
        "tracking": "TargetTrackingScaling",
        "steps": "StepScaling",
    }
    assert found["steps"]["StepScalingPolicyConfiguration"] == steps
    named = scaling.describe_scaling_policies(ServiceNamespace="sagemaker", ResourceId=target, PolicyNames=["steps"])
    assert [each["PolicyName"] for each in named["ScalingPolicies"]] == ["steps"]


@proves("DescribeScalingPolicies", ERROR, "API_DescribeScalingPolicies: InvalidNextTokenException")
def test_a_token_of_policies_that_is_none_is_refused(scaling: Any) -> None:
    code, _ = refused(scaling.describe_scaling_policies, ServiceNamespace="sagemaker", NextToken="none")
    assert code == "InvalidNextTokenException"


@proves("DeleteScalingPolicy", SUCCESS, "API_DeleteScalingPolicy")
def test_a_deleted_policy_is_gone(scaling: Any, target: str) -> None:
    scaling.put_scaling_policy(**of(target, PolicyName="p", **tracking()))
    scaling.delete_scaling_policy(**of(target, PolicyName="p"))
    assert policies(scaling, target) == {}


@proves("DeleteScalingPolicy", ERROR, "API_DeleteScalingPolicy: ObjectNotFoundException")
def test_a_policy_that_is_not_there_cannot_be_deleted(scaling: Any, target: str) -> None:
    assert refused(scaling.delete_scaling_policy, **of(target, PolicyName="p"))[0] == "ObjectNotFoundException"


@proves("DescribeScalingActivities", SUCCESS, "API_DescribeScalingActivities")
def test_nothing_was_done_to_a_target_whose_count_is_in_its_range(scaling: Any, target: str) -> None:
    found = scaling.describe_scaling_activities(ServiceNamespace="sagemaker", ResourceId=target)
    assert found["ScalingActivities"] == []


@proves("DescribeScalingActivities", ERROR, "API_DescribeScalingActivities: InvalidNextTokenException")
def test_a_token_of_activities_that_is_none_is_refused(scaling: Any) -> None:
    code, _ = refused(scaling.describe_scaling_activities, ServiceNamespace="sagemaker", NextToken="none")
    assert code == "InvalidNextTokenException"


@pytest.mark.documented("endpoint-auto-scaling-update: the instance type of a target cannot be changed")
def test_an_update_may_change_the_model_of_a_target_and_not_its_instance_type(hosting: Hosting, scaling: Any) -> None:
    name = hosting.serving()
    target = f"endpoint/{name}/variant/AllTraffic"
    scaling.register_scalable_target(**of(target, MinCapacity=1, MaxCapacity=1))
    model, update = hosting.model(), hosting.sagemaker.update_endpoint
    for other in (variant(model, InstanceType="ml.c5.large"), variant(model, "Other")):
        with pytest.raises(ClientError, match=f"Deregister scalable target {target} first"):
            update(EndpointName=name, EndpointConfigName=hosting.config(other))
    update(EndpointName=name, EndpointConfigName=hosting.config(variant(model)))
    assert hosting.settled(name)["EndpointStatus"] == "InService"


@pytest.mark.documented("endpoint-auto-scaling-delete: a deleted endpoint's variants are deregistered")
def test_a_deleted_endpoint_takes_its_targets_with_it(hosting: Hosting, scaling: Any) -> None:
    name = hosting.serving()
    target = f"endpoint/{name}/variant/AllTraffic"
    scaling.register_scalable_target(**of(target, MinCapacity=1, MaxCapacity=1))
    scaling.put_scaling_policy(**of(target, PolicyName=unique("p"), **tracking()))
    hosting.delete(name)
    assert (targets(scaling, target), policies(scaling, target)) == ([], {})


@pytest.mark.local_only
def test_what_is_not_supported_names_what_is(scaling: Any) -> None:
    code, message = refused(scaling.put_scheduled_action, **of(ABSENT, ScheduledActionName="a"))
    assert (code, "RegisterScalableTarget" in message) == ("UnknownOperationException", True)
