"""How one fleet takes another's place: the steps of a deployment, as its ``DeploymentConfig`` asks for them.

Source: the guide's pages on deployment guardrails (deployment-guardrails-blue-green, -canary, -linear, -rolling).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Deployment = dict[str, Any]
"""a ``DeploymentConfig``"""


@dataclass(frozen=True)
class Launch:
    """The new fleet has *share* (above 0, up to 1) of its instances."""

    share: float = 1.0


@dataclass(frozen=True)
class Shift:
    """The new fleet gets *share* (above 0, up to 1) of the traffic."""

    share: float = 1.0


@dataclass(frozen=True)
class Bake:
    """Traffic stays as it is for so long, while alarms are watched; *setting* is the member that says so."""

    seconds: int
    setting: str
    share: float = 1.0
    """of the traffic that the new fleet has meanwhile"""


@dataclass(frozen=True)
class Release:
    """The old fleet gives up *share* of its instances."""

    share: float


Step = Launch | Shift | Bake | Release


def capacity(share: float, instances: int) -> int:
    """How many of so many instances a share is: whole ones, and at least one of a share above 0."""
    return min(instances, math.ceil(share * instances - 1e-9))


def steps(deployment: Deployment | None, instances: int) -> list[Step]:
    """The steps from the new fleet's start until the old one may end.

    *instances* is the size of the new fleet's largest variant. Without a policy: all at once, without baking.
    """
    deployment = deployment or {}
    if "RollingUpdatePolicy" in deployment:
        return list(_rolling(deployment["RollingUpdatePolicy"], instances))
    return list(_blue_green(deployment.get("BlueGreenUpdatePolicy", {}), instances))


def _blue_green(policy: dict[str, Any], instances: int) -> Iterator[Step]:
    routing = policy.get("TrafficRoutingConfiguration", {})
    yield Launch()
    for share in _shares(routing, instances):
        yield Shift(share)
        if share < 1:
            yield Bake(routing.get("WaitIntervalInSeconds", 0), "WaitIntervalInSeconds", share)
    yield Bake(policy.get("TerminationWaitInSeconds", 0), "TerminationWaitInSeconds")


def _shares(routing: dict[str, Any], instances: int) -> Iterator[float]:
    kind = routing.get("Type", "ALL_AT_ONCE")
    if kind == "CANARY":
        yield share_of(routing["CanarySize"], instances)
    elif kind == "LINEAR":
        step = share_of(routing["LinearStepSize"], instances)
        yield from (number * step for number in range(1, math.ceil(1 / step - 1e-9)))
    yield 1.0


def _rolling(policy: dict[str, Any], instances: int) -> Iterator[Step]:
    """Batch by batch: new instances, their share of the traffic, time to watch, as many old ones less."""
    batch = max(share_of(policy["MaximumBatchSize"], instances), 1 / instances)
    for number in range(1, math.ceil(1 / batch - 1e-9) + 1):
        share = min(1.0, number * batch)
        yield Launch(share)
        yield Shift(share)
        yield Bake(policy["WaitIntervalInSeconds"], "WaitIntervalInSeconds", share)
        if share < 1:
            yield Release(share)


def share_of(size: dict[str, Any], instances: int) -> float:
    """A ``CapacitySize`` as a share of the new fleet, above 0 and up to 1."""
    share = size["Value"] / (100 if size["Type"] == "CAPACITY_PERCENT" else instances)
    return float(min(1.0, share))


def alarms(deployment: Deployment | None) -> list[str]:
    """The names of the alarms of which any brings the old configuration back."""
    rollback = (deployment or {}).get("AutoRollbackConfiguration", {})
    return [alarm["AlarmName"] for alarm in rollback.get("Alarms", [])]


def time_limit(deployment: Deployment | None) -> int | None:
    """``MaximumExecutionTimeoutInSeconds``, ``None`` if there is none."""
    for policy in ("BlueGreenUpdatePolicy", "RollingUpdatePolicy"):
        limit = (deployment or {}).get(policy, {}).get("MaximumExecutionTimeoutInSeconds")
        if limit is not None:
            return int(limit)
    return None


def fault(deployment: Deployment) -> str | None:
    """What is wrong with a ``DeploymentConfig`` beyond its shape, ``None`` if nothing is."""
    policies = [name for name in ("BlueGreenUpdatePolicy", "RollingUpdatePolicy") if name in deployment]
    if len(policies) > 1:
        return "DeploymentConfig must have one of BlueGreenUpdatePolicy and RollingUpdatePolicy, not both"
    if policies == ["BlueGreenUpdatePolicy"]:
        return _routing_fault(deployment["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]) or _too_short(
            deployment
        )
    if policies == ["RollingUpdatePolicy"]:
        return _size_fault("MaximumBatchSize", deployment["RollingUpdatePolicy"]["MaximumBatchSize"], 5, 50)
    return None


_SIZES = {"CANARY": ("CanarySize", 1, 50), "LINEAR": ("LinearStepSize", 10, 50)}


def _routing_fault(routing: dict[str, Any]) -> str | None:
    kind = routing["Type"]
    for other, (name, low, high) in _SIZES.items():
        if kind == other and name not in routing:
            return f"{name} must be given with traffic routing {kind}"
        if kind != other and name in routing:
            return f"{name} is for traffic routing {other} only, and Type is {kind}"
        if kind == other:
            return _size_fault(name, routing[name], low, high)
    return None


def _size_fault(name: str, size: dict[str, Any], low: int, high: int) -> str | None:
    if size["Type"] == "CAPACITY_PERCENT" and not low <= size["Value"] <= high:
        return f"{name} must be {low} to {high} percent of the capacity, and is {size['Value']}"
    return None


def _too_short(deployment: Deployment) -> str | None:
    limit = time_limit(deployment)
    # By the largest fleet that a linear shift may have to step through.
    waits = sum(step.seconds for step in steps(deployment, 100) if isinstance(step, Bake))
    if limit is not None and waits >= limit:
        return f"MaximumExecutionTimeoutInSeconds ({limit}) must be longer than all waits together ({waits} s)"
    return None
