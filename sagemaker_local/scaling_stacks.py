"""Automatic scaling in CloudFormation stacks: targets and policies, by calls of this very service.

Source: CloudFormation's template reference, pages aws-resource-applicationautoscaling-scalabletarget and
-scalingpolicy.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from sagemaker_local.base.aws import Aws
from sagemaker_local.base.interface import Provisioned, StackResource
from sagemaker_local.domain.arns import Scope
from sagemaker_local.protocol import model
from sagemaker_local.protocol.coercion import coerced

Properties = dict[str, Any]

_TARGET = ("ResourceId", "ScalableDimension", "ServiceNamespace")
_POLICY_ARN = re.compile(r":resource/(?P<namespace>[^/]+)/(?P<resource>.+):policyName/(?P<name>.+)$")
_DIMENSION = "sagemaker:variant:DesiredInstanceCount"
_GOING = dict.fromkeys(("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"), False)


class AlreadyThere(Exception):
    """The stack is to make what somebody else has made; the text is a ``StatusReason``."""


def resources(aws: Aws) -> list[StackResource]:
    """One of each type that templates may have."""
    return [ScalableTarget(aws), ScalingPolicy(aws)]


class _Scaling:
    """What both have in common: no name of the template's choice, and no tags."""

    name_property: str | None = None
    tagged = False

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def _client(self, scope: Scope) -> Any:
        return self._aws.client("application-autoscaling", scope)


class ScalableTarget(_Scaling):
    """A variant that is registered."""

    type_name = "AWS::ApplicationAutoScaling::ScalableTarget"
    replacing: tuple[str, ...] = _TARGET

    def create(self, scope: Scope, name: str, properties: Properties) -> Provisioned:
        made = _target_id(properties)
        asked = {"ServiceNamespace": properties["ServiceNamespace"], "ResourceIds": [properties["ResourceId"]]}
        if self._client(scope).describe_scalable_targets(**asked)["ScalableTargets"]:
            raise AlreadyThere(f"{made} is registered already, and not by this stack")
        return self._registered(scope, properties)

    def update(self, scope: Scope, physical_id: str, old: Properties, new: Properties) -> Provisioned:
        return self._registered(scope, {"SuspendedState": _GOING, **new})

    def _registered(self, scope: Scope, properties: Properties) -> Provisioned:
        request = coerced(properties, model.input_shape("RegisterScalableTarget"))
        self._client(scope).register_scalable_target(**request)
        made = _target_id(properties)
        return Provisioned(made, {"Id": made})

    def delete(self, scope: Scope, physical_id: str) -> None:
        client = self._client(scope)
        with suppress(client.exceptions.ObjectNotFoundException):
            client.deregister_scalable_target(**_named(physical_id))


def _target_id(properties: Properties) -> str:
    return "|".join(properties[name] for name in _TARGET)


def _named(target_id: str) -> dict[str, str]:
    return dict(zip(_TARGET, target_id.split("|"), strict=True))


class ScalingPolicy(_Scaling):
    """A target's policy."""

    type_name = "AWS::ApplicationAutoScaling::ScalingPolicy"
    replacing: tuple[str, ...] = ("PolicyName", "ScalingTargetId", *_TARGET)

    def create(self, scope: Scope, name: str, properties: Properties) -> Provisioned:
        target, policy = _target_of(properties), properties["PolicyName"]
        asked = {member: target[member] for member in ("ResourceId", "ServiceNamespace")}
        if self._client(scope).describe_scaling_policies(**asked, PolicyNames=[policy])["ScalingPolicies"]:
            raise AlreadyThere(f"{target['ResourceId']} has a policy {policy} already, and not by this stack")
        return self._put(scope, properties)

    def update(self, scope: Scope, physical_id: str, old: Properties, new: Properties) -> Provisioned:
        return self._put(scope, new)

    def _put(self, scope: Scope, properties: Properties) -> Provisioned:
        asked = {name: value for name, value in properties.items() if name != "ScalingTargetId"}
        request = coerced({**asked, **_target_of(properties)}, model.input_shape("PutScalingPolicy"))
        arn = self._client(scope).put_scaling_policy(**request)["PolicyARN"]
        return Provisioned(arn, {"Arn": arn})

    def delete(self, scope: Scope, physical_id: str) -> None:
        found = _POLICY_ARN.search(physical_id)
        assert found is not None, f"{physical_id} is what a policy is called here"
        client = self._client(scope)
        with suppress(client.exceptions.ObjectNotFoundException):
            client.delete_scaling_policy(
                PolicyName=found["name"],
                ServiceNamespace=found["namespace"],
                ResourceId=found["resource"],
                ScalableDimension=_DIMENSION,
            )


def _target_of(properties: Properties) -> dict[str, str]:
    """The target by ``ScalingTargetId``, or by the three properties that name one."""
    if "ScalingTargetId" in properties:
        return _named(properties["ScalingTargetId"])
    return {name: properties[name] for name in _TARGET}
