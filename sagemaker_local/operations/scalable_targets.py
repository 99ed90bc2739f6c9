"""Scalable targets, their policies and activities, as they are stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sagemaker_local.base.aws import Aws
from sagemaker_local.domain import endpoints, scaling
from sagemaker_local.domain.arns import Scope
from sagemaker_local.errors import validation_error
from sagemaker_local.store import Facets, Record, Store

TARGET, POLICY, ACTIVITY = "scalable-target", "scaling-policy", "scaling-activity"
ACTIVE = "active"


def target_facets(target: Record) -> Facets:
    """What targets are listed by."""
    return Facets(target["ResourceId"], ACTIVE, target["CreationTime"], target["CreationTime"])


def policy_facets(policy: Record) -> Facets:
    """What policies are listed by."""
    name = policy_key(policy["ResourceId"], policy["PolicyName"])
    return Facets(name, ACTIVE, policy["CreationTime"], policy["CreationTime"], policy["ResourceId"])


def policy_key(resource_id: str, name: str) -> str:
    """The name under which a policy is stored."""
    return f"{resource_id}:{name}"


def activity_facets(activity: Record) -> Facets:
    """What activities are listed by."""
    start = activity["StartTime"]
    return Facets(activity["ActivityId"], activity["StatusCode"], start, start, activity["ResourceId"])


def of_endpoint(store: Store, scope: Scope, endpoint: Record) -> Iterator[tuple[str, Record]]:
    """Variant and target of each variant of the endpoint that is one."""
    for shown in endpoints.all_variants(endpoint):
        resource_id = scaling.resource_id(endpoint["EndpointName"], shown["VariantName"])
        target = store.get(TARGET, scope, resource_id)
        if target is not None:
            yield shown["VariantName"], target


def check_update(store: Store, scope: Scope, endpoint: Record, pending: dict[str, Any]) -> None:
    """An update may change the model of a scaled variant, and neither its instance type nor that there is one."""
    live = {spec.name: spec.instance_type for spec in endpoints.specs(endpoint["Live"])}
    new = {spec.name: spec.instance_type for spec in endpoints.specs(pending)}
    for variant, target in of_endpoint(store, scope, endpoint):
        if new.get(variant) != live.get(variant):
            raise validation_error(
                f"Variant {variant} is a target of automatic scaling, and the update would change its instance type or "
                f"remove it. Deregister scalable target {target['ResourceId']} first."
            )


def forget(store: Store, aws: Aws, scope: Scope, target: Record) -> None:
    """The target and its policies are gone, and the alarms that were made for them."""
    for policy in store.children(POLICY, scope, target["ResourceId"]):
        forget_policy(store, aws, scope, policy)
    store.delete(TARGET, scope, target["ResourceId"])


def forget_policy(store: Store, aws: Aws, scope: Scope, policy: Record) -> None:
    """The policy is gone, and so are its alarms."""
    delete_alarms(aws, scope, policy)
    store.delete(POLICY, scope, policy_key(policy["ResourceId"], policy["PolicyName"]))


def delete_alarms(aws: Aws, scope: Scope, policy: Record) -> None:
    """Of a target tracking policy; those of a step scaling policy are their maker's."""
    names = [alarm["AlarmName"] for alarm in policy.get("Alarms", [])]
    if names:
        aws.client("cloudwatch", scope).delete_alarms(AlarmNames=names)
