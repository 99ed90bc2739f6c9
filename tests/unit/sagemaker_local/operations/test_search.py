"""Search over many resources, which are read by and by."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sagemaker_local.domain.arns import Scope
from sagemaker_local.operations import all_operations
from sagemaker_local.operations.registry import Context
from sagemaker_local.store import Facets, Store

SCOPE = Scope("000000000000", "us-east-1")
COUNT = 1_201


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Training jobs of one moment, every third with a tag and every fifth with a metric."""
    store = Store(tmp_path_factory.mktemp("search") / "db")
    with store.transaction():
        for number in range(COUNT):
            add(store, number)
    yield store
    store.close()


def add(store: Store, number: int) -> None:
    name = f"job-{number:04}"
    arn = SCOPE.arn("training-job", name)
    metrics = [{"MetricName": "loss", "Value": float(number)}] if number % 5 == 0 else []
    record = {"TrainingJobName": name, "TrainingJobArn": arn, "CreationTime": 1.0, "LastModifiedTime": 1.0}
    facets = Facets(name, "Completed", 1.0, 1.0)
    store.insert("training-job", SCOPE, {**record, "FinalMetricDataList": metrics}, facets)
    store.put_tags(arn, {"third": "yes"} if number % 3 == 0 else {})


def search(store: Store, **request: Any) -> dict[str, Any]:
    context = Context(SCOPE, SimpleNamespace(store=store))  # type: ignore[arg-type]
    answer = all_operations()["Search"](context, {"Resource": "TrainingJob", **request})
    assert answer is not None
    return answer


def numbers(store: Store, **request: Any) -> list[int]:
    """The numbers of all jobs that are found, page by page."""
    found: list[int] = []
    token: dict[str, Any] = {}
    while True:
        answer = search(store, **request, **token)
        found += [int(item["TrainingJob"]["TrainingJobName"][-4:]) for item in answer["Results"]]
        if answer["NextToken"] is None:
            return found
        token = {"NextToken": answer["NextToken"]}


def test_every_one_of_many_is_found_once(store: Store) -> None:
    assert numbers(store) == list(range(COUNT - 1, -1, -1))
    assert search(store, MaxResults=1)["TotalHits"] == {"Value": COUNT, "Relation": "EqualTo"}


def test_those_that_match_are_found_among_many(store: Store) -> None:
    filters = [{"Name": "Tags.third", "Value": "yes"}, {"Name": "Metrics.loss", "Operator": "LessThan", "Value": "100"}]
    found = numbers(store, SearchExpression={"Filters": filters}, SortBy="Metrics.loss", SortOrder="Ascending")
    assert found == list(range(0, 100, 15))


def test_what_lacks_the_property_that_is_sorted_by_is_last_on_the_pages_too(store: Store) -> None:
    found = numbers(store, SortBy="Metrics.loss", SortOrder="Descending", MaxResults=90)
    with_metric = [number for number in range(COUNT) if number % 5 == 0]
    without = [number for number in range(COUNT) if number % 5]
    assert found == [*with_metric[::-1], *without[::-1]]


def test_a_model_is_shown_with_its_last_transform_job(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    for name in ("with", "without"):
        record = {"ModelName": name, "ModelArn": SCOPE.arn("model", name), "CreationTime": 1.0}
        store.insert("model", SCOPE, record, Facets(name, "", 1.0, 1.0))
    for number in (2, 3, 1):
        job = {"TransformJobName": f"job-{number}", "ModelName": "with"}
        store.insert("transform-job", SCOPE, job, Facets(f"job-{number}", "Completed", float(number), 1.0))
    found = search(store, Resource="Model", SortBy="Model.ModelName", SortOrder="Ascending")["Results"]
    last = [item["Model"]["LastBatchTransformJob"] for item in found]
    assert last == [{"TransformJobName": "job-3", "ModelName": "with"}, None]
    store.close()
