"""When training runs come about: at two in the DAG's own zone, and never because somebody unpaused the
DAG."""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pendulum
import pytest
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables import trigger
from airflow.timetables.base import DataInterval, TimeRestriction

from lifecycle.training import training_dag
from tests.dags.lifecycle.declared import declared

RESTRICTION = TimeRestriction(earliest=None, latest=None, catchup=False)
BERLIN = ZoneInfo("Europe/Berlin")


def next_run(patch: pytest.MonkeyPatch, now: datetime, last: datetime | None = None, timezone: str = "UTC") -> datetime:
    """When the scheduler, asked at ``now``, wants the next run after the ``last`` one."""
    patch.setattr(trigger, "utcnow", lambda: pendulum.instance(now))
    stored = json.dumps(DagSerialization.to_dict(training_dag(declared(timezone=timezone))))
    timetable: Any = DagSerialization.from_dict(json.loads(stored)).timetable
    interval = DataInterval.exact(pendulum.instance(last)) if last else None
    info = timetable.next_dagrun_info(last_automated_data_interval=interval, restriction=RESTRICTION)
    assert info.logical_date == info.run_after
    due: datetime = info.run_after
    return due


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 3, 2, 1, 59, 59, tzinfo=UTC), datetime(2026, 3, 2, 2, tzinfo=UTC)),
        (datetime(2026, 3, 2, 2, 1, 1, tzinfo=UTC), datetime(2026, 3, 3, 2, tzinfo=UTC)),
        (datetime(2026, 3, 2, 2, 3, tzinfo=UTC), datetime(2026, 3, 3, 2, tzinfo=UTC)),
        (datetime(2026, 3, 2, 4, 23, tzinfo=UTC), datetime(2026, 3, 3, 2, tzinfo=UTC)),
        (datetime(2026, 3, 2, 12, tzinfo=UTC), datetime(2026, 3, 3, 2, tzinfo=UTC)),
        (datetime(2026, 3, 2, 23, 59, tzinfo=UTC), datetime(2026, 3, 3, 2, tzinfo=UTC)),
    ],
)
def test_a_dag_that_never_ran_waits_for_the_next_two_oclock(
    monkeypatch: pytest.MonkeyPatch, now: datetime, due: datetime
) -> None:
    assert next_run(monkeypatch, now) == due
    assert due > now


def test_the_first_night_is_not_lost_to_a_parse_between_two_oclock_and_the_schedulers_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    two = datetime(2026, 3, 2, 2, tzinfo=UTC)
    assert next_run(monkeypatch, two.replace(second=1)) == two
    assert next_run(monkeypatch, two.replace(second=59)) == two


def test_after_a_run_comes_the_next_night(monkeypatch: pytest.MonkeyPatch) -> None:
    last = datetime(2026, 3, 2, 2, tzinfo=UTC)
    assert next_run(monkeypatch, last.replace(minute=5), last) == datetime(2026, 3, 3, 2, tzinfo=UTC)


def test_nights_that_were_missed_are_not_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    last = datetime(2026, 2, 1, 2, tzinfo=UTC)
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert next_run(monkeypatch, now, last) == datetime(2026, 3, 2, 2, tzinfo=UTC)


def test_new_data_and_drift_start_a_run_too() -> None:
    stored = DagSerialization.to_dict(training_dag(declared()))
    timetable: Any = DagSerialization.from_dict(stored).timetable
    assert [asset.name for _, asset in timetable.asset_condition.iter_assets()] == ["rings_data", "rings_drift"]
    assert timetable.periodic, "a DAG that is not cannot be backfilled"


@pytest.mark.parametrize("month", [1, 7])
def test_two_oclock_is_two_in_the_use_cases_zone_in_winter_and_summer(
    monkeypatch: pytest.MonkeyPatch, month: int
) -> None:
    due = next_run(monkeypatch, datetime(2026, month, 2, 12, tzinfo=UTC), timezone="Europe/Berlin")
    assert due.astimezone(BERLIN) == datetime(2026, month, 3, 2, tzinfo=BERLIN)
