from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from monitoring import statistics
from tabular.weighted import Weighted

EXACT = {"rel": 1e-9, "abs": 1e-12}
COUNTS = st.lists(st.integers(0, 10_000), min_size=2, max_size=12)


def weighted(values: np.ndarray) -> Weighted:
    ordered = np.sort(values.astype(np.float32))
    return Weighted(ordered, np.ones(len(ordered)))


def samples(seed: int, whole: bool) -> tuple[Weighted, Weighted]:
    random = np.random.default_rng(seed)
    one, other = random.normal(0, 3, 400), random.normal(0.4, 3, 700)
    if whole:
        one, other = one.round(), other.round()
    return weighted(one), weighted(other)


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_the_distance_of_distributions_is_scipys_also_where_values_are_equal(seed: int, whole: bool) -> None:
    one, other = samples(seed, whole)
    expected = stats.ks_2samp(one.values.astype(float), other.values.astype(float), method="asymp").statistic
    assert statistics.kolmogorov_distance(one, other) == pytest.approx(expected, **EXACT)


def test_a_value_that_stands_for_several_rows_weighs_as_much_as_they_do() -> None:
    one, other = samples(0, whole=True)
    values, counts = np.unique(other.values, return_counts=True)
    merged = Weighted(values, counts.astype(np.float64))
    expected = statistics.kolmogorov_distance(one, other)
    assert statistics.kolmogorov_distance(one, merged) == pytest.approx(expected, **EXACT)
    values, counts = np.unique(one.values, return_counts=True)
    merged_too = Weighted(values, counts.astype(np.float64))
    assert statistics.kolmogorov_distance(merged_too, merged) == pytest.approx(expected, **EXACT)


@pytest.mark.parametrize("x", [*np.linspace(0, 4, 81).tolist(), 10.0, 40.0])
def test_the_tail_of_kolmogorovs_distribution_is_scipys(x: float) -> None:
    assert statistics.kolmogorov_tail(x) == pytest.approx(float(special.kolmogorov(x)), **EXACT)


@pytest.mark.parametrize("freedom", [1, 2, 3, 7, 50, 101])
@pytest.mark.parametrize("statistic", [0.0, 0.1, 1.0, 9.5, 60.0, 200.0, 3000.0])
def test_the_tail_of_the_chi_squared_distribution_is_scipys(statistic: float, freedom: int) -> None:
    expected = float(stats.chi2.sf(statistic, freedom))
    assert statistics.chi_squared_tail(statistic, freedom) == pytest.approx(expected, **EXACT)


@pytest.mark.parametrize("seed", range(5))
def test_pearsons_statistic_is_scipys(seed: int) -> None:
    table = np.random.default_rng(seed).integers(20, 500, (2, 6)).astype(np.float64)
    expected = stats.chi2_contingency(table, correction=False)
    assert statistics.homogeneity(*table) == (pytest.approx(expected.statistic, **EXACT), expected.dof)


def test_rare_categories_are_taken_together() -> None:
    counts, others = np.array([90.0, 4.0, 3.0, 3.0]), np.array([910.0, 30.0, 30.0, 30.0])
    expected = stats.chi2_contingency([[90, 10], [910, 90]], correction=False)
    assert statistics.homogeneity(counts, others) == (pytest.approx(expected.statistic, **EXACT), 1)


@pytest.mark.parametrize(
    ("counts", "others", "table"),
    [
        ([90, 9, 1], [910, 88, 2], [[90, 10], [910, 90]]),
        ([50, 40, 6, 2, 2], [500, 400, 60, 21, 19], [[50, 40, 10], [500, 400, 100]]),
        ([90, 10, 0], [910, 90, 0], [[90, 10], [910, 90]]),
    ],
    ids=["one is rare", "several are, and not enough of them", "one that neither has"],
)
def test_what_is_still_too_rare_together_takes_the_next_rarest_in(
    counts: list[float], others: list[float], table: list[list[int]]
) -> None:
    expected = stats.chi2_contingency(table, correction=False)
    found = statistics.homogeneity(np.array(counts, dtype=float), np.array(others, dtype=float))
    assert found == (pytest.approx(expected.statistic, **EXACT), expected.dof)


def test_one_category_cannot_differ() -> None:
    statistic, freedom = statistics.homogeneity(np.array([10.0]), np.array([90.0]))
    assert statistics.chi_squared_tail(statistic, freedom) == 1


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holms_correction_is_that_of_its_definition(values: list[float]) -> None:
    order = sorted(range(len(values)), key=lambda place: (values[place], place))
    expected, highest = [0.0] * len(values), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, values[place] * (len(values) - rank)))
        expected[place] = highest
    assert statistics.holm(values) == pytest.approx(expected)


@given(st.integers(1, 400), st.floats(0.001, 0.5), st.floats(0.001, 0.2))
def test_a_share_surpasses_what_is_allowed_by_chance_no_more_often_than_was_asked_for(
    whole: int, allowed: float, significance: float
) -> None:
    surpassing = [part for part in range(whole + 1) if statistics.surpasses(part, whole, allowed, significance)]
    assert surpassing == list(range(surpassing[0], whole + 1)) if surpassing else True
    chance = float(stats.binom.sf(surpassing[0] - 1, whole, allowed)) if surpassing else 0.0
    assert chance <= significance


def test_a_share_that_is_far_too_large_surpasses() -> None:
    assert statistics.surpasses(50, 500, 0.01, 0.01)
    assert statistics.surpasses(500, 500, 0.01, 0.01)
    assert not statistics.surpasses(1, 50, 0.01, 0.01)
    assert statistics.surpasses(1, 50, 0.0, 0.01)
    assert not statistics.surpasses(0, 0, 0.0, 0.01)


@given(COUNTS.filter(any))
def test_equal_counts_have_an_index_of_0_and_an_empty_bin_a_finite_one(counts: list[int]) -> None:
    found = np.array(counts, dtype=np.float64)
    assert statistics.stability_index(found, found) == 0
    emptied = found.copy()
    emptied[0] = 0
    if emptied.any():
        assert math.isfinite(statistics.stability_index(emptied, found))
        assert math.isfinite(statistics.stability_index(found, emptied))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("whole", [False, True])
def test_identical_samples_have_an_index_of_0_and_no_distance(seed: int, whole: bool) -> None:
    one, _ = samples(seed, whole)
    assert statistics.stability_index(*statistics.binned(one, one)) == 0
    assert statistics.kolmogorov_distance(one, one) == 0


def test_bins_are_the_baselines_deciles_and_hold_every_row() -> None:
    one, other = samples(0, whole=False)
    counts, others = statistics.binned(one, other)
    assert (counts.sum(), others.sum(), len(counts)) == (400, 700, 10)
    assert others == pytest.approx(np.full(10, 70), abs=1)


def test_the_index_is_that_of_its_definition() -> None:
    counts, others = np.array([29.5, 69.5]), np.array([49.5, 49.5])  # smoothed by a half
    expected = (0.3 - 0.5) * math.log(0.3 / 0.5) + (0.7 - 0.5) * math.log(0.7 / 0.5)
    assert statistics.stability_index(counts, others) == pytest.approx(expected)
