"""What the benchmark says of its numbers is true of them."""

from __future__ import annotations

import random

import pytest

from bench.local import Read, percentile, print_noops, print_reads, reads


class Server:
    """Answers after the seconds that it was given."""

    def __init__(self, *seconds: float) -> None:
        self._seconds = list(seconds)

    def call(self, operation: str, request: dict[str, object]) -> tuple[dict[str, object], float]:
        return {}, self._seconds.pop(0)


def test_a_percentile_is_the_nearest_rank() -> None:
    values = [float(value) for value in range(1, 101)]
    assert percentile(values, 99) == 99
    assert percentile(values[:50], 99) == 50
    assert percentile([7.0], 50) == 7


def test_reads_are_shown_in_milliseconds_beside_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    read = Read("Describe", "DescribeTrainingJob", lambda chance: {})
    for server, seconds in {"own": (0.001, 0.002, 0.001), "moto": (0.004, 0.006, 0.004)}.items():
        client = Server(*seconds)
        for _ in seconds:
            read.measure(server, client, random.Random(0))  # type: ignore[arg-type]
    print_reads([read])
    assert capsys.readouterr().out.splitlines()[-1].split() == [
        "Describe", "1.00", "2.00", "4.00", "6.00", "4.0x", "3.0x",
    ]  # fmt: skip


def test_the_jobs_median_and_tail_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    print_noops([100.0, 300.0, 200.0])
    assert "median 200 ms, p99 300 ms, min 100 ms" in capsys.readouterr().out


def test_every_read_asks_for_something_that_is_stored() -> None:
    chance = random.Random(0)
    for read in reads():
        assert read.operation in ("DescribeTrainingJob", "ListTrainingJobs", "Search")
        assert read.request(chance)
