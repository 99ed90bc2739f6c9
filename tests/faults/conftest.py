from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.faults.matrix import Ledger, Left
from tests.faults.stack import FaultyStack


@dataclass(frozen=True)
class Undisturbed:
    """The stack, and what a run leaves there that nothing happens to."""

    stack: FaultyStack
    left: Left


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Undisturbed]:
    stack = FaultyStack(tmp_path_factory.mktemp("stack") / "local")
    try:
        stack.start()
        # Nights that unpausing starts are no run of ours.
        ledger = Ledger(stack)
        state = stack.ended(stack.trigger())
        assert state == "success"
        yield Undisturbed(stack, ledger.left())
    finally:
        stack.stop()
