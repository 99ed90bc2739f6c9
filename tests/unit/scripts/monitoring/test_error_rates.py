"""How often a monitor cries wolf, and how surely it finds a wolf: what its declared limits promise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from mlops_sagemaker.drift import Action, Check, DriftPolicy, Memory, Outcome, decide
from monitoring import drift, statistics
from monitoring.baseline import Baseline
from monitoring.limits import Limits
from tabular.weighted import Weighted
from tests.unit.scripts.monitoring.windows import chance_of_so_many, drawn, events, multiplied, outcome

WINDOWS = range(500)
MOST_WINDOWS = 6
START = datetime(2026, 3, 1, tzinfo=UTC)
CERTAIN = 0.01
"""The level of the binomial test."""


@pytest.mark.parametrize("size", [60, *(pytest.param(size, marks=pytest.mark.soak) for size in (300, 2000))])
def test_without_drift_events_are_no_more_frequent_than_declared(
    size: int, rows: Sequence[str], tmp_path: Path
) -> None:
    limits = Limits(significance=0.01, distance=0.0)  # the test alone decides, no floor helps it
    found = events(rows, limits, tmp_path, WINDOWS, size)
    print(f"{found} of {len(WINDOWS)} windows of {size} rows, of which {limits.significance:.0%} were declared")
    assert chance_of_so_many(found, len(WINDOWS), limits.significance) > CERTAIN


def test_without_drift_p_values_are_those_of_chance() -> None:
    """Of independent features of which no value comes twice the rate is the declared one itself, not only at most."""
    random, rate = np.random.default_rng(0), 0.05
    known = [_normal(random, 4000) for _ in range(8)]
    references = {f"x{place}": each for place, each in enumerate(known)}
    limits, found = Limits(significance=rate, distance=0.0), 0
    for _ in WINDOWS:
        values = {name: _normal(random, 400) for name in references}
        compared = drift.compare(values, references, Baseline({}, {}), limits)
        found += any(each.drifted for each in compared.values())
    assert stats.binomtest(found, len(WINDOWS), rate).pvalue > CERTAIN


def _normal(random: np.random.Generator, size: int) -> Weighted:
    return Weighted(np.sort(random.normal(size=size).astype(np.float32)), np.ones(size))


FEW = 50
DRAWS: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "none equal": lambda random, size: random.normal(size=size),
    "five values": lambda random, size: random.integers(0, 5, size).astype(np.float64),
    "mostly one": lambda random, size: np.where(random.random(size) < 0.8, 0.0, random.normal(size=size)),
}


@pytest.mark.parametrize("draw", DRAWS)
def test_few_rows_and_equal_values_make_no_more_events_than_declared(draw: str) -> None:
    """So do predictions of trees: few different values, and in a window no more rows than it takes to decide."""
    random, rate, windows = np.random.default_rng(0), 0.01, 2000
    known, *seen = (_counted(DRAWS[draw](random, size)) for size in (3000, *[FEW] * windows))
    distances = [statistics.kolmogorov_distance(each, known) for each in seen]
    found = sum(statistics.kolmogorov_p_value(each, FEW, known.size) < rate for each in distances)
    assert stats.binomtest(found, windows, rate, "greater").pvalue > CERTAIN


def _counted(values: np.ndarray) -> Weighted:
    different, counts = np.unique(values.astype(np.float32), return_counts=True)
    return Weighted(different, counts.astype(np.float64))


def test_a_rare_category_makes_no_more_events_than_declared() -> None:
    random, rate, shares, windows = np.random.default_rng(0), 0.01, (0.6, 0.399, 0.001), 4000
    known = random.multinomial(4000, shares, windows).astype(np.float64)
    seen = random.multinomial(300, shares, windows).astype(np.float64)
    found = sum(
        statistics.chi_squared_tail(*statistics.homogeneity(*pair)) < rate for pair in zip(seen, known, strict=True)
    )
    assert stats.binomtest(found, windows, rate, "greater").pvalue > CERTAIN


def test_the_larger_a_drift_the_sooner_it_is_found_and_a_large_one_as_soon_as_two_windows_can_tell(
    rows: Sequence[str], baseline: Baseline, tmp_path: Path
) -> None:
    delays = [_delays(rows, baseline, tmp_path, factor) for factor in (1.1, 1.17, 1.6)]
    small, medium, large = (sum(each) for each in delays)
    assert small > medium > large
    assert set(delays[-1]) == {2}


def _delays(rows: Sequence[str], baseline: Baseline, folder: Path, factor: float) -> list[int]:
    """After how many windows a change of all values by that factor is found, in ten draws."""
    change = multiplied("shell_weight", factor)
    found = []
    for first in range(0, 10 * MOST_WINDOWS, MOST_WINDOWS):
        seeds = range(first, first + MOST_WINDOWS)
        windows = (change(drawn(rows, seed, 300)) for seed in seeds)
        found.append(delay(outcome(window, baseline, Limits(), folder) for window in windows))
    print(f"all values times {factor}: found after {found} windows, {MOST_WINDOWS + 1} meaning not at all")
    return found


def delay(outcomes: Iterator[str]) -> int:
    """How many windows pass until drift is decided, one more than there are if it never is."""
    hour = timedelta(hours=1)
    policy = DriftPolicy({"data": Check(period=hour, silence=6 * hour)})
    memory = Memory()
    for number, each in enumerate(outcomes, start=1):
        decision = decide(policy, memory, START + number * hour, "7", {"data": Outcome(each)})
        if decision.action is Action.RETRAIN:
            return number
        memory = decision.memory
    return MOST_WINDOWS + 1
