"""Functions called at their times."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from sagemaker_local import clock
from sagemaker_local.execution import deadlines as module
from sagemaker_local.execution.deadlines import Deadlines
from tests.support.polling import eventually


@pytest.fixture
def deadlines() -> Iterator[Deadlines]:
    deadlines = Deadlines()
    yield deadlines
    deadlines.close()


def test_what_is_due_is_called_in_order_and_what_is_not_is_not(deadlines: Deadlines) -> None:
    called: list[str] = []
    deadlines.at(clock.now() + 3600, lambda: called.append("later"))
    deadlines.at(clock.now() + 0.05, lambda: called.append("soon"))
    deadlines.at(clock.now() - 1, lambda: called.append("past"))
    eventually(lambda: len(called) >= 2, "both calls")
    assert called == ["past", "soon"]


def test_one_that_raises_is_called_again_and_holds_nobody_up(
    deadlines: Deadlines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_RETRY_SECONDS", 0.05)
    called: list[str] = []

    def fail_once() -> None:
        called.append("first")
        if called.count("first") == 1:
            raise OSError("the disk is full")

    deadlines.at(0, fail_once)
    deadlines.at(0, lambda: called.append("second"))
    eventually(lambda: called.count("first") == 2, "the second try")
    assert called == ["first", "second", "first"]


def test_after_it_is_closed_nothing_is_called_and_no_thread_is_left() -> None:
    before = set(threading.enumerate())
    deadlines = Deadlines()
    called: list[int] = []
    deadlines.at(clock.now() + 3600, lambda: called.append(1))
    deadlines.close()
    deadlines.at(0, lambda: called.append(2))
    assert called == []
    assert set(threading.enumerate()) <= before
