"""Data windows: a run sees the days before its window's end, and nothing else.

Data objects lie below ``day=YYYY-MM-DD/``. The window's end is a local date: the midnight that opens it is
exclusive.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from mlops_sagemaker.errors import UserError

DAY = re.compile(r"(?:^|/)day=(\d{4}-\d{2}-\d{2})/")


@dataclass(frozen=True)
class Window:
    """All days before ``end``, a date in the time zone ``timezone``."""

    end: date
    timezone: str

    def select(self, keys: Iterable[str]) -> list[str]:
        """The object keys whose day lies in the window, sorted; keys without a day belong to no window."""
        return sorted(key for key in keys if (day := day_of(key)) is not None and day < self.end)


def resolve(requested: str | None, logical_date: datetime | None, run_after: datetime, timezone: str) -> Window:
    """The window of a run: by the date somebody asked for, else its logical date, else the time it was due.

    A run of logical date D therefore sees the data up to the midnight that opens D in ``timezone``, whether
    it is scheduled, backfilled or repeated years later. Raises UserError for a date that is none or that is
    still to come: data of such a window is not complete, so the run could not be repeated.
    """
    zone = ZoneInfo(timezone)
    today = run_after.astimezone(zone).date()
    end = _parse(requested) if requested else (logical_date or run_after).astimezone(zone).date()
    if end > today:
        raise UserError(
            f"the data window's end {end} lies after the run's own date {today} ({timezone}); choose {today}"
        )
    return Window(end, timezone)


def day_of(key: str) -> date | None:
    """The day an object key belongs to, None if it names none."""
    match = DAY.search(key)
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def _parse(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError(f"the data window's end {text!r} is not a date; write YYYY-MM-DD") from None
