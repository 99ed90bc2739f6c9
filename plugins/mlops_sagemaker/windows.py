"""Data windows: a run sees the days before its window's end, and nothing else.

Data objects lie below ``day=YYYY-MM-DD/``. The window's end is a local date: the midnight that opens it is
exclusive.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mlops_sagemaker.errors import UserError

DAY = re.compile(r"(?:^|/)day=(\d{4}-\d{2}-\d{2})/")
WINDOW_END = "window_end"
"""What an asset event's ``extra`` calls the end of the window that became complete with it."""
WINDOW_DAYS = "window_days"
"""What it calls how many days long the window is, if not as long as any other of the DAG."""


@dataclass(frozen=True)
class Window:
    """All days before ``end``, a date in the time zone ``timezone``; with ``days`` only so many, the last of them."""

    end: date
    timezone: str
    days: int | None = None

    def select(self, keys: Iterable[str]) -> list[str]:
        """The object keys whose day lies in the window, sorted; keys without a day belong to no window."""
        return sorted(key for key in keys if (day := day_of(key)) is not None and self._holds(day))

    def manifest(self, prefix: str, keys: Iterable[str]) -> list[Any]:
        """A run's input, to be recorded: SageMaker's ManifestFile of the objects in the window.

        ``prefix`` is the S3 URI of a folder, ``keys`` are all that lies below it, relative to it. Raises UserError
        if no object lies in the window.
        """
        found = list(keys)
        selected = self.select(found)
        if not selected:
            days = sorted(str(day) for key in found if (day := day_of(key)))
            there = f"its days go from {days[0]} to {days[-1]}" if days else "it holds no day at all"
            raise UserError(f"no data: {prefix} has no day {self}, {there}; load data or choose another window")
        return [{"prefix": prefix}, *selected]

    @property
    def last_day(self) -> date:
        """The day before its end."""
        return self.end - timedelta(days=1)

    def _holds(self, day: date) -> bool:
        return day < self.end and (self.days is None or day >= self.end - timedelta(days=self.days))

    def __str__(self) -> str:
        length = f" and at most {self.days} days earlier" if self.days is not None else ""
        return f"before the window's end {self.end}{length}"


def resolve(
    requested: str | None,
    logical_date: datetime | None,
    run_after: datetime,
    timezone: str,
    extras: Sequence[Mapping[str, Any]] = (),
    days: int | None = None,
) -> Window:
    """The window of a run: by the date somebody asked for, else its logical date, else what the events that caused it
    say in their ``extras`` (several events make one run: the latest end counts, of equal ones the longest window), else
    the time it was due.

    A run of logical date D therefore sees the data up to the midnight that opens D in ``timezone``, whether
    it is scheduled, backfilled or repeated years later. ``days`` is the window's length, None for all there is, unless
    an event says another. Raises UserError for a date that is none or that is still to come: data of such a window is
    not complete, so the run could not be repeated. Only an event may end it with the day that goes on: it says that
    something of this day is there already.
    """
    zone = ZoneInfo(timezone)
    today = run_after.astimezone(zone).date()
    told = [(_parse(str(extra[WINDOW_END])), _length(extra, days)) for extra in extras if WINDOW_END in extra]
    end = (logical_date or run_after).astimezone(zone).date()
    latest = today
    if requested:
        end = _parse(requested)
    elif told and logical_date is None:
        end = max(each for each, _ in told)
        lengths = [length for each, length in told if each == end]
        days = None if None in lengths else max(filter(None, lengths))
        latest = today + timedelta(days=1)
    if end > latest:
        raise UserError(
            f"the data window's end {end} lies after the run's own date {today} ({timezone}); choose {latest}"
        )
    return Window(end, timezone, days)


def of_day(requested: str | None, logical_date: datetime | None, run_after: datetime, timezone: str) -> Window:
    """The window of one whole day: the one that somebody asked for, else the day before the run's own date.

    Raises UserError for a text that is no date, and for a day that is not over.
    """
    if not requested:
        return resolve(None, logical_date, run_after, timezone, days=1)
    window = Window(_parse(requested, "the day") + timedelta(days=1), timezone, 1)
    today = run_after.astimezone(ZoneInfo(timezone)).date()
    if window.end > today:
        raise UserError(f"the day {requested} is not over at the run's own date {today} ({timezone}); choose another")
    return window


def day_of(key: str) -> date | None:
    """The day an object key belongs to, None if it names none."""
    match = DAY.search(key)
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def _length(extra: Mapping[str, Any], days: int | None) -> int | None:
    length = extra.get(WINDOW_DAYS, days)
    if length is not None and (not isinstance(length, int) or length < 1):
        raise UserError(f"the data window's length {length!r} is no number of days; write a whole one from 1 on")
    return length


def _parse(text: str, what: str = "the data window's end") -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError(f"{what} {text!r} is not a date; write YYYY-MM-DD") from None
