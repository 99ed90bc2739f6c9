"""Waiting for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(probe: Callable[[], T | None], what: str, seconds: float = 60, pause: float = 0.02) -> T:
    """The first true answer of *probe*, asked every *pause* seconds; fails the test if *what* did not come within
    *seconds*."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = probe()
        if answer:
            return answer
        time.sleep(pause)
    raise AssertionError(f"{what} did not happen within {seconds} s")
