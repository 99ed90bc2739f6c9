from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import split


def test_the_shares_are_70_15_and_15_per_cent() -> None:
    counts = Counter(split.part(str(number)) for number in range(100_000))
    shares = {name: count / 100_000 for name, count in counts.items()}
    # Four standard deviations of a binomial share.
    assert shares == pytest.approx({"train": 0.70, "validation": 0.15, "test": 0.15}, abs=0.006)


@pytest.mark.parametrize(("key", "part"), [("0", "train"), ("2", "validation"), ("5", "test")])
def test_a_key_keeps_its_part_from_release_to_release(key: str, part: str) -> None:
    assert split.part(key) == part


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_key_has_a_part(key: str) -> None:
    assert split.part(key) in {"train", "validation", "test"}
