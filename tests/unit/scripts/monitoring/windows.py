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
from tabular.columns import parse
from tabular.data_quality import Profile
from tabular.table import of_rows
from tests.unit.scripts.monitoring.captured import WINDOW, traffic, write

FEATURES = USE_CASE.schema.features
NAMES = [feature.name for feature in FEATURES]
Change = Callable[[Sequence[str]], list[str]]


def events(rows: Sequence[str], limits: Limits, folder: Path, seeds: range, size: int) -> int:
    """How often a violation is found though chance alone, once a seed, has parted the rows into those of a baseline, a
    half of them, and a window of ``size`` of the others: a baseline is no more than a sample, either."""
    table = of_rows(
        FEATURES, [parse(FEATURES, dict(zip(NAMES, row.split(","), strict=True)), "sample") for row in rows]
    )
    found = 0
    for seed in seeds:
        order = np.random.default_rng(seed).permutation(len(rows))
        known, seen = order[: len(rows) // 2], order[len(rows) // 2 :][:size]
        profile = Profile(FEATURES)
        profile.add(table.take(np.isin(np.arange(len(rows)), known)))
        window = [rows[place] for place in seen.tolist()]
        found += outcome(window, Baseline(*profile.documents()), limits, folder) == VIOLATIONS
    return found


def outcome(window: Sequence[str], baseline: Baseline, limits: Limits, folder: Path) -> str:
    """How a window of these rows ends."""
    files = write(folder, traffic(window))
    return str(data.analyse(USE_CASE, WINDOW, files, baseline, limits).result["status"])


def drawn(rows: Sequence[str], seed: int, size: int) -> list[str]:
    """So many of the rows as chance draws them from this seed."""
    return [rows[place] for place in np.random.default_rng(seed).integers(len(rows), size=size).tolist()]


def chance_of_so_many(events: int, windows: int, rate: float) -> float:
    """By the binomial distribution, the probability of at least so many events of this ``rate``."""
    return math.fsum(
        math.comb(windows, number) * rate**number * (1 - rate) ** (windows - number)
        for number in range(events, windows + 1)
    )


def multiplied(column: str, factor: float) -> Change:
    """All values of a column times ``factor``."""
    place = NAMES.index(column)

    def change(rows: Sequence[str]) -> list[str]:
        cells = [row.split(",") for row in rows]
        return [",".join([*row[:place], f"{float(row[place]) * factor:.6g}", *row[place + 1 :]]) for row in cells]

    return change
