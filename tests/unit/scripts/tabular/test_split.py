from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabular import split
from tabular.split import PARTS
from tabular.use_case import Split

RANDOM = np.random.default_rng(0).integers(0, 2**64, size=100_000, dtype=np.uint64)

shares = st.floats(0.01, 0.45)


def test_every_part_has_its_share() -> None:
    counts = np.bincount(split.parts(RANDOM, Split(test=0.2, validation=0.1)), minlength=3) / len(RANDOM)
    # Four standard deviations of a binomial share.
    assert dict(zip(PARTS, counts, strict=True)) == pytest.approx(
        {"train": 0.7, "validation": 0.1, "test": 0.2}, abs=0.006
    )


@given(shares, shares, shares, shares)
def test_the_smaller_test_part_of_two_splits_lies_in_the_larger(
    test: float, validation: float, other_test: float, other_validation: float
) -> None:
    one, other = (
        split.parts(RANDOM[:500], Split(*each)) == PARTS.index("test")
        for each in ((test, validation), (other_test, other_validation))
    )
    smaller, larger = (one, other) if test < other_test else (other, one)
    assert not (smaller & ~larger).any()


@pytest.mark.parametrize(("found", "part"), [(0, "test"), (2**64 - 1, "train"), (2**62, "validation")])
def test_a_hash_keeps_its_part_from_release_to_release(found: int, part: str) -> None:
    chosen = split.parts(np.array([found], dtype=np.uint64), Split(test=0.15, validation=0.15))
    assert PARTS[chosen[0]] == part
