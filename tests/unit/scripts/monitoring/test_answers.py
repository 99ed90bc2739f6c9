from __future__ import annotations

from abalone import USE_CASE
from monitoring.answers import NO_HOUR, Answered, hour
from monitoring.reader import Reader
from monitoring.window import Window
from tests.unit.scripts.monitoring.captured import lines, record

DAY = Window("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")


def test_hours_are_those_of_the_records_in_any_order() -> None:
    hours = (10, 10, 3, 10, 23)
    written = [record(event=f"e-{n}", time=f"2026-03-01T{each:02}:59:59Z") for n, each in enumerate(hours)]
    (rows,) = Reader(USE_CASE.schema, DAY).read(lines(written)).parts
    found = Answered.of(USE_CASE, rows)
    first = hour("2026-03-01T00")
    assert found.hours.tolist() == [first + each for each in hours]
    assert found.groups["sex"]["M"].tolist() == [True] * 5
    assert found.predicted.tolist() == [10.5] * 5


def test_what_names_no_hour_is_none() -> None:
    assert hour("1970-01-02T01") == 25
    assert {hour(text) for text in ("2026-13-01T00", "2026-03-01T25", "often")} == {NO_HOUR}
