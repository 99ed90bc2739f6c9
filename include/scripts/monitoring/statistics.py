"""Tests and distances of two samples, one of which may be known by weighted values alone.

Numbers: the two-sample test of Kolmogorov and Smirnov, by its limiting distribution. Categories: Pearson's test of
homogeneity. Several tests at once: Holm's correction, which holds however they depend on each other (S. Holm, "A simple
sequentially rejective multiple test procedure", 1979).
"""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from tabular.weighted import Numbers, Weighted

SIDES: tuple[Literal["right"], Literal["left"]] = ("right", "left")
PSI_BINS = 10
PSI_SMOOTHING = 0.5
"""Added to the count of each bin, so that an empty one makes no index infinite."""
EXPECTED = 5.0
"""Cells that expect less are taken together: Pearson's approximation needs as much (W. G. Cochran, 1954)."""


def kolmogorov_distance(found: Weighted, other: Weighted) -> float:
    """The largest difference between the distribution functions of ``found`` and ``other``.

    Between two values of ``other`` its function is flat and the one of ``found`` only rises, so that the difference is
    largest at an end: of ``found`` no more than its ranks at these values is needed.
    """
    upto, below = (found.below(other.values, side) / found.size for side in SIDES)
    shares = other.shares
    before = np.concatenate([[0.0], shares[:-1]])
    last = np.flatnonzero(np.append(other.values[1:] != other.values[:-1], True))  # of equal values the last counts
    first = np.flatnonzero(np.append(True, other.values[1:] != other.values[:-1]))
    return float(max(np.abs(upto[last] - shares[last]).max(), np.abs(below[first] - before[first]).max()))


def kolmogorov_p_value(distance: float, size: float, other: float) -> float:
    """How probable such a distance is between samples of one distribution, in the limit of many rows."""
    return kolmogorov_tail(distance * math.sqrt(size * other / (size + other)))


def kolmogorov_tail(x: float) -> float:
    """1 minus Kolmogorov's distribution; of its two series the one that converges at once."""
    if x <= 0:
        return 1.0
    if x < 1.0:
        terms = sum(math.exp(-((2 * k - 1) ** 2) * math.pi**2 / (8 * x * x)) for k in range(1, 9))
        return 1.0 - math.sqrt(2 * math.pi) / x * terms
    return 2.0 * math.fsum((-1.0) ** (k - 1) * math.exp(-2 * k * k * x * x) for k in range(1, 9))


def homogeneity(counts: Numbers, others: Numbers) -> tuple[float, int]:
    """Pearson's statistic of two samples' counts by category, and its degrees of freedom; rare categories are taken
    together."""
    table = _merged(np.stack([counts, others]))
    total = table.sum()
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / total
    return float(((table - expected) ** 2 / expected).sum()), table.shape[1] - 1


def _merged(table: Numbers) -> Numbers:
    """Without the categories of which the smaller sample expects less than `EXPECTED`; their sum is one more, to which
    as many of the next rarest belong as it needs to expect that much itself."""
    expected = table.sum(axis=0) * (table.sum(axis=1).min() / table.sum())
    order = np.argsort(expected, kind="stable")
    rare = int((expected < EXPECTED).sum())
    enough = int(np.searchsorted(np.cumsum(expected[order]), EXPECTED)) + 1
    taken = order[: max(rare, enough) if rare else 0]
    merged = table[:, taken].sum(axis=1, keepdims=True)
    kept = np.delete(table, taken, axis=1)
    return np.concatenate([kept, merged], axis=1) if merged.sum() else kept


def chi_squared_tail(statistic: float, freedom: int) -> float:
    """The probability of more than ``statistic`` under the chi-squared distribution; 1 without any freedom.

    For whole degrees of freedom the incomplete gamma function is a finite sum, whose terms are taken as logarithms.
    """
    if freedom < 1 or statistic <= 0:
        return 1.0
    half = statistic / 2
    odd = freedom % 2
    exponents = [k + odd / 2 for k in range(freedom // 2)]
    terms = sum(math.exp(each * math.log(half) - half - math.lgamma(each + 1)) for each in exponents)
    return min(1.0, terms + (math.erfc(math.sqrt(half)) if odd else 0.0))


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values as they count where all of them are looked at."""
    values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    raised = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    adjusted = np.empty_like(values)
    adjusted[order] = raised.clip(max=1.0)
    return [float(each) for each in adjusted]


def share_distance(counts: Numbers, others: Numbers) -> float:
    """The largest difference between two samples in one category's share."""
    return float(np.abs(counts / counts.sum() - others / others.sum()).max())


def surpasses(part: int, whole: int, allowed: float, significance: float) -> bool:
    """Whether it is certain that of all rows a larger share than ``allowed`` is as ``part`` of these ``whole`` are.

    By Chernoff's bound, which holds for any number of rows: where the share is the allowed one, this is so with a
    probability of at most ``significance``.
    """
    if not whole or part <= allowed * whole:
        return False
    if allowed <= 0:
        return True
    share = part / whole
    rest = (1 - share) * math.log((1 - share) / (1 - allowed)) if share < 1 else 0.0
    return -whole * (share * math.log(share / allowed) + rest) < math.log(significance or math.ulp(0.0))


def stability_index(counts: Numbers, others: Numbers) -> float:
    """The population stability index of two samples' counts by bin; 0 for equal ones. It is the one that a replay and
    the server compute, too."""
    smoothed = (each + PSI_SMOOTHING for each in (counts, others))
    shares, expected = (each / each.sum() for each in smoothed)
    return float(((shares - expected) * np.log(shares / expected)).sum())


def binned(found: Weighted, other: Weighted) -> tuple[Numbers, Numbers]:
    """Counts of both between ``other``'s deciles, each of which belongs to the bin above."""
    places = np.searchsorted(other.shares, np.arange(1, PSI_BINS) / PSI_BINS, side="right")
    edges = np.unique(other.values[places])
    counts, others = (np.diff(np.concatenate([[0.0], each.below(edges), [each.size]])) for each in (found, other))
    return counts, others
