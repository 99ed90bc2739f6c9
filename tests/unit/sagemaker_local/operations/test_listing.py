"""Pages of lists: filters, order, and tokens that survive what comes and goes."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sagemaker_local.domain.arns import Scope
from sagemaker_local.errors import ServiceError
from sagemaker_local.operations.listing import Query, common_filters, page
from sagemaker_local.store import Facets, Store

SCOPE = Scope("000000000000", "us-east-1")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "db")
    yield store
    store.close()


def add(store: Store, name: str, created: float = 1.0, status: str = "Completed", scope: Scope = SCOPE) -> None:
    """A resource whose record is its name."""
    store.insert("thing", scope, {"n": name}, Facets(name, status, created, created + 100))


def names(store: Store, **request: Any) -> list[str]:
    """The names on one page."""
    return [record["n"] for record in answer(store, **request)[0]]


def answer(store: Store, **request: Any) -> tuple[list[dict[str, Any]], str | None]:
    query = Query("thing", SCOPE)
    common_filters(query, request)
    return page(store, query, request)


def all_pages(store: Store, **request: Any) -> list[str]:
    """The names on all pages, in order."""
    found, token = answer(store, **request)
    seen = [record["n"] for record in found]
    while token is not None:
        found, token = answer(store, **request, NextToken=token)
        seen += [record["n"] for record in found]
    return seen


def test_a_list_is_of_one_kind_in_one_scope(store: Store) -> None:
    add(store, "mine")
    add(store, "theirs", scope=Scope("111111111111", "us-east-1"))
    add(store, "far", scope=Scope("000000000000", "eu-west-1"))
    store.insert("other", SCOPE, {"n": "other"}, Facets("other", "", 1.0, 1.0))
    assert names(store) == ["mine"]


def test_the_default_is_a_hundred_oldest_first(store: Store) -> None:
    for number in range(101):
        add(store, f"n{number}", created=1000.0 - number)
    found, token = answer(store)
    assert [record["n"] for record in found] == [f"n{number}" for number in range(100, 0, -1)]
    assert token is not None


def test_what_was_created_in_one_moment_keeps_the_order_of_its_creation(store: Store) -> None:
    for name in "cab":
        add(store, name)
    assert all_pages(store, MaxResults=1) == ["c", "a", "b"]
    assert all_pages(store, MaxResults=1, SortOrder="Descending") == ["b", "a", "c"]


def test_times_are_exclusive(store: Store) -> None:
    for created in (10.0, 10.001, 10.002):
        add(store, str(created), created)
    assert names(store, CreationTimeAfter=10.0, CreationTimeBefore=10.002) == ["10.001"]
    assert names(store, CreationTimeAfter=10) == ["10.001", "10.002"]
    assert names(store, LastModifiedTimeAfter=110.001) == ["10.002"]
    assert names(store, LastModifiedTimeBefore=110.001) == ["10.0"]


def test_names_are_searched_without_case(store: Store) -> None:
    for name in ("Alpha", "ALPINE", "beta"):
        add(store, name)
    assert names(store, NameContains="alp") == names(store, NameContains="ALP") == ["Alpha", "ALPINE"]


@pytest.mark.parametrize("text", ["%", "_", "'", '"', "a%"])
def test_a_search_text_has_no_wildcards_and_no_quotes(store: Store, text: str) -> None:
    add(store, "abc")
    assert names(store, NameContains=text) == []


def test_the_status_is_a_filter_and_a_key(store: Store) -> None:
    for name, status in (("a", "Stopped"), ("b", "Completed"), ("c", "Failed")):
        add(store, name, status=status)
    assert names(store, StatusEquals="Failed") == ["c"]
    assert all_pages(store, SortBy="Status", MaxResults=1) == ["b", "c", "a"]


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["Completed", "Failed"])), max_size=12),
    key=st.sampled_from(["Name", "CreationTime", "Status"]),
    order=st.sampled_from(["Ascending", "Descending"]),
    size=st.integers(1, 5),
)
def test_pages_of_any_size_are_the_whole_list(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, str]], key: str, order: str, size: int
) -> None:
    store = Store(tmp_path_factory.mktemp("pages") / "db")
    for number, (created, status) in enumerate(rows):
        add(store, f"n{number:02}", float(created), status)
    whole = names(store, SortBy=key, SortOrder=order)
    assert len(whole) == len(rows)
    assert all_pages(store, SortBy=key, SortOrder=order, MaxResults=size) == whole
    store.close()


def test_a_page_goes_on_after_its_last_row_even_if_that_is_gone(store: Store) -> None:
    for name in "abcd":
        add(store, name)
    _, token = answer(store, MaxResults=2)
    store.delete("thing", SCOPE, "b")
    add(store, "e")
    assert names(store, NextToken=token) == ["c", "d", "e"]


def token(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


def refused(store: Store, forged: str) -> None:
    with pytest.raises(ServiceError) as caught:
        answer(store, NextToken=forged)
    assert caught.value.code == "ValidationException"
    assert caught.value.message.startswith("Invalid pagination token because ")


@pytest.mark.parametrize(
    "forged",
    [
        "nonsense",
        "====",
        "é",
        token(None),
        token([]),
        token([1.0, 2]),
        token(["of another list", 1.0, 2]),
        base64.urlsafe_b64encode(b"[" * 6000).decode(),
    ],
)
def test_a_token_that_was_not_issued_is_refused(store: Store, forged: str) -> None:
    refused(store, forged)


@pytest.mark.parametrize(
    "position",
    [
        [],
        [1.0],
        [1.0, 2, 3],
        [[1], 2],
        [{"a": 1}, 2],
        [None, 2],
        [True, 2],
        [float("nan"), 2],
        [float("inf"), 2],
        [1.0, "2"],
        [1.0, 1.5],
        [1.0, 0],
        [1.0, 1 << 63],
    ],
)
def test_a_token_that_was_tampered_with_is_refused(store: Store, position: list[Any]) -> None:
    add(store, "a"), add(store, "b")
    _, issued = answer(store, MaxResults=1)
    assert issued is not None
    mark, *_ = json.loads(base64.urlsafe_b64decode(issued))
    assert names(store, NextToken=token([mark, 1.0, 1])) == ["b"]
    refused(store, token([mark, *position]))
