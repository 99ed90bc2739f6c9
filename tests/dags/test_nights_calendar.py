"""The nights of the time machine are those of Airflow's own timetables, also where clocks change."""

from datetime import UTC, date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from nights.calendar import plan

BERLIN = ZoneInfo("Europe/Berlin")
HOURS_OF_2026 = 365 * 24


@pytest.fixture(scope="module")
def year() -> list[datetime]:
    return [moment.astimezone(BERLIN) for moment in plan("abalone", "Europe/Berlin", date(2026, 1, 1), 365).training]


def test_each_night_of_a_year_runs_once(year: list[datetime]) -> None:
    assert len(year) == len({night.date() for night in year}) == 365


def test_a_night_without_two_oclock_runs_at_three_and_one_with_two_of_them_once(year: list[datetime]) -> None:
    odd = [night for night in year if night.hour != 2]
    assert [night.replace(tzinfo=None) for night in odd] == [datetime(2026, 3, 29, 3)]
    doubled = [night for night in year if night.date() == date(2026, 10, 25)]
    assert len(doubled) == 1


def test_every_hour_of_utc_is_watched_once() -> None:
    watched = plan("abalone", "Europe/Berlin", date(2026, 3, 28), 3).monitoring
    assert len(watched) == 71, "the night has 23 hours"
    assert {(later - earlier).total_seconds() for earlier, later in pairwise(watched)} == {3600.0}
    assert watched[0] == datetime(2026, 3, 27, 23, 15, tzinfo=UTC)


def test_a_plan_has_the_rules_that_the_dag_file_declares() -> None:
    short = plan("abalone", "UTC", date(2026, 1, 1), 1)
    assert short.gate.metric == "mse"
    assert set(short.drift.checks) == {"data", "model"}
