from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from abalone import USE_CASE
from tabular import data_quality, table
from tabular.columns import Category, Number
from tabular.data_quality import Profile
from tabular.main import main
from tabular.weighted import Weighted

FEATURES = (Number("age", whole=True), Number("balance"), Category("plan", ("gold", "silver")))


def described(*rows: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Statistics and constraints of each feature of the rows, which come in two blocks."""
    profile, half = Profile(FEATURES), len(rows) // 2
    for block in (rows[:half], rows[half:]):
        profile.add(table.of_rows(FEATURES, block))
    return tuple({each["name"]: each for each in document["features"]} for document in profile.documents())  # type: ignore[return-value]


def row(age: float | None = 1.0, balance: float | None = 0.5, plan: str | None = "gold") -> dict[str, Any]:
    return {"age": age, "balance": balance, "plan": plan}


def test_numbers_are_told_by_moments_ends_and_ten_buckets() -> None:
    statistics, _ = described(*(row(age=float(age)) for age in range(101)))
    age = statistics["age"]["numerical_statistics"]
    assert statistics["age"]["inferred_type"] == "Integral"
    assert (age["mean"], age["sum"], age["min"], age["max"]) == (50, 5050, 0, 100)
    assert age["std_dev"] == pytest.approx(np.std(np.arange(101)))
    buckets = age["distribution"]["kll"]["buckets"]
    assert [bucket["count"] for bucket in buckets] == [10] * 9 + [11]
    assert (buckets[0]["lower_bound"], buckets[-1]["upper_bound"]) == (0, 100)


def test_texts_are_told_by_their_counts_known_or_not() -> None:
    statistics, constraints = described(row(), row(plan="bronze"), row(), row(plan="silver"))
    plan = statistics["plan"]["string_statistics"]
    counted = {bucket["value"]: bucket["count"] for bucket in plan["distribution"]["categorical"]["buckets"]}
    assert (counted, plan["distinct_count"]) == ({"gold": 2, "bronze": 1, "silver": 1}, 3)
    assert constraints["plan"]["string_constraints"]["domains"] == ["bronze", "gold", "silver"]


def test_what_is_missing_is_counted_and_no_value() -> None:
    statistics, constraints = described(row(), row(age=None, plan=None), row(), row(balance=-0.5))
    assert statistics["age"]["numerical_statistics"]["common"] == {"num_present": 3, "num_missing": 1}
    assert {name: each["completeness"] for name, each in constraints.items()} == {
        "age": 0.75,
        "balance": 1,
        "plan": 0.75,
    }
    assert constraints["age"]["num_constraints"] == {"is_non_negative": True}
    assert constraints["balance"]["num_constraints"] == {"is_non_negative": False}


def test_a_column_without_a_value_and_one_with_a_single_value_are_told_without_a_number_that_is_none() -> None:
    statistics, constraints = described(row(age=None, balance=2.0), row(age=None, balance=2.0))
    assert statistics["age"]["numerical_statistics"] == {"common": {"num_present": 0, "num_missing": 2}}
    assert constraints["age"]["completeness"] == 0
    assert statistics["balance"]["numerical_statistics"]["std_dev"] == 0
    json.dumps([statistics, constraints], allow_nan=False)


@pytest.mark.parametrize("value", [0.0, 2.0, 1.7e18, -3.4e38])
def test_a_single_value_is_in_the_middle_of_ten_buckets_however_large_it_is(value: float) -> None:
    statistics, _ = described(row(balance=value), row(balance=value))
    buckets = statistics["balance"]["numerical_statistics"]["distribution"]["kll"]["buckets"]
    assert len({bucket["lower_bound"] for bucket in buckets}) == 10
    assert sum(bucket["count"] for bucket in buckets) == 2
    (full,) = [bucket for bucket in buckets if bucket["count"]]
    assert full["lower_bound"] <= np.float32(value) <= full["upper_bound"]


@pytest.mark.parametrize("size", [1, 2047, 2048, 2049, 4095, 100_003])
def test_a_sketch_stands_for_every_value_and_is_nowhere_off_by_more_than_one_of_its_own(size: int) -> None:
    ordered = np.sort(np.random.default_rng(0).normal(size=size)).astype(np.float32)
    levels = data_quality.sketch(Weighted(ordered, np.ones(size)))
    assert sum(len(level) << weight for weight, level in enumerate(levels)) == size
    assert sum(map(len, levels)) <= 2048 + len(levels)
    kept = np.array([(value, 1 << weight) for weight, level in enumerate(levels) for value in level])
    kept = kept[np.argsort(kept[:, 0], kind="stable")]
    there = np.searchsorted(ordered, kept[:, 0].astype(np.float32), side="right") / size
    assert np.abs(np.cumsum(kept[:, 1]) / size - there).max() <= 2 / 2048


def test_the_step_validate_writes_the_baseline_of_its_data(tmp_path: Path) -> None:
    data = Path("include/data/abalone.csv")
    assert main(USE_CASE, ["validate", f"--data={data}", f"--output={tmp_path}"]) == 0
    statistics = json.loads((tmp_path / "quality" / "statistics.json").read_text())
    constraints = json.loads((tmp_path / "quality" / "constraints.json").read_text())
    assert statistics["dataset"]["item_count"] == 4177
    names = [feature.name for feature in USE_CASE.schema.features]
    assert (
        [each["name"] for each in statistics["features"]] == names == [each["name"] for each in constraints["features"]]
    )
