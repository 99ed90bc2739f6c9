"""Early stopping: the median rule as documented, and Hyperband's rungs."""

from __future__ import annotations

import pytest

from sagemaker_local.tuning.stopping import Hyperband, unpromising
from sagemaker_local.tuning.trials import Trial
from tests.unit.sagemaker_local.tuning.records import failed, trial


def course(*series: list[float]) -> list[tuple[str, float]]:
    """The values of training jobs 1, 2, ..., each job's after those of the one before."""
    return [(f"t-{number:03}", value) for number, values in enumerate(series, start=1) for value in values]


# The median rule

DONE = [trial(1, 0.0), trial(2, 0.0), trial(3, 0.0)]
# Running averages at the second epoch: 9, 5, 1. Their median is 5.
PREVIOUS = ([10.0, 8.0, 6.0], [6.0, 4.0, 2.0], [1.0, 1.0, 1.0])


@pytest.mark.parametrize(("latest", "stopped"), [(5.1, True), (5.0, False), (4.9, False)])
def test_a_job_worse_than_the_median_of_the_running_averages_is_stopped(latest: float, stopped: bool) -> None:
    family = [*DONE, trial(4)]
    assert unpromising(family, course(*PREVIOUS, [0.0, latest]), minimize=True) == (["t-004"] if stopped else [])


@pytest.mark.parametrize(("latest", "stopped"), [(5.1, False), (5.0, False), (4.9, True)])
def test_worse_is_lower_when_maximizing(latest: float, stopped: bool) -> None:
    family = [*DONE, trial(4)]
    assert unpromising(family, course(*PREVIOUS, [9.0, latest]), minimize=False) == (["t-004"] if stopped else [])


def test_only_the_latest_value_is_compared_not_the_average() -> None:
    assert unpromising([*DONE, trial(4)], course(*PREVIOUS, [1000.0, 1.0]), minimize=True) == []


def test_jobs_that_ended_before_that_epoch_say_nothing_of_it() -> None:
    assert unpromising([*DONE, trial(4)], course(*PREVIOUS, [0.0, 0.0, 0.0, 99.0]), minimize=True) == []


def test_only_completed_jobs_are_compared_with() -> None:
    others: list[Trial] = [failed(1), trial(2, 1.0, status="Stopped"), trial(3)]
    assert unpromising([*others, trial(4)], course(*PREVIOUS, [99.0]), minimize=True) == []


def test_without_a_value_or_without_others_nothing_is_stopped() -> None:
    assert unpromising([*DONE, trial(4)], course(*PREVIOUS), minimize=True) == []
    assert unpromising([trial(1)], course([99.0]), minimize=True) == []


# Hyperband

BAND = Hyperband(1, 9)


def test_the_brackets_have_fewer_and_fewer_rungs() -> None:
    assert [BAND.rungs(bracket) for bracket in range(3)] == [[1, 3], [3], []]
    assert Hyperband(2, 30).rungs(0) == [2, 6, 18]


def test_the_jobs_are_dealt_out_to_the_brackets_again_and_again() -> None:
    """Nine start with all rungs, five with one, three with none: each bracket spends about the same."""
    dealt = [BAND.bracket(number) for number in range(1, 35)]
    assert dealt == ([0] * 9 + [1] * 5 + [2] * 3) * 2


def test_where_there_is_no_room_for_rungs_there_is_one_bracket_without() -> None:
    assert Hyperband(5, 5).rungs(0) == []
    assert {Hyperband(5, 5).bracket(number) for number in range(1, 10)} == {0}


def running(count: int) -> list[Trial]:
    return [trial(number) for number in range(1, count + 1)]


def test_the_first_two_on_a_rung_go_on_whatever_they_have() -> None:
    assert BAND.beaten(running(2), course([1.0], [99.0]), minimize=True) == []


def test_from_the_third_on_only_the_best_third_goes_on() -> None:
    six = course([5.0], [4.0], [4.5], [3.0], [3.5], [3.2])
    # The third is not the best of three; the fourth is the best of four; the fifth is the second of five, and only
    # one of five goes on; the sixth is the second of six, and two do.
    assert BAND.beaten(running(6), six, minimize=True) == ["t-003", "t-005"]


def test_maximizing_turns_it_round() -> None:
    assert BAND.beaten(running(3), course([1.0], [2.0], [1.5]), minimize=False) == ["t-003"]
    assert BAND.beaten(running(3), course([1.0], [2.0], [2.5]), minimize=False) == []


def test_a_job_is_compared_with_those_that_came_to_the_rung_before_it() -> None:
    """Who was let through is not called back when better ones come."""
    assert BAND.beaten(running(4), course([9.0], [8.0], [7.0], [6.0]), minimize=True) == []


def test_before_the_first_rung_and_between_rungs_nobody_is_stopped() -> None:
    band = Hyperband(2, 18)
    bad_start = course([1.0], [1.0], [99.0])
    assert band.beaten(running(3), bad_start, minimize=True) == []
    # At two values the third is worst; with its third value it has been so for a while.
    assert band.beaten(running(3), course([1.0, 1.0], [1.0, 1.0], [99.0, 99.0]), minimize=True) == ["t-003"]
    assert band.beaten(running(3), course([1.0, 1.0], [1.0, 1.0], [0.1, 0.1, 99.0]), minimize=True) == []


def test_a_job_that_was_beaten_takes_no_place_on_a_higher_rung() -> None:
    """It prints on until it is stopped, which must not hold back others."""
    first_three = [[5.0, 5.0, 5.0], [4.0, 4.0, 4.0], [9.0, 0.0, 0.0]]
    assert BAND.beaten(running(4), course(*first_three, [3.0, 3.0, 3.0]), minimize=True) == ["t-003"]


def test_each_bracket_is_compared_by_itself() -> None:
    """Jobs 10 and 11 are of the second bracket, whose first rung is at three."""
    family = [*running(2), trial(10), trial(11)]
    found = [("t-001", 1.0), ("t-002", 1.0), ("t-010", 99.0), *[("t-011", 99.0)] * 3]
    assert BAND.beaten(family, found, minimize=True) == []


def test_every_job_is_stopped_at_the_maximum() -> None:
    assert BAND.beaten(running(1), course([1.0] * 8), minimize=True) == []
    assert BAND.beaten(running(1), course([1.0] * 9), minimize=True) == ["t-001"]


def test_what_has_ended_is_not_stopped_and_what_is_deleted_does_not_count() -> None:
    family = [trial(1, 1.0), trial(2, 1.0), trial(3, 99.0)]
    assert BAND.beaten(family, course([1.0], [1.0], [99.0]), minimize=True) == []
    assert BAND.beaten([trial(3)], course([1.0], [1.0], [99.0]), minimize=True) == []
