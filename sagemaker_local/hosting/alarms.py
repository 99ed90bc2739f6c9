"""The alarms of a deployment, as CloudWatch evaluates them."""

from __future__ import annotations

import asyncio
from typing import Any

from sagemaker_local.hosting.fleet import FleetFailed

LOOK_EVERY_SECONDS = 1.0


class Alarms:
    """Looks at alarms by name; raises ``FleetFailed`` once one of them is in ``ALARM``."""

    def __init__(self, cloudwatch: Any, names: list[str]) -> None:
        self._cloudwatch, self._names = cloudwatch, names

    async def check(self) -> None:
        """Look once."""
        if not self._names:
            return
        tripped = await asyncio.to_thread(self._tripped)
        if tripped:
            raise FleetFailed(
                f"Alarm(s) {', '.join(tripped)} are in the ALARM state: the deployment is rolled back automatically."
            )

    async def watch(self, seconds: float) -> None:
        """Look again and again for so long, at the end too."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while True:
            await self.check()
            left = end - loop.time()
            if left <= 0:
                return
            await asyncio.sleep(min(LOOK_EVERY_SECONDS, left) if self._names else left)

    def _tripped(self) -> list[str]:
        found = self._cloudwatch.describe_alarms(AlarmNames=self._names, StateValue="ALARM")
        return [alarm["AlarmName"] for kind in ("MetricAlarms", "CompositeAlarms") for alarm in found.get(kind, [])]
