from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from mlops_sagemaker.errors import UserError
from mlops_sagemaker.traffic import HOUR, TrafficWindow, ended_day, last_hour, served

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=15)


@pytest.mark.parametrize("logical_date", [LATER, NOON, NOON + timedelta(minutes=59)])
def test_a_run_looks_at_the_last_whole_hour(logical_date: datetime) -> None:
    window = last_hour("", logical_date, LATER + HOUR)
    assert window == TrafficWindow(NOON - HOUR, NOON)
    assert window.document() == {"start": "2026-03-02T11:00:00Z", "end": "2026-03-02T12:00:00Z"}


def test_a_run_without_logical_date_goes_by_when_it_was_due() -> None:
    assert last_hour("", None, LATER).end == NOON


@pytest.mark.parametrize("asked", ["2026-03-01T05:30", "2026-03-01T05:00:00Z", "2026-03-01T06:30+01:00"])
def test_another_hour_may_be_asked_for(asked: str) -> None:
    assert last_hour(asked, LATER, LATER).end == datetime(2026, 3, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(("asked", "problem"), [("noon", "is no time"), ("2026-03-02T13:00", "has not ended")])
def test_a_time_that_is_none_or_has_not_come_is_refused(asked: str, problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        last_hour(asked, LATER, LATER)


def test_a_windows_folders_are_its_hours_in_utc() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    window = TrafficWindow(datetime(2026, 1, 1, tzinfo=berlin), datetime(2026, 1, 1, 3, tzinfo=berlin))
    assert window.prefixes("%Y/%m/%d/%H/") == ["2025/12/31/23/", "2026/01/01/00/", "2026/01/01/01/"]
    assert window.prefixes("%Y/%m/%d/") == ["2025/12/31/", "2026/01/01/"]
    half = TrafficWindow(NOON + HOUR / 2, NOON + 3 * HOUR / 2)
    assert half.prefixes("%Y/%m/%d/%H/") == ["2026/03/02/12/", "2026/03/02/13/"]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kolkata", "Africa/Cairo", "America/New_York"])
@pytest.mark.parametrize("delay", [0, 2])
def test_each_day_of_a_year_ends_in_one_hour_and_days_follow_on_each_other(zone: str, delay: int) -> None:
    hours = [NOON + number * HOUR for number in range(366 * 24)]
    days = [day for end in hours if (day := ended_day(TrafficWindow(end - HOUR, end), zone, delay))]
    assert len(days) == 366
    assert all(earlier.end == later.start for earlier, later in pairwise(days))
    changes = zone not in ("UTC", "Asia/Kolkata")
    assert {(day.end - day.start) // HOUR for day in days} == ({23, 24, 25} if changes else {24})


def pointer(since: str, previous: bool = True) -> dict[str, dict[str, str] | None]:
    return {"champion": {"name": "new", "since": since}, "previous": {"name": "old"} if previous else None}


def test_what_served_in_a_window_is_judged_by_its_own_baseline() -> None:
    after = served(pointer("2026-03-02T11:00:00+00:00"), NOON)
    before = served(pointer("2026-03-02T12:30:00+00:00"), NOON)
    first = served(pointer("2026-03-02T12:30:00+00:00", previous=False), NOON)
    assert (after or {})["name"] == "new"
    assert (before or {})["name"] == "old"
    assert (first or {})["name"] == "new"
    assert served({"champion": None, "previous": None}, NOON) is None


def test_what_a_version_served_that_was_rolled_back_is_its_own() -> None:
    left = {"name": "bad", "since": "2026-03-02T11:00:00+00:00", "until": "2026-03-02T13:30:00+00:00"}
    champion = {"name": "old", "since": "2026-03-01T00:00:00+00:00"}
    rolled_back = {"champion": champion, "previous": None, "left": left}
    names = [(served(rolled_back, NOON + hours * HOUR) or {})["name"] for hours in (-1, 0, 1, 2)]
    assert names == ["old", "bad", "bad", "old"]
    after = {**rolled_back, "champion": {"name": "new", "since": "2026-03-02T15:00:00+00:00"}, "previous": champion}
    assert [(served(after, NOON + hours * HOUR) or {})["name"] for hours in (0, 2, 4)] == ["bad", "old", "new"]
