"""Whatever dies or breaks while the training DAG runs: one job a step, nothing left running, one version, one model.

A step's boundaries are before and after each change that it asks AWS for.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

from tests.faults.conftest import Undisturbed
from tests.faults.left import Left, Registers
from tests.faults.plans import (
    Outlived,
    before_and_after,
    every_create_is_cut_before_during_and_after,
    every_task_is_killed_before_and_after_each_change_and_while_it_waits,
)
from tests.faults.proxy import Call, Moment, Plan, untouched
from tests.faults.stack import FaultyStack

pytestmark = [pytest.mark.local_only, pytest.mark.timeout(1800)]
Struck = list[tuple[Call, Moment, str]]


def run(
    undisturbed: Undisturbed, plan: Plan, what: str, begin: Callable[[], Any] = bool, end: Callable[[], Any] = bool
) -> tuple[Left, Struck]:
    """What a run leaves that is struck by *plan*, between *begin* and *end*, and at what it was struck."""
    stack, started = undisturbed.stack, time.monotonic()
    registers = Registers(stack)
    begin()
    try:
        with stack.door.following(plan) as struck:
            state = stack.ended(stack.trigger())
    finally:
        end()
    left, strikes = registers.left(), Counter(f"{act} {moment}" for _, moment, act in struck)
    print(
        f"\n{what}: {state} after {time.monotonic() - started:.0f} s; strikes {dict(strikes)}; "
        f"{left.steps} steps, jobs {dict(left.statuses)} {dict(left.reasons)}; versions {left.versions}"
    )
    for boundary, times in sorted(Counter(call.boundary for call, _, _ in struck).items()):
        print(f"  {times} x {boundary}")
    assert state == "success"
    return left, struck


def assert_as_if_nothing_had_been(left: Left, undisturbed: Undisturbed) -> None:
    """One job a step, every one of them completed, one version, and the same models."""
    assert left.statuses == undisturbed.left.statuses == Counter(Completed=left.steps)
    assert all(len(jobs) == 1 for jobs in left.jobs.values())
    assert left.versions == undisturbed.left.versions == 1
    assert left.models == undisturbed.left.models


def assert_every_boundary_was_struck(struck: Struck, undisturbed: Undisturbed) -> None:
    """Both of every change of the undisturbed run."""
    for at in ("before", "after"):
        found = Counter(call.boundary for call, moment, _ in struck if moment == at)
        assert found.items() >= undisturbed.boundaries.items(), f"not every change was struck {at}: {found}"


def changes_something(call: Call) -> bool:
    return call.changes_something


def test_connections_cut_before_during_and_after_every_create_call(undisturbed: Undisturbed) -> None:
    left, struck = run(undisturbed, every_create_is_cut_before_during_and_after, "cuts")
    assert_as_if_nothing_had_been(left, undisturbed)
    creates = {what: count for what, count in undisturbed.boundaries.items() if what.startswith("Create")}
    assert Counter(call.boundary for call, _, _ in struck) == {what: count * 3 for what, count in creates.items()}


def test_tasks_killed_around_every_change_and_while_they_wait(undisturbed: Undisturbed) -> None:
    plan = every_task_is_killed_before_and_after_each_change_and_while_it_waits
    left, struck = run(undisturbed, plan, "tasks killed")
    assert_as_if_nothing_had_been(left, undisturbed)
    assert_every_boundary_was_struck(struck, undisturbed)
    assert sum(call.operation.startswith("Describe") for call, _, _ in struck) >= left.steps


def test_three_of_ten_calls_throttled(undisturbed: Undisturbed) -> None:
    busy = {"name": "busy", "calls": {}, "probability": 0.3}
    plan = {"seed": 1, "faults": [{**busy, "effect": {"type": "error", "code": "ThrottlingException"}}]}
    aws, counts = undisturbed.stack.aws, Counter[str]()

    def end() -> None:
        counts.update(aws.faults()["counts"]["busy"])
        aws.faults("DELETE")

    left, _ = run(undisturbed, untouched, "throttled", lambda: aws.faults("PUT", plan), end)
    print(f"  {counts['struck']} of {counts['met']} calls refused")
    assert_as_if_nothing_had_been(left, undisturbed)
    assert counts["struck"] > left.steps


def test_the_scheduler_killed_with_its_workers_around_every_change(undisturbed: Undisturbed) -> None:
    def scheduler_killed(call: Call) -> None:
        undisturbed.stack.kill("scheduler")

    left, struck = run(undisturbed, before_and_after(changes_something, scheduler_killed), "scheduler killed")
    assert_as_if_nothing_had_been(left, undisturbed)
    assert_every_boundary_was_struck(struck, undisturbed)


def test_the_triggerer_killed_while_each_task_is_deferred(undisturbed: Undisturbed) -> None:
    stack = undisturbed.stack

    def triggerer_killed(call: Call) -> None:
        stack.kill("triggerer")

    def asked_by_it(call: Call) -> bool:
        return call.operation.startswith("Describe") and stack.is_of("triggerer", call.caller())

    with stack.deferring():
        left, struck = run(undisturbed, before_and_after(asked_by_it, triggerer_killed), "triggerer killed")
    assert_as_if_nothing_had_been(left, undisturbed)
    assert sum("Job " in call.boundary for call, _, _ in struck) == 2 * left.steps


@pytest.mark.parametrize(("moment", "waiting"), [("before", nullcontext), ("after", FaultyStack.deferring)])
def test_a_heartbeat_lost_at_every_create_call(
    undisturbed: Undisturbed, moment: Moment, waiting: Callable[[FaultyStack], AbstractContextManager[None]]
) -> None:
    """The first try comes back while the second waits in its worker, or deferred."""
    plan = Outlived(moment)
    with waiting(undisturbed.stack):
        left, _ = run(undisturbed, plan, "two tries at once")
    assert_as_if_nothing_had_been(left, undisturbed)
    creates = {what: count for what, count in undisturbed.boundaries.items() if what.startswith("Create")}
    assert Counter(call.boundary for call in plan.outlived) == creates


def test_the_local_sagemaker_killed_around_every_change(undisturbed: Undisturbed) -> None:
    """What ran when it was killed has failed, as on a lost host, and is run again: a job that completes for each step,
    and for each that failed a kill to blame."""

    def local_sagemaker_killed(call: Call) -> None:
        undisturbed.stack.kill("aws")

    left, struck = run(
        undisturbed, before_and_after(changes_something, local_sagemaker_killed), "local SageMaker killed"
    )
    assert_every_boundary_was_struck(struck, undisturbed)
    assert all(jobs.count("Completed") == 1 for jobs in left.jobs.values())
    assert left.steps == undisturbed.left.steps
    assert set(left.statuses) <= {"Completed", "Failed"}
    assert left.reasons == Counter(InternalServerError=left.statuses["Failed"])
    assert all(len(jobs) - 1 <= len(struck) for jobs in left.jobs.values())
    assert (left.versions, left.models) == (1, undisturbed.left.models)
