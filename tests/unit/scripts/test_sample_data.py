"""The shipped data is the data that its provenance describes, and every row of it can be read."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from abalone import USE_CASE as ABALONE
from churn import USE_CASE as CHURN
from tabular import reading
from tabular.use_case import UseCase


@pytest.mark.parametrize(("name", "size"), [("abalone.csv", "4177 x 9"), ("churn.csv", "5000 x 21")])
def test_the_data_has_the_hash_that_its_provenance_states(sample: Path, name: str, size: str) -> None:
    digest = hashlib.sha256(sample.with_name(name).read_bytes()).hexdigest()
    assert f"| `{name}` | {size} | `{digest}`" in (sample.parent / "SOURCES.md").read_text()


@pytest.mark.parametrize(
    ("use_case", "rows", "mean"), [(ABALONE, 4177, 9.9337), (CHURN, 5000, 0.4996)], ids=["abalone", "churn"]
)
def test_the_data_is_read_completely(sample: Path, use_case: UseCase, rows: int, mean: float) -> None:
    tables = [b.table for b in reading.read_good(sample.with_name(f"{use_case.name}.csv"), use_case.schema.columns)]
    targets = [value for table in tables for value in table.numbers[use_case.schema.target.name].tolist()]
    assert len(targets) == rows
    assert sum(targets) / rows == pytest.approx(mean, abs=1e-4)
    assert not any(found for table in tables for found in table.unknown.values())
