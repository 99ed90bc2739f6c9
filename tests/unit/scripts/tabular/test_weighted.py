from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabular import weighted
from tabular.weighted import Distribution, Values, Weighted

NUMBERS = st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=200)
CLOSE = st.lists(st.floats(-2, 2, width=32), min_size=20, max_size=200)
MOST = 16


def floats(values: Sequence[float]) -> Values:
    return np.array(values, dtype=np.float32) + np.float32(0)


def counted(values: Values, anchors: Values | None, parts: int = 1) -> Weighted:
    found = Distribution(anchors)
    for part in np.array_split(values, parts):
        found.add(part)
        found.weighted()
    return found.weighted()


@given(NUMBERS, st.integers(1, 5))
def test_every_value_is_counted_however_they_come(values: list[float], parts: int) -> None:
    known, counts = np.unique(floats(values), return_counts=True)
    for anchors in (None, floats([])):
        found = counted(floats(values), anchors, parts)
        assert (found.values.tolist(), found.weights.tolist()) == (known.tolist(), counts.tolist())


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardly any values are kept."""
    monkeypatch.setattr(weighted, "MOST", MOST)


@pytest.mark.usefixtures("few")
@given(CLOSE, CLOSE, st.integers(2, 5))
def test_of_very_many_values_ranks_at_anchors_are_exact_and_nothing_hangs_on_their_order(
    values: list[float], others: list[float], parts: int
) -> None:
    given, at = floats(values), np.unique(floats([*values[:4], *others[:4]]))
    found = counted(given, at)
    assert found.size == len(given)
    assert (np.diff(found.values) > 0).all()
    ordered = np.sort(given)
    for side in ("left", "right"):
        assert found.below(at, side).tolist() == np.searchsorted(ordered, at, side=side).tolist()
    again = counted(np.random.default_rng(0).permutation(given), at, parts)
    assert (found.values.tolist(), found.weights.tolist()) == (again.values.tolist(), again.weights.tolist())


def test_of_very_many_values_few_are_kept_and_none_is_far_from_what_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weighted, "MOST", 1000)
    values = np.sort(np.random.default_rng(0).lognormal(0, 2, 50_000).astype(np.float32))
    found = counted(values, values[:: len(values) // 10], parts=7)
    assert len(found.values) <= 1000
    assert found.at(np.arange(len(values))) == pytest.approx(values, rel=2**-5)
    assert len(counted(values, None).values) == len(np.unique(values))


def test_rows_are_found_by_their_places() -> None:
    found = Weighted(floats([1, 2, 5]), np.array([2.0, 1.0, 3.0]))
    assert found.at(np.arange(6)).tolist() == [1, 1, 2, 5, 5, 5]
    assert (found.size, found.shares.tolist()) == (6, [2 / 6, 3 / 6, 1])
    assert found.below([1, 2, 3]).tolist() == [0, 2, 3]
