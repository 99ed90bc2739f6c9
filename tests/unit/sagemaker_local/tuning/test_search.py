"""Strategies: repeatable, without repetition, and the Bayesian one better than chance."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable

import pytest

from sagemaker_local.tuning import search
from sagemaker_local.tuning.bayesian import bayesian
from sagemaker_local.tuning.search import Known, Strategy
from sagemaker_local.tuning.space import Categorical, Continuous, Integer, Space, Values

SPACE = Space(
    (Continuous("rate", 1e-5, 1.0, "Logarithmic"), Integer("depth", 1, 12), Categorical("kind", tuple("abc")))
)
SMALL = Space((Integer("n", 1, 3), Categorical("c", ("a", "b"))))
STRATEGIES = [search.random, bayesian]
Objective = Callable[[Values], float]


def loss(values: Values) -> float:
    """Least, 0, at rate 0.01, depth 6, kind b."""
    kinds = {"a": 1.0, "b": 0.0, "c": 0.5}
    return (math.log10(float(values["rate"])) + 2) ** 2 + (int(values["depth"]) - 6) ** 2 / 10 + kinds[values["kind"]]


def searched(
    strategy: Strategy, space: Space, objective: Objective, jobs: int, seed: int, minimize: bool = True
) -> list[tuple[Values, float]]:
    """What one training job after the other finds."""
    tested: list[tuple[Values, float]] = []
    for number in range(1, jobs + 1):
        values = strategy(space, Known(tuple(tested), minimize=minimize), seed, number)
        tested.append((values, objective(values)))
    return tested


def test_the_bayesian_search_beats_the_random_one() -> None:
    """On the median of five seeds, with thirty training jobs each, and by far."""
    found = {
        strategy: statistics.median(
            min(value for _, value in searched(strategy, SPACE, loss, 30, seed)) for seed in range(5)
        )
        for strategy in STRATEGIES
    }
    assert found[bayesian] < found[search.random] / 3


def test_the_bayesian_search_maximizes_too() -> None:
    found = searched(bayesian, SPACE, lambda values: -loss(values), 30, seed=1, minimize=False)
    assert max(value for _, value in found) == pytest.approx(-min(loss(values) for values, _ in found))
    assert max(value for _, value in found[15:]) > max(value for _, value in found[:5])


def test_what_the_parents_found_is_where_a_bayesian_search_goes_on() -> None:
    """Its first proposal is as good as one after all those jobs."""
    tested = tuple(searched(bayesian, SPACE, loss, 30, seed=2))
    first = [loss(bayesian(SPACE, Known(tested), seed, 1)) for seed in range(5)]
    alone = [loss(bayesian(SPACE, Known(), seed, 1)) for seed in range(5)]
    assert statistics.median(first) < statistics.median(alone) / 3


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_one_seed_gives_one_search_and_another_seed_another(strategy: Strategy) -> None:
    assert searched(strategy, SPACE, loss, 12, seed=3) == searched(strategy, SPACE, loss, 12, seed=3)
    assert searched(strategy, SPACE, loss, 12, seed=3) != searched(strategy, SPACE, loss, 12, seed=4)


def test_a_random_proposal_does_not_depend_on_what_is_known() -> None:
    known = Known(tuple(searched(search.random, SPACE, loss, 5, seed=1)))
    assert search.random(SPACE, known, 7, 6) == search.random(SPACE, Known(), 7, 6)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("seed", range(3))
def test_a_small_space_is_searched_whole_without_repetition(strategy: Strategy, seed: int) -> None:
    found = [values for values, _ in searched(strategy, SMALL, lambda values: float(values["n"]), 6, seed)]
    assert sorted(map(str, found)) == sorted(str(SMALL.combination(index)) for index in range(6))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_what_runs_and_what_has_failed_is_not_tried_again_either(strategy: Strategy) -> None:
    every = [SMALL.combination(index) for index in range(6)]
    known = Known(tested=((every[0], 1.0), (every[5], 2.0)), pending=(every[1], every[2]), failed=(every[4],))
    assert strategy(SMALL, known, 1, 6) == every[3]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_space_that_is_used_up_is_searched_again(strategy: Strategy) -> None:
    known = Known(tuple((SMALL.combination(index), float(index)) for index in range(6)))
    assert strategy(SMALL, known, 1, 7) in [SMALL.combination(index) for index in range(6)]


def test_training_jobs_side_by_side_try_different_things() -> None:
    tested = tuple(searched(bayesian, SPACE, loss, 12, seed=5))
    pending: list[Values] = []
    for number in range(13, 17):
        pending.append(bayesian(SPACE, Known(tested, tuple(pending)), 5, number))
    assert len({str(values) for values in pending}) == 4


def test_a_grid_is_gone_through_in_order() -> None:
    assert [search.grid(SMALL, Known(), 1, number) for number in range(1, 7)] == [
        SMALL.combination(index) for index in range(6)
    ]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_where_nothing_is_searched_there_is_one_thing_to_try(strategy: Strategy) -> None:
    assert strategy(Space(()), Known((({}, 1.0),) * 6), 1, 7) == {}
