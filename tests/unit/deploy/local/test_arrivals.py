from __future__ import annotations

from deploy.local.arrivals import window_end


def test_the_window_ends_after_the_last_day_that_came() -> None:
    lines = [f"loaded: s3://bucket/abalone/data/day={day}/0123.csv" for day in ("2026-03-31", "2026-02-28")]
    assert window_end([*lines, "and nothing else"]) == "2026-04-01"
