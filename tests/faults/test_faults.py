"""Whatever dies or breaks while the training DAG runs: one job a step, nothing left running, one version, one model."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.conftest import Undisturbed
from tests.faults.matrix import (
    Ledger,
    Left,
    every_create_is_cut_before_during_and_after,
    every_task_is_killed_before_and_after_each_change_and_while_it_waits,
    first,
)
from tests.faults.proxy import Plan, Strike, untouched

pytestmark = [pytest.mark.local_only, pytest.mark.timeout(900)]


def run(
    undisturbed: Undisturbed, plan: Plan, what: str, begin: Callable[[], Any] = bool, end: Callable[[], Any] = bool
) -> tuple[Left, Counter[str]]:
    """What a run leaves that is struck by *plan* between *begin* and *end*, and how often it was, by what and when."""
    stack, started = undisturbed.stack, time.monotonic()
    ledger = Ledger(stack)
    begin()
    try:
        with stack.door.following(plan) as struck:
            state = stack.ended(stack.trigger())
    finally:
        end()
    left, strikes = ledger.left(), Counter(f"{act} {moment}" for _, moment, act in struck)
    print(
        f"\n{what}: {state} after {time.monotonic() - started:.0f} s; strikes {dict(strikes)}; "
        f"{left.steps} steps, jobs {dict(left.statuses)}; {left.versions} version"
    )
    assert state == "success"
    return left, strikes


def assert_as_if_nothing_had_been(left: Left, undisturbed: Undisturbed) -> None:
    """One job a step, every one of them completed, one version, and the same models."""
    assert left.statuses == undisturbed.left.statuses == Counter(Completed=left.steps)
    assert all(len(jobs) == 1 for jobs in left.jobs.values())
    assert left.versions == undisturbed.left.versions == 1
    assert left.models == undisturbed.left.models


def test_connections_cut_before_during_and_after_every_create_call(undisturbed: Undisturbed) -> None:
    left, strikes = run(undisturbed, every_create_is_cut_before_during_and_after, "cuts")
    assert_as_if_nothing_had_been(left, undisturbed)
    assert min(strikes[f"cut {moment}"] for moment in ("before", "during", "after")) > left.steps


def test_tasks_killed_around_every_change_and_while_they_wait(undisturbed: Undisturbed) -> None:
    plan = every_task_is_killed_before_and_after_each_change_and_while_it_waits
    left, strikes = run(undisturbed, plan, "tasks killed")
    assert_as_if_nothing_had_been(left, undisturbed)
    assert strikes["kill before"] > left.steps
    assert strikes["kill after"] > 2 * left.steps


def test_three_of_ten_calls_throttled(undisturbed: Undisturbed) -> None:
    busy = {"name": "busy", "calls": {}, "probability": 0.3}
    plan = {"seed": 1, "faults": [{**busy, "effect": {"type": "error", "code": "ThrottlingException"}}]}
    aws = undisturbed.stack.aws
    left, _ = run(undisturbed, untouched, "throttled", lambda: aws.faults("PUT", plan), lambda: aws.faults("DELETE"))
    assert_as_if_nothing_had_been(left, undisturbed)


def test_the_scheduler_killed_with_its_workers(undisturbed: Undisturbed) -> None:
    stack = undisturbed.stack

    def kill_the_scheduler(pid: int) -> None:
        stack.kill("scheduler")

    plan = first(lambda call: call.operation == "CreateTrainingJob", Strike("after", kill_the_scheduler))
    left, _ = run(undisturbed, plan, "scheduler killed")
    assert_as_if_nothing_had_been(left, undisturbed)


def test_the_local_sagemaker_killed(undisturbed: Undisturbed) -> None:
    stack = undisturbed.stack

    def kill_aws(pid: int) -> None:
        stack.kill("aws")

    plan = first(lambda call: call.operation == "CreateTrainingJob", Strike("after", kill_aws))
    left, _ = run(undisturbed, plan, "local SageMaker killed")
    assert left.statuses["Completed"] == left.steps == undisturbed.left.steps
    assert (left.versions, left.models) == (1, undisturbed.left.models)
