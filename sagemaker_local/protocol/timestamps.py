"""Timestamps of requests."""

from __future__ import annotations

import math
from datetime import UTC, datetime


def epoch_seconds(value: float | str) -> float:
    """Epoch seconds, or ISO 8601 as some clients send it (UTC unless it says otherwise), as epoch seconds.

    Raises ``ValueError`` for what is no moment.
    """
    if isinstance(value, str):
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return finite(value)


def finite(value: float) -> float:
    """*value* as a double; raises ``ValueError`` for a number that is beyond all doubles, which JSON can write."""
    try:
        number = float(value)
    except OverflowError as error:
        raise ValueError("beyond all doubles") from error
    if not math.isfinite(number):
        raise ValueError("beyond all doubles")
    return number
