"""Time: the wall clock, in one place so that a test can make it jump, and the length of AWS's waits."""

from __future__ import annotations

import time
from dataclasses import dataclass


def now() -> float:
    """Epoch seconds with millisecond precision, as SageMaker's timestamps have."""
    return round(time.time(), 3)


@dataclass(frozen=True)
class Waits:
    """How long the platform waits: AWS's minutes may be made shorter, for rehearsals and tests.

    Only waits and budgets of the platform itself are scaled, not the time that a container has for one answer.
    """

    speed_up: float = 1.0

    def seconds(self, documented: float) -> float:
        """The seconds to wait here where AWS waits *documented* seconds."""
        return documented / self.speed_up
