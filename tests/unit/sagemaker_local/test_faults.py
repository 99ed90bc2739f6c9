"""The plan in force: kept, counted, replaced, and what it does to a call."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sagemaker_local.domain.faults.document import InvalidPlan
from sagemaker_local.domain.faults.effects import CapacityError, SlowStart
from sagemaker_local.domain.faults.plan import Attempt
from sagemaker_local.errors import ServiceError, validation_error
from sagemaker_local.faults import Faults, ResponseLost
from sagemaker_local.store import Store

JOB = Attempt("training-job", "a")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "db")
    yield store
    store.close()


def plan(effect: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A plan of one fault, ``f``."""
    target = {"calls": {}} if effect["type"] in ("error", "lost_response") else {"jobs": {}}
    return {"faults": [{"name": "f", **target, "effect": effect, **members}]}


NO_CAPACITY = plan({"type": "capacity_error"}, times=2)
LOST = plan({"type": "lost_response"})


def test_without_a_plan_nothing_goes_wrong(store: Store) -> None:
    faults = Faults(store)
    assert faults.state() == {"faults": [], "counts": {}}
    assert faults.meet(JOB, CapacityError) is None
    assert faults.answered("ListTags", {}, lambda: "answer") == "answer"


def test_a_plan_and_its_counts_outlast_the_server(store: Store) -> None:
    first = Faults(store)
    first.put(NO_CAPACITY)
    assert first.meet(JOB, SlowStart) is None
    assert first.meet(JOB, CapacityError) == CapacityError()
    second = Faults(store)
    assert second.state() == {**NO_CAPACITY, "counts": {"f": {"met": 1, "struck": 1}}}
    assert [second.meet(JOB, CapacityError) for _ in range(2)] == [CapacityError(), None]


def test_the_plan_that_a_server_begins_with_goes_on_if_it_is_in_force_already(store: Store) -> None:
    faults = Faults(store)
    faults.begin_with(NO_CAPACITY)
    faults.meet(JOB, CapacityError)
    faults.begin_with(NO_CAPACITY)
    assert faults.state()["counts"] == {"f": {"met": 1, "struck": 1}}
    faults.begin_with(LOST)
    assert faults.state() == {**LOST, "counts": {"f": {"met": 0, "struck": 0}}}


def test_putting_a_plan_begins_its_counts_anew_and_clearing_ends_it(store: Store) -> None:
    faults = Faults(store)
    faults.put(NO_CAPACITY)
    faults.meet(JOB, CapacityError)
    faults.put(NO_CAPACITY)
    assert faults.state()["counts"] == {"f": {"met": 0, "struck": 0}}
    faults.clear()
    assert Faults(store).state() == {"faults": [], "counts": {}}


def test_what_is_no_plan_changes_nothing(store: Store) -> None:
    faults = Faults(store)
    faults.put(NO_CAPACITY)
    with pytest.raises(InvalidPlan):
        faults.put({"faults": "all"})
    assert faults.state()["faults"] == NO_CAPACITY["faults"]


def test_an_error_keeps_the_call_from_acting(store: Store) -> None:
    faults = Faults(store)
    faults.put(plan({"type": "error", "code": "ThrottlingException"}))
    with pytest.raises(ServiceError, match=r"^ThrottlingException: Rate exceeded$") as caught:
        faults.answered("ListTags", {}, lambda: pytest.fail("it acted"))
    assert caught.value.status == 400


def test_a_lost_response_is_one_of_a_call_that_has_acted(store: Store) -> None:
    faults = Faults(store)
    faults.put(LOST)
    acted = []
    with pytest.raises(ResponseLost):
        faults.answered("ListTags", {}, lambda: acted.append(1))
    assert acted == [1]


def test_the_answer_that_is_lost_may_be_an_error(store: Store) -> None:
    faults = Faults(store)
    faults.put(LOST)

    def refuse() -> None:
        raise validation_error("no")

    with pytest.raises(ResponseLost):
        faults.answered("ListTags", {}, refuse)


def test_a_call_is_known_by_its_names_and_tags(store: Store) -> None:
    faults = Faults(store)
    selector = {"operation": "CreateTrainingJob", "name": "uc-*", "tags": {"team": "ml"}}
    error = {"type": "error", "code": "ResourceLimitExceeded"}
    faults.put({"faults": [{"name": "f", "calls": selector, "effect": error}]})
    tags = [{"Key": "team", "Value": "ml"}]
    for request in ({"TrainingJobName": "uc-1"}, {"RoleArn": "uc-1", "Tags": tags}):
        assert faults.answered("CreateTrainingJob", request, lambda: 1) == 1
    with pytest.raises(ServiceError, match="training job usage"):
        faults.answered("CreateTrainingJob", {"TrainingJobName": "uc-1", "Tags": tags}, lambda: 1)
