"""How one fleet takes another's place: the steps of a deployment, as its ``DeploymentConfig`` asks for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Shift:
    """The new fleet gets *share* (above 0, up to 1) of the traffic."""

    share: float


@dataclass(frozen=True)
class Bake:
    """Traffic stays as it is for so long while alarms are watched."""

    seconds: int


Step = Shift | Bake


def steps(deployment: dict[str, Any] | None) -> list[Step]:
    """The steps between the new fleet's start and the old one's end; without a policy all at once, without baking."""
    policy = (deployment or {}).get("BlueGreenUpdatePolicy", {})
    return [Shift(1.0), Bake(policy.get("TerminationWaitInSeconds", 0))]
