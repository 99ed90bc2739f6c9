"""Windows of captured traffic: what an endpoint was asked in some hours, and where SageMaker has put that.

Data capture lays its files below ``<endpoint>/<variant>/yyyy/mm/dd/hh/``, by the hour in UTC.
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mlops_sagemaker.errors import UserError

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class TrafficWindow:
    """From ``start`` to before ``end``, both with a time zone."""

    start: datetime
    end: datetime

    def prefixes(self, form: str) -> list[str]:
        """The folders that the window's hours lie in, in time's order; ``form`` names that of an hour (strftime)."""
        first = _whole_hour(self.start.astimezone(UTC))
        hours = -((first - self.end) // HOUR)
        return list(dict.fromkeys((first + number * HOUR).strftime(form) for number in range(hours)))

    def document(self) -> dict[str, str]:
        """The window as JSON."""
        return {"start": _text(self.start), "end": _text(self.end)}


def last_hour(asked: str, logical_date: datetime | None, run_after: datetime) -> TrafficWindow:
    """The window of a run: the whole hour before the time that somebody ``asked`` for (ISO 8601, in UTC unless it says
    otherwise), else before its logical date, else before it was due. Raises UserError for a time that is none, or for
    an hour that has not ended."""
    due = parsed(asked) if asked else (logical_date or run_after).astimezone(UTC)
    end = _whole_hour(due)
    if end > run_after:
        raise UserError(f"the hour that ends at {_text(end)} has not ended; choose one before {_text(run_after)}")
    return TrafficWindow(end - HOUR, end)


def ended_day(window: TrafficWindow, timezone: str, delay: int) -> TrafficWindow | None:
    """The day that ended ``delay`` days before the midnight of ``timezone`` in ``window``; None if it has no midnight.

    Windows that follow on each other have each midnight once, also where clocks change: the days follow on each other.
    """
    zone = ZoneInfo(timezone)
    day = window.end.astimezone(zone).date()
    if not window.start < midnight(day, zone) <= window.end:
        return None
    end = day - timedelta(days=delay)
    return TrafficWindow(midnight(end - timedelta(days=1), zone), midnight(end, zone))


def served(pointer: Mapping[str, Any], at: datetime) -> Mapping[str, Any] | None:
    """Who served ``at`` that time, by the champion's pointer (`deployments`); None if nobody ever has.

    The pointer knows the champion, the one before, and who was rolled back last: what was earlier still counts as the
    one before.
    """
    champion, previous, left = pointer["champion"], pointer["previous"], pointer.get("left")
    if left is not None and datetime.fromisoformat(left["since"]) < at <= datetime.fromisoformat(left["until"]):
        return dict(left)
    if champion is not None and previous is not None and datetime.fromisoformat(champion["since"]) > at:
        return dict(previous)
    return None if champion is None else dict(champion)


def parsed(text: str) -> datetime:
    """The time that a text in ISO 8601 names, in UTC unless it says otherwise. Raises UserError for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(f"{text!r} is no time; write YYYY-MM-DDTHH:MM") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def day_of(text: str, timezone: str) -> date:
    """The date in ``timezone`` at the time that ``text`` names."""
    return parsed(text).astimezone(ZoneInfo(timezone)).date()


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The midnight that opens a day, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _whole_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
