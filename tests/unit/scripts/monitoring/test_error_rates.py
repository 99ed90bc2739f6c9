"""How often a monitor cries wolf, and how surely it finds a wolf: what its declared limits promise."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from monitoring import drift
from monitoring.baseline import Baseline
from monitoring.limits import Limits
from monitoring.statistics import Weighted
from tests.unit.scripts.monitoring.windows import chance_of_so_many, events, multiplied

WINDOWS = range(500)
CERTAIN = 0.01
"""The level of the binomial test."""


@pytest.mark.parametrize("size", [60, *(pytest.param(size, marks=pytest.mark.soak) for size in (300, 2000))])
def test_without_drift_events_are_no_more_frequent_than_declared(
    size: int, rows: Sequence[str], baseline: Baseline, tmp_path: Path
) -> None:
    limits = Limits(significance=0.01, distance=0.0)  # the test alone decides, no floor helps it
    found = events(rows, baseline, limits, tmp_path, WINDOWS, size)
    print(f"{found} of {len(WINDOWS)} windows of {size} rows, of which {limits.significance:.0%} were declared")
    assert chance_of_so_many(found, len(WINDOWS), limits.significance) > CERTAIN


def test_without_drift_p_values_are_those_of_chance() -> None:
    """Of independent features of which no value comes twice the rate is the declared one itself, not only at most."""
    random, rate = np.random.default_rng(0), 0.05
    known = [Weighted(np.sort(random.normal(size=4000).astype(np.float32)), np.ones(4000)) for _ in range(8)]
    references = {f"x{place}": each for place, each in enumerate(known)}
    limits, found = Limits(significance=rate, distance=0.0), 0
    for _ in WINDOWS:
        values = {name: np.sort(random.normal(size=400).astype(np.float32)) for name in references}
        compared = drift.compare(values, references, Baseline({}, {}), limits)
        found += any(each.drifted for each in compared.values())
    assert stats.binomtest(found, len(WINDOWS), rate).pvalue > CERTAIN


@pytest.mark.parametrize(("factor", "least"), [(1.1, 0.0), (1.3, 0.9), (1.6, 1.0)])
def test_the_larger_a_drift_the_surer_it_is_found(
    factor: float, least: float, rows: Sequence[str], baseline: Baseline, tmp_path: Path
) -> None:
    windows = range(20)
    found = events(rows, baseline, Limits(), tmp_path, windows, 300, multiplied("shell_weight", factor))
    assert found >= least * len(windows)
