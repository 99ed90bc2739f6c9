from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from deploy.traffic import Planted
from nights.world import ROWS_A_DAY, World

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def world(seed: int, file: Path) -> World:
    return World(
        file, seed, BEGIN, BEGIN + timedelta(days=365), [Planted("shift", "a", 100.0), Planted("missing", "a")]
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n1,x\n2,y\n3,z\n")
    return path


def test_the_same_seed_plays_the_same_world_and_another_another(file: Path) -> None:
    one, same, other = world(1, file), world(1, file), world(2, file)
    assert (one.drifts, one.silences, one.blackouts, one.missing) == (
        same.drifts,
        same.silences,
        same.blackouts,
        same.missing,
    )
    assert one.asked(BEGIN + 5 * HOUR) == same.asked(BEGIN + 5 * HOUR)
    assert one.drifts != other.drifts


def test_an_hours_traffic_does_not_depend_on_what_was_asked_before(file: Path) -> None:
    late = world(1, file).asked(BEGIN + 9 * HOUR)
    early = world(1, file)
    early.asked(BEGIN)
    assert early.asked(BEGIN + 9 * HOUR) == late


def test_drift_is_in_traffic_and_data_while_it_lasts_and_silence_is_silent(file: Path) -> None:
    played = world(1, file)
    first, second = played.drifts[0], played.drifts[1]
    assert {row["a"] for row in played.asked(first.start - HOUR)} <= {"1", "2", "3"}
    assert {row["a"] for row in played.asked(first.start)} <= {"101", "102", "103"}
    assert not any("a" in row for row in played.asked(second.start))
    assert played.asked(played.silences[0].start) == []
    day = first.start.date() + timedelta(days=1)
    assert {row["a"] for row in played.data(day, ZoneInfo("UTC"))} <= {"101", "102", "103"}


def test_a_day_whose_data_never_came_has_none(file: Path) -> None:
    played = world(1, file)
    assert played.data(min(played.missing), ZoneInfo("UTC")) == []
    assert len(played.data(date(2026, 1, 1), ZoneInfo("UTC"))) == ROWS_A_DAY
