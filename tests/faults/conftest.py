from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.faults.left import Left, Registers
from tests.faults.proxy import Call
from tests.faults.stack import FaultyStack

FIRST_RUN_ONLY = "CreateModelPackageGroup"
OWN_JOBS_ONLY = "/ledger/"
"""What a task writes down of a job that it has begun itself: a try that found its job does not."""


@dataclass(frozen=True)
class Undisturbed:
    """The stack, what a run leaves there that nothing happens to, and the boundaries of its steps: how many changes
    each step makes, by what they are called."""

    stack: FaultyStack
    left: Left
    boundaries: Counter[str]


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Undisturbed]:
    stack = FaultyStack(tmp_path_factory.mktemp("stack") / "local")
    changes: list[Call] = []

    def seen(call: Call, times: int) -> None:
        if call.changes_something and call.operation != FIRST_RUN_ONLY and OWN_JOBS_ONLY not in call.target:
            changes.append(call)

    try:
        stack.start()
        # Nights that unpausing starts are no run of ours.
        registers = Registers(stack)
        with stack.door.following(seen):
            state = stack.ended(stack.trigger())
        assert state == "success"
        yield Undisturbed(stack, registers.left(), Counter(call.boundary for call in changes))
    finally:
        stack.stop()
