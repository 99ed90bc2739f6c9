"""What a search need not look at is left out by the database, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sagemaker_local.domain.arns import Scope
from sagemaker_local.domain.search.expression import compiled
from sagemaker_local.operations.narrowing import narrowed
from sagemaker_local.protocol import model
from sagemaker_local.store import Facets, Store

pytestmark = pytest.mark.local_only

SCOPE, SHAPE = Scope("0" * 12, "us-east-1"), model.search_shape("TrainingJob")
NAMES = ("alpha", "Beta", "alphabet", "gamma")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Jobs that were created at 0, 100, 200 and 300 seconds."""
    store = Store(tmp_path / "db")
    for number, name in enumerate(NAMES):
        time = 100.0 * number
        store.insert("training-job", SCOPE, {}, Facets(name, "Failed" if number == 3 else "Completed", time, time))
    yield store
    store.close()


def looked_at(store: Store, expression: dict[str, Any], resource: str = "TrainingJob") -> set[str]:
    """The names of the rows that the database does not leave out."""
    conditions, values = narrowed(resource, compiled(SHAPE, expression).necessary)
    sql = " AND ".join(["kind = ?", *conditions])
    return {name for (name,) in store.select(f"SELECT name FROM resources WHERE {sql}", ("training-job", *values))}


def matching(expression: dict[str, Any]) -> set[str]:
    """The names that the expression itself lets pass."""
    holds = compiled(SHAPE, expression).holds
    records = [{"TrainingJobName": name, "CreationTime": 100.0 * number} for number, name in enumerate(NAMES)]
    return {record["TrainingJobName"] for record in records if holds(record)}


def one(name: str, operator: str | None, value: str) -> dict[str, Any]:
    return {"Filters": [{"Name": name, "Value": value, **({"Operator": operator} if operator else {})}]}


@pytest.mark.parametrize("operator", ["Equals", "NotEquals", "Contains", "In", None])
@pytest.mark.parametrize("value", ["alpha", "ALPHA", "Beta", "alph", "alpha,Beta", "", "delta"])
def test_no_job_is_left_out_that_the_name_filter_lets_pass(store: Store, operator: str | None, value: str) -> None:
    expression = one("TrainingJobName", operator, value)
    assert looked_at(store, expression) >= matching(expression)


@pytest.mark.parametrize(
    "operator", ["Equals", "NotEquals", "GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo"]
)
@pytest.mark.parametrize("value", ["1970-01-01T00:01:40", "1970-01-01T00:02:30Z", "1970-01-01T00:00:00+00:00"])
def test_no_job_is_left_out_that_the_time_filter_lets_pass(store: Store, operator: str, value: str) -> None:
    expression = one("CreationTime", operator, value)
    assert looked_at(store, expression) >= matching(expression)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (one("TrainingJobName", "Equals", "alpha"), {"alpha"}),
        (one("TrainingJobName", "Contains", "alpha"), {"alpha", "alphabet"}),
        (one("TrainingJobName", "In", "alpha,gamma"), {"alpha", "gamma"}),
        (one("CreationTime", "GreaterThan", "1970-01-01T00:02:30"), {"alphabet", "gamma"}),
        (one("TrainingJobStatus", "Equals", "Failed"), {"gamma"}),
        (one("TrainingJobStatus", "In", "Failed,Stopped"), {"gamma"}),
    ],
)
def test_what_columns_tell_is_left_out(store: Store, expression: dict[str, Any], expected: set[str]) -> None:
    assert looked_at(store, expression) == expected


def test_what_they_do_not_tell_is_looked_at(store: Store) -> None:
    assert looked_at(store, one("RoleArn", "Equals", "x")) == set(NAMES)
    assert looked_at(store, one("TrainingJobName", "Exists", "x") | {"Filters": [{"Name": "RoleArn"}]}) == set(NAMES)
    # Of another kind of resource it is no name.
    assert looked_at(store, one("TrainingJobName", "Equals", "alpha"), "ModelPackage") == set(NAMES)
