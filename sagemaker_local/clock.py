"""The wall clock, in one place so that a test can make it jump."""

from __future__ import annotations

import time


def now() -> float:
    """Epoch seconds with millisecond precision, as SageMaker's timestamps have."""
    return round(time.time(), 3)
