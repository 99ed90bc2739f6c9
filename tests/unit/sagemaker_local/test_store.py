"""The durable store: all or nothing, for good, from any thread."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sagemaker_local.domain.arns import Scope
from sagemaker_local.domain.events import Event
from sagemaker_local.store import Facets, NameTaken, Store

SCOPE, OTHER = Scope("000000000000", "us-east-1"), Scope("000000000000", "eu-west-1")
FACETS = Facets("Name", "Completed", 1.0, 2.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    store = Store(path)
    yield store
    store.close()


def event(number: int) -> Event:
    return Event("type", (f"arn:{number}",), {"number": number})


def events_seen_by_another_process(path: Path) -> int:
    """How many events a new connection reads, while the first one is open."""
    other = Store(path)
    try:
        return len(other.outbox(10))
    finally:
        other.close()


def seen_by_another_process(path: Path, name: str) -> dict[str, object] | None:
    """The record as a new connection reads it, while the first one is open."""
    other = Store(path)
    try:
        return other.get("thing", SCOPE, name)
    finally:
        other.close()


# Resources


def test_a_record_comes_back_as_it_was_given(store: Store) -> None:
    record = {"a": [1, {"b": None}], "text": "größer 🙂 \ud800", "number": 0.1}
    store.insert("thing", SCOPE, record, FACETS)
    assert store.get("thing", SCOPE, "Name") == record


def test_what_is_not_there_is_none(store: Store) -> None:
    store.insert("thing", SCOPE, {}, FACETS)
    assert store.get("thing", OTHER, "Name") is None
    assert store.get("other", SCOPE, "Name") is None
    assert store.get("thing", SCOPE, "Names") is None


def test_a_name_is_found_and_taken_in_any_letter_case(store: Store) -> None:
    store.insert("thing", SCOPE, {"n": 1}, FACETS)
    assert store.get("thing", SCOPE, "nAME") == {"n": 1}
    with pytest.raises(NameTaken, match="NAME"):
        store.insert("thing", SCOPE, {"n": 2}, Facets("NAME", "", 1.0, 1.0))
    assert store.get("thing", SCOPE, "name") == {"n": 1}


def test_a_name_is_free_in_another_scope_or_kind(store: Store) -> None:
    store.insert("thing", SCOPE, {"n": 1}, FACETS)
    store.insert("thing", OTHER, {"n": 2}, FACETS)
    store.insert("other", SCOPE, {"n": 3}, FACETS)
    assert store.get("thing", SCOPE, "Name") == {"n": 1}


def test_an_update_replaces_record_and_facets(store: Store) -> None:
    store.insert("thing", SCOPE, {"n": 1}, Facets("Name", "InProgress", 1.0, 1.0))
    store.update("thing", SCOPE, {"n": 2}, Facets("name", "Stopping", 1.0, 5.0))
    assert store.get("thing", SCOPE, "Name") == {"n": 2}
    assert store.in_states("thing", ("Stopping",)) == [(SCOPE, {"n": 2})]
    assert store.in_states("thing", ("InProgress",)) == []


def test_resources_in_some_states_are_found_in_every_scope_oldest_first(store: Store) -> None:
    for name, scope, status, created in (
        ("new", SCOPE, "InProgress", 3.0),
        ("old", OTHER, "Stopping", 1.0),
        ("done", SCOPE, "Completed", 2.0),
    ):
        store.insert("thing", scope, {"n": name}, Facets(name, status, created, created))
    assert store.in_states("thing", ("InProgress", "Stopping")) == [(OTHER, {"n": "old"}), (SCOPE, {"n": "new"})]


def test_a_deleted_name_is_free_again(store: Store) -> None:
    store.insert("thing", SCOPE, {"n": 1}, FACETS)
    store.delete("thing", SCOPE, "NAME")
    assert store.get("thing", SCOPE, "Name") is None
    store.insert("thing", SCOPE, {"n": 2}, FACETS)


# Durability and transactions


def test_what_a_call_has_written_is_there_for_a_new_connection_at_once(store: Store, path: Path) -> None:
    store.insert("thing", SCOPE, {"n": 1}, FACETS)
    assert seen_by_another_process(path, "Name") == {"n": 1}
    store.update("thing", SCOPE, {"n": 2}, FACETS)
    assert seen_by_another_process(path, "Name") == {"n": 2}
    store.delete("thing", SCOPE, "Name")
    assert seen_by_another_process(path, "Name") is None


def test_everything_survives_closing_without_ceremony(store: Store, path: Path) -> None:
    store.insert("thing", SCOPE, {"n": 1}, FACETS)
    store.put_tags("arn:x", {"k": "v"})
    store.post(SCOPE, event(1))
    store.next_number("thing", SCOPE, "Name")
    again = Store(path)
    assert again.get("thing", SCOPE, "Name") == {"n": 1}
    assert again.tags("arn:x") == {"k": "v"}
    assert [entry.event for entry in again.outbox(10)] == [event(1)]
    assert again.next_number("thing", SCOPE, "Name") == 2
    again.close()


def test_a_transaction_is_all_or_nothing(store: Store, path: Path) -> None:
    def fail_half_way() -> None:
        with store.transaction():
            store.insert("thing", SCOPE, {"n": 1}, FACETS)
            store.put_tags("arn:x", {"k": "v"})
            store.post(SCOPE, event(1))
            store.next_number("thing", SCOPE, "Name")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        fail_half_way()
    assert store.get("thing", SCOPE, "Name") is None
    assert store.tags("arn:x") == {}
    assert store.outbox(10) == []
    assert store.next_number("thing", SCOPE, "Name") == 1


def test_nothing_of_a_transaction_is_seen_before_its_end(store: Store, path: Path) -> None:
    with store.transaction():
        store.insert("thing", SCOPE, {"n": 1}, FACETS)
        assert seen_by_another_process(path, "Name") is None
    assert seen_by_another_process(path, "Name") == {"n": 1}


def test_a_transaction_inside_another_ends_with_the_outer_one(store: Store) -> None:
    def fail_after_the_inner_one() -> None:
        with store.transaction():
            with store.transaction():
                store.insert("thing", SCOPE, {"n": 1}, FACETS)
            raise RuntimeError("too late")

    with pytest.raises(RuntimeError, match="too late"):
        fail_after_the_inner_one()
    assert store.get("thing", SCOPE, "Name") is None


def test_after_a_refused_name_the_store_goes_on(store: Store) -> None:
    store.insert("thing", SCOPE, {"n": 1}, FACETS)
    with pytest.raises(NameTaken):
        store.insert("thing", SCOPE, {"n": 2}, FACETS)
    store.insert("thing", SCOPE, {"n": 3}, Facets("other", "", 1.0, 1.0))
    assert store.get("thing", SCOPE, "other") == {"n": 3}


def test_threads_do_not_see_each_others_half_done_work(store: Store) -> None:
    store.insert("thing", SCOPE, {"a": 0, "b": 0}, FACETS)

    def add_one(_: int) -> None:
        with store.transaction():
            record = store.get("thing", SCOPE, "Name")
            assert record is not None
            store.update("thing", SCOPE, {"a": record["a"] + 1, "b": record["b"]}, FACETS)
            store.update("thing", SCOPE, {"a": record["a"] + 1, "b": record["b"] + 1}, FACETS)

    def consistent(_: int) -> bool:
        record = store.get("thing", SCOPE, "Name")
        return record is not None and record["a"] == record["b"]

    with ThreadPoolExecutor(8) as pool:
        writes = pool.map(add_one, range(200))
        assert all(pool.map(consistent, range(200)))
        assert len(list(writes)) == 200
    assert store.get("thing", SCOPE, "Name") == {"a": 200, "b": 200}


# Numbers


def test_numbers_count_up_for_each_name_alone(store: Store) -> None:
    assert [store.next_number("thing", SCOPE, "a") for _ in range(3)] == [1, 2, 3]
    assert store.next_number("thing", SCOPE, "b") == 1
    assert store.next_number("thing", OTHER, "a") == 1
    assert store.next_number("thing", SCOPE, "A") == 4


def test_a_number_is_not_given_again_after_a_deletion(store: Store) -> None:
    store.insert("thing", SCOPE, {}, Facets(f"g/{store.next_number('thing', SCOPE, 'g')}", "", 1.0, 1.0))
    store.delete("thing", SCOPE, "g/1")
    assert store.next_number("thing", SCOPE, "g") == 2


def test_no_two_threads_get_the_same_number(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: store.next_number("thing", SCOPE, "g"), range(200)))
    assert sorted(numbers) == list(range(1, 201))


# Tags


def test_tags_are_sorted_replaced_and_deleted_by_key(store: Store) -> None:
    store.put_tags("arn:X", {"b": "1", "a": "2"})
    store.put_tags("arn:x", {"b": "3"})
    assert list(store.tags("ARN:x").items()) == [("a", "2"), ("b", "3")]
    store.delete_tags("arn:x", ["a", "z"])
    assert store.tags("arn:x") == {"b": "3"}
    store.delete_tags("arn:x")
    assert store.tags("arn:x") == {}


# Outbox


def test_events_leave_the_outbox_in_the_order_they_came_and_only_when_taken_out(store: Store) -> None:
    for number in range(5):
        store.post(SCOPE if number % 2 else OTHER, event(number))
    first = store.outbox(2)
    assert [entry.event for entry in first] == [event(0), event(1)]
    assert [entry.scope for entry in first] == [OTHER, SCOPE]
    assert store.outbox(2) == first
    store.take_out(first)
    store.post(SCOPE, event(5))
    assert [entry.event for entry in store.outbox(10)] == [event(2), event(3), event(4), event(5)]


def test_a_new_event_is_announced_to_all_once_it_is_durable(store: Store, path: Path) -> None:
    found: list[int] = []
    for _ in range(2):
        store.on_change(lambda: found.append(events_seen_by_another_process(path)))
    with store.transaction():
        store.post(SCOPE, event(1))
        store.post(SCOPE, event(2))
        assert found == []
    assert found == [2, 2]


def test_what_is_rolled_back_is_not_announced(store: Store) -> None:
    found: list[bool] = []
    store.on_change(lambda: found.append(True))

    def fail_after_a_post() -> None:
        with store.transaction():
            store.post(SCOPE, event(1))
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        fail_after_a_post()
    store.insert("thing", SCOPE, {}, FACETS)
    assert found == []


# The course of objectives


def test_the_values_of_an_objective_are_kept_in_the_order_they_came(path: Path) -> None:
    store = Store(path)
    for job, value in (("a", 1.0), ("b", 2.0), ("a", 0.5)):
        store.log_objective("arn:Tuning", job, value)
    store.log_objective("arn:other", "c", 9.0)
    store.close()
    again = Store(path)
    assert again.objective_log("arn:tuning") == [("a", 1.0), ("b", 2.0), ("a", 0.5)]
    again.delete_objective_log("arn:tuning", "a")
    assert again.objective_log("arn:tuning") == [("b", 2.0)]
    again.delete_objective_log("arn:tuning")
    assert (again.objective_log("arn:tuning"), again.objective_log("arn:other")) == ([], [("c", 9.0)])
    again.close()


def test_a_value_of_an_objective_is_announced(store: Store) -> None:
    found: list[bool] = []
    store.on_change(lambda: found.append(True))
    store.log_objective("arn", "job", 1.0)
    assert found == [True]


def test_tags_are_found_by_the_beginning_of_arns(store: Store) -> None:
    for arn, tags in (("arn:x/A", {"a": "1", "b": ""}), ("arn:x/é", {"a": "2"}), ("arn:y/a", {"a": "3"})):
        store.put_tags(arn, tags)
    assert store.tags_below("arn:X/") == {"arn:x/a": {"a": "1", "b": ""}, "arn:x/é": {"a": "2"}}
    assert store.tags_below("arn:z/") == {}
