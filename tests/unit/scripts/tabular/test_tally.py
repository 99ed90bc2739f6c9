from __future__ import annotations

from collections import Counter

import pytest

from tabular import tally


def test_names_without_end_are_counted_together_and_long_ones_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "NAMES", 3)
    counts = Counter({"a": 1})
    tally.add(counts, {"b": 2, "none": 0, "x" * 1000: 1})
    tally.add(counts, {"c": 1, "d": 1, "b": 1})
    assert counts == {"a": 1, "b": 3, "x" * tally.LENGTH: 1, tally.OTHERS: 2}
