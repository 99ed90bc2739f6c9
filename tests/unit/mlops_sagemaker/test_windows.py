from datetime import UTC, date, datetime

import pytest

from mlops_sagemaker import windows
from mlops_sagemaker.errors import UserError
from mlops_sagemaker.windows import Window

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_scheduled_run_sees_the_days_before_its_logical_date() -> None:
    two_in_berlin = datetime(2026, 3, 2, 1, tzinfo=UTC)
    assert windows.resolve(None, two_in_berlin, two_in_berlin, "Europe/Berlin").end == date(2026, 3, 2)


def test_the_logical_date_counts_in_the_dags_zone() -> None:
    two_in_auckland = datetime(2026, 3, 1, 13, tzinfo=UTC)
    assert windows.resolve("", two_in_auckland, two_in_auckland, "Pacific/Auckland").end == date(2026, 3, 2)


def test_a_backfilled_run_sees_what_the_run_of_that_day_saw() -> None:
    logical_date = datetime(2025, 3, 2, 2, tzinfo=UTC)
    assert windows.resolve(None, logical_date, NOON, "UTC").end == date(2025, 3, 2)


def test_a_run_without_logical_date_ends_its_window_at_the_midnight_before_it_was_due() -> None:
    assert windows.resolve(None, None, NOON, "UTC").end == date(2026, 3, 2)
    assert windows.resolve(None, None, NOON, "Pacific/Auckland").end == date(2026, 3, 3)


def test_a_requested_end_comes_before_everything_else() -> None:
    assert windows.resolve("1995-12-01", NOON, NOON, "UTC").end == date(1995, 12, 1)


def end(*told: dict[str, object], requested: str = "", logical_date: datetime | None = None) -> date:
    return windows.resolve(requested, logical_date, NOON, "UTC", told).end


def test_a_run_that_events_made_ends_its_window_where_the_latest_of_them_says() -> None:
    assert end({"window_end": "2026-02-27"}, {"window_end": "2026-03-01"}, {"window_end": "2026-02-28"}) == date(
        2026, 3, 1
    )
    assert end({"rows": 3}, {"window_end": "2026-02-28"}) == date(2026, 2, 28)


def test_events_that_name_no_end_leave_the_runs_start() -> None:
    assert end({}, {"rows": 3}) == date(2026, 3, 2)


def test_what_a_person_asks_for_and_a_logical_date_count_more_than_events() -> None:
    told = {"window_end": "2026-02-20"}
    assert end(told, requested="2026-02-01") == date(2026, 2, 1)
    assert end(told, logical_date=NOON) == date(2026, 3, 2)


def test_an_event_may_end_the_window_with_the_day_that_goes_on() -> None:
    assert end({"window_end": "2026-03-03"}) == date(2026, 3, 3)


@pytest.mark.parametrize("text", ["soon", "2026-03-04", None])
def test_an_event_with_an_end_that_is_no_date_or_still_to_come_is_refused(text: object) -> None:
    with pytest.raises(UserError, match="the data window's end"):
        end({"window_end": text})


@pytest.mark.parametrize("text", ["yesterday", "2026-02-30", "01.03.2026", "2026-03-01T00:00:00"])
def test_a_requested_end_that_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="is not a date; write YYYY-MM-DD"):
        windows.resolve(text, NOON, NOON, "UTC")


def test_a_window_that_is_not_over_yet_is_refused() -> None:
    with pytest.raises(UserError, match="lies after the run's own date 2026-03-02"):
        windows.resolve("2026-03-03", NOON, NOON, "UTC")


def test_the_windows_end_is_exclusive_and_objects_without_a_day_belong_to_no_window() -> None:
    keys = [
        "day=2026-03-02/c.csv",
        "day=2026-03-01/b.csv",
        "day=1995-11-30/a.csv",
        "readme.txt",
        "day=2026-02-30/x",
    ]
    assert Window(date(2026, 3, 2), "UTC").select(keys) == ["day=1995-11-30/a.csv", "day=2026-03-01/b.csv"]


def test_a_window_of_some_days_begins_so_many_before_its_end() -> None:
    keys = [f"day=2026-02-{day}/a.csv" for day in (25, 26, 27, 28)]
    window = windows.resolve(None, NOON.replace(month=2, day=28), NOON, "UTC", days=2)
    assert window.select(keys) == ["day=2026-02-26/a.csv", "day=2026-02-27/a.csv"]


def test_a_window_without_data_names_what_was_looked_for_and_what_is_there() -> None:
    window = Window(date(2026, 3, 2), "UTC", days=3)
    with pytest.raises(UserError) as caught:
        window.manifest("s3://b/data/", ["day=2026-02-01/a.csv", "day=2026-03-02/b.csv", "readme.txt"])
    assert str(caught.value) == (
        "no data: s3://b/data/ has no day before the window's end 2026-03-02 and at most 3 days earlier, "
        "its days go from 2026-02-01 to 2026-03-02; load data or choose another window"
    )


def test_a_run_scores_the_day_before_its_own_date() -> None:
    window = windows.of_day("", NOON, NOON, "UTC")
    assert (window.last_day, window.days) == (date(2026, 3, 1), 1)
    assert windows.of_day(None, datetime(2025, 3, 2, 2, tzinfo=UTC), NOON, "UTC").last_day == date(2025, 3, 1)


def test_a_requested_day_is_scored_as_soon_as_it_is_over() -> None:
    assert windows.of_day("2026-03-01", NOON, NOON, "UTC").last_day == date(2026, 3, 1)
    with pytest.raises(UserError, match="the day 2026-03-02 is not over at the run's own date 2026-03-02"):
        windows.of_day("2026-03-02", NOON, NOON, "UTC")


def test_a_requested_day_that_is_no_date_is_refused() -> None:
    with pytest.raises(UserError, match="the day 'soon' is not a date"):
        windows.of_day("soon", NOON, NOON, "UTC")


def test_an_event_may_say_how_long_its_window_is() -> None:
    due = datetime(2026, 3, 5, 2, tzinfo=UTC)
    told = [{"window_end": "2026-03-05", "window_days": 7}, {"window_end": "2026-03-04", "window_days": 90}]
    assert windows.resolve(None, None, due, "UTC", told).days == 7
    assert windows.resolve(None, None, due, "UTC", [*told, {"window_end": "2026-03-05"}]).days is None
    assert windows.resolve(None, None, due, "UTC", [*told, {"window_end": "2026-03-05"}], 30).days == 30
    assert windows.resolve("2026-03-01", None, due, "UTC", told).days is None


@pytest.mark.parametrize("days", [0, -1, "7", 1.5])
def test_an_events_window_of_no_length_is_refused(days: object) -> None:
    due = datetime(2026, 3, 5, 2, tzinfo=UTC)
    with pytest.raises(UserError, match="is no number of days"):
        windows.resolve(None, None, due, "UTC", [{"window_end": "2026-03-05", "window_days": days}])
