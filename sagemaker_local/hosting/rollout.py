"""A deployment under way: a new fleet comes up beside the live one and takes its traffic over, step by step."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from sagemaker_local.clock import Waits
from sagemaker_local.domain import variants
from sagemaker_local.domain.rollouts import Bake, Launch, Release, Shift, Step, capacity
from sagemaker_local.domain.variants import Record
from sagemaker_local.hosting.alarms import Alarms
from sagemaker_local.hosting.endpoint import Endpoint
from sagemaker_local.hosting.fleet import Fleet, FleetFailed

Tell = Callable[[str, Callable[[int], str]], Awaitable[None]]
"""records a ``VariantStatus`` and its message, which depends on the variant's number of instances"""


class Rollout:
    """From the start of the new fleet to the moment when the old one may end; nothing of it is final before that."""

    def __init__(self, endpoint: Endpoint, fleet: Fleet, alarms: Alarms, waits: Waits, tell: Tell) -> None:
        self._endpoint, self._fleet, self._old = endpoint, fleet, endpoint.fleet
        self._alarms, self._waits, self._tell = alarms, waits, tell

    async def run(self, live: Record, wanted: Record, steps: list[Step], time_limit: int | None) -> None:
        """Take the *steps*; *live* shows the old fleet's variants, *wanted* what the new one's are to be.

        Raises ``FleetFailed`` if the fleet is not to have the traffic: an instance failed, an alarm was raised, or
        *time_limit* (seconds) is over.
        """
        limit = None if time_limit is None else self._waits.seconds(time_limit)
        try:
            async with asyncio.timeout(limit):
                await self._alarms.check()
                for step in steps:
                    await self._take(step, live, wanted)
        except TimeoutError as error:
            raise FleetFailed(
                f"The deployment did not end within MaximumExecutionTimeoutInSeconds ({time_limit} s)."
            ) from error

    async def _take(self, step: Step, live: Record, wanted: Record) -> None:
        match step:
            case Launch(share):
                await self._tell(variants.CREATING, lambda count: f"Launching {capacity(share, count)} instance(s).")
                await self._fleet.adapt(variants.scaled(wanted, lambda count: capacity(share, count)))
            case Shift(share):
                what = "Activating traffic on {}."
                await self._tell(variants.ACTIVATING_TRAFFIC, lambda count: what.format(_capacity(share, count)))
                self._endpoint.share(self._fleet, share)
            case Bake(seconds, setting, share) if seconds:
                what = f"Baking for {seconds} seconds ({setting}) with traffic enabled on "
                await self._tell(variants.BAKING, lambda count: f"{what}{_capacity(share, count)}.")
                await self._alarms.watch(self._waits.seconds(seconds))
            case Bake():
                await self._alarms.check()
            case Release(share):
                await self._old.adapt(variants.scaled(live, lambda count: count - capacity(share, count)))


def _capacity(share: float, count: int) -> str:
    kind = "full" if share >= 1 else "canary"
    return f"{kind} capacity of {capacity(share, count)} instance(s)"
