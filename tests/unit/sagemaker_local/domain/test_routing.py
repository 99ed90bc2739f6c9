"""Picking by weight."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.domain.routing import Weighted

WEIGHTS = st.lists(st.floats(0, 1e6), min_size=1, max_size=10)
POINTS = st.floats(0, 1, exclude_max=True)


@pytest.mark.documented("model-ab-testing: traffic by variant weight")
def test_each_gets_its_share() -> None:
    picked = Counter(Weighted([("a", 1.0), ("b", 3.0)]).pick(point / 1000) for point in range(1000))
    assert picked == {"a": 250, "b": 750}


@pytest.mark.documented("API_ProductionVariant: InitialVariantWeight")
@given(WEIGHTS, POINTS)
def test_what_has_no_weight_is_never_picked_and_something_else_always_is(weights: list[float], point: float) -> None:
    picked = Weighted(list(enumerate(weights))).pick(point)
    if any(weights):
        assert picked is not None
        assert weights[picked] > 0
    else:
        assert picked is None


@pytest.mark.local_only
def test_of_nothing_nothing_is_picked() -> None:
    assert Weighted[str]([]).pick(0.5) is None
