"""Timestamps of requests."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from sagemaker_local.protocol.timestamps import epoch_seconds, finite

MIDNIGHT = 1767225600  # 2026-01-01T00:00:00Z


@pytest.fixture
def in_california() -> Iterator[None]:
    """The process's time zone is eight hours behind UTC in winter."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "PST8PDT")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    "moment", [MIDNIGHT, float(MIDNIGHT), "2026-01-01T00:00:00Z", "2026-01-01T00:00:00", "2026-01-01T02:00:00+02:00"]
)
def test_a_time_is_read_as_utc_wherever_the_server_runs(in_california: None, moment: Any) -> None:
    assert epoch_seconds(moment) == MIDNIGHT


def test_the_fraction_of_a_second_counts() -> None:
    assert epoch_seconds("2026-01-01T00:00:00.125Z") == epoch_seconds(MIDNIGHT + 0.125) == MIDNIGHT + 0.125


def test_a_time_beyond_all_ages_is_one() -> None:
    assert epoch_seconds(10**30) == 1e30


@pytest.mark.parametrize("moment", ["yesterday", "", "2026-13-01", 10**400, float("inf"), float("nan")])
def test_what_is_no_time_is_refused(moment: Any) -> None:
    with pytest.raises(ValueError, match=r"isoformat|month|beyond all doubles"):
        epoch_seconds(moment)


@pytest.mark.parametrize("number", [10**400, -(10**400), float("inf"), float("nan")])
def test_a_number_beyond_all_doubles_is_none(number: float) -> None:
    with pytest.raises(ValueError, match="beyond all doubles"):
        finite(number)
