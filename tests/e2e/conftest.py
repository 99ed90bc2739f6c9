from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.least_privilege import refused
from tests.support.stack import LocalStack, poisoned


@dataclass(frozen=True)
class FirstRun:
    """A stack that nothing was known of before, and what its first `train` printed."""

    stack: LocalStack
    output: subprocess.CompletedProcess[str]


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FirstRun]:
    stack = LocalStack(tmp_path_factory.mktemp("a clone") / "state of it", poisoned(os.environ))
    output = stack.call("train")
    yield FirstRun(stack, output)
    stopped = stack.call("down")
    assert stopped.returncode == 0, stopped.stderr
    # Only now has everything been asked for, whichever tests were chosen.
    assert refused(stack.calls) == []


@pytest.fixture
def stack(first: FirstRun) -> LocalStack:
    assert first.output.returncode == 0, first.output.stdout + first.output.stderr
    return first.stack
