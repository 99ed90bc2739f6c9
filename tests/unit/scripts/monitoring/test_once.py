from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abalone import USE_CASE
from monitoring import files, once, traffic
from monitoring.once import Seen
from tests.unit.scripts.monitoring.captured import ROW, WINDOW, lines, record, write

KEYS = st.lists(st.lists(st.one_of(st.integers(0, 30), st.integers(0, 2**64 - 1)), max_size=60), max_size=12)


@given(KEYS)
def test_what_came_before_is_told_from_what_is_new(parts: list[list[int]]) -> None:
    seen, known = Seen(), set[int]()
    for part in parts:
        expected = []
        for key in part:
            expected.append(key not in known)
            known.add(key)
        assert seen.new(np.array(part, dtype=np.uint64)).tolist() == expected


def test_what_was_seen_is_kept_in_few_runs_and_once() -> None:
    seen, random, keys = Seen(), np.random.default_rng(0), 0
    for _ in range(100):
        keys += int(seen.new(random.integers(0, 2**63, 1000, dtype=np.uint64) * np.uint64(2)).sum())
    runs = [run for shard in seen._shards for run in shard]
    assert sum(map(len, runs)) == keys == 100_000
    assert max(map(len, seen._shards)) < 12


@pytest.mark.parametrize("waiting", [1, 7, 1000])
def test_the_first_of_equal_records_counts_however_far_they_are_apart(
    waiting: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(once, "ROWS", waiting)
    monkeypatch.setattr(files, "BLOCK_BYTES", 1000)
    records = [record(ROW.replace("0.455", f"{1 + number / 100}"), event=f"e-{number % 40}") for number in range(100)]
    found: Counter[float] = Counter()
    result = traffic.read(
        write(tmp_path, lines(records)),
        USE_CASE.schema,
        WINDOW,
        lambda rows: found.update(rows.table.numbers["length"].tolist()),
    )
    assert (result.rows, result.counts["duplicated"]) == (40, 60)
    assert sorted(found.elements()) == [1 + number / 100 for number in range(40)]
