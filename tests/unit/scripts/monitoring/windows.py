"""Windows of traffic by the hundred, with and without drift, through the monitor's own decision."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from abalone import USE_CASE
from monitoring import data
from monitoring.analysis import VIOLATIONS
from monitoring.baseline import Baseline
from monitoring.limits import Limits
from tests.unit.scripts.monitoring.captured import WINDOW, traffic, write

Change = Callable[[list[str]], list[str]]


def events(
    rows: Sequence[str],
    baseline: Baseline,
    limits: Limits,
    folder: Path,
    seeds: range,
    size: int,
    change: Change = list,
) -> int:
    """In how many windows of ``size`` rows that chance has drawn, one a seed, a violation is found."""
    return sum(outcome(rows, baseline, limits, folder, seed, size, change) == VIOLATIONS for seed in seeds)


def outcome(
    rows: Sequence[str], baseline: Baseline, limits: Limits, folder: Path, seed: int, size: int, change: Change = list
) -> str:
    """How the window that chance has drawn from this seed ends."""
    drawn = np.random.default_rng(seed).integers(len(rows), size=size)
    files = write(folder, traffic(change([rows[place] for place in drawn.tolist()])))
    return str(data.analyse(USE_CASE, WINDOW, files, baseline, limits).result["status"])


def chance_of_so_many(events: int, windows: int, rate: float) -> float:
    """By the binomial distribution, the probability of at least so many events of this ``rate``."""
    return math.fsum(
        math.comb(windows, number) * rate**number * (1 - rate) ** (windows - number)
        for number in range(events, windows + 1)
    )


def multiplied(column: str, factor: float) -> Change:
    """All values of a column times ``factor``."""
    place = [feature.name for feature in USE_CASE.schema.features].index(column)

    def change(rows: list[str]) -> list[str]:
        cells = [row.split(",") for row in rows]
        return [",".join([*row[:place], f"{float(row[place]) * factor:.6g}", *row[place + 1 :]]) for row in cells]

    return change
