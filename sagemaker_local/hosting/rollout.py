"""A deployment under way: a new fleet comes up beside the live one and takes its traffic over, step by step."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from sagemaker_local.clock import Waits
from sagemaker_local.domain import variants
from sagemaker_local.domain.rollouts import Bake, Shift, Step
from sagemaker_local.domain.variants import Record
from sagemaker_local.hosting.endpoint import Endpoint
from sagemaker_local.hosting.fleet import Fleet

Tell = Callable[[str, str], Awaitable[None]]
"""records a ``VariantStatus`` and its message; in the message ``{}`` stands for each variant's number of instances"""


class Rollout:
    """From the start of the new fleet to the moment when the old one may end; nothing of it is final before that."""

    def __init__(self, endpoint: Endpoint, fleet: Fleet, waits: Waits, tell: Tell) -> None:
        self._endpoint, self._fleet = endpoint, fleet
        self._waits, self._tell = waits, tell

    async def run(self, shown: Record, steps: list[Step]) -> None:
        """Bring the new fleet to what *shown* wants, then take the *steps*.

        Raises ``FleetFailed`` if the fleet is not to have the traffic.
        """
        await self._tell(variants.CREATING, "Launching {} instance(s).")
        await self._fleet.adapt(shown)
        for step in steps:
            await self._take(step)

    async def _take(self, step: Step) -> None:
        match step:
            case Shift(share):
                await self._tell(variants.ACTIVATING_TRAFFIC, "Activating traffic on full capacity of {} instance(s).")
                self._endpoint.share(self._fleet, share)
            case Bake(seconds) if seconds:
                message = f"Baking for {seconds} seconds (TerminationWaitInSeconds) with traffic enabled on full "
                await self._tell(variants.BAKING, message + "capacity of {} instance(s).")
                await asyncio.sleep(self._waits.seconds(seconds))
