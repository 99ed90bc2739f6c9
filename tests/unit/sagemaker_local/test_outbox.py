"""From the outbox to EventBridge: in order, at least once, and not before it is on disk there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from sagemaker_local.domain.arns import Scope
from sagemaker_local.domain.events import Event
from sagemaker_local.outbox import Dispatcher
from sagemaker_local.store import Store

SCOPE = Scope("000000000000", "us-east-1")


class RecordingBase:
    """A base that notes what it is asked, and fails when it is told to."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.failing: set[str] = set()

    async def emit_event(self, scope: Scope, event: Event) -> None:
        self._note(event.detail_type)

    def save(self) -> None:
        self._note("save")

    def _note(self, what: str) -> None:
        self.calls.append(what)
        if what in self.failing:
            self.failing.remove(what)
            raise RuntimeError(f"{what} failed")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "db")
    yield store
    store.close()


@pytest.fixture
def base() -> RecordingBase:
    return RecordingBase()


def post(store: Store, *kinds: str) -> None:
    for kind in kinds:
        store.post(SCOPE, Event(kind, (), {}))


def waiting(store: Store) -> list[str]:
    return [entry.event.detail_type for entry in store.outbox(1000)]


def test_events_are_sent_in_order_then_saved_then_taken_out(store: Store, base: RecordingBase) -> None:
    post(store, "a", "b", "c")
    more = asyncio.run(Dispatcher(store, base).dispatch())
    assert base.calls == ["a", "b", "c", "save"]
    assert (waiting(store), more) == ([], False)


def test_an_empty_outbox_saves_nothing(store: Store, base: RecordingBase) -> None:
    asyncio.run(Dispatcher(store, base).dispatch())
    assert base.calls == []


@pytest.mark.parametrize("what", ["b", "save"])
def test_what_was_not_delivered_for_good_is_sent_again(store: Store, base: RecordingBase, what: str) -> None:
    post(store, "a", "b")
    base.failing = {what}
    with pytest.raises(RuntimeError, match=f"{what} failed"):
        asyncio.run(Dispatcher(store, base).dispatch())
    assert waiting(store) == ["a", "b"]
    asyncio.run(Dispatcher(store, base).dispatch())
    assert base.calls[-3:] == ["a", "b", "save"]
    assert waiting(store) == []


def test_a_full_batch_says_that_there_may_be_more(store: Store, base: RecordingBase) -> None:
    with store.transaction():
        post(store, *(str(number) for number in range(150)))
    dispatcher = Dispatcher(store, base)
    assert asyncio.run(dispatcher.dispatch()) is True
    assert waiting(store)[0] == "100"
    assert asyncio.run(dispatcher.dispatch()) is False


def test_the_running_dispatcher_wakes_for_an_event_and_survives_a_failure(store: Store, base: RecordingBase) -> None:
    base.failing = {"a"}

    async def scenario() -> None:
        running = asyncio.create_task(Dispatcher(store, base).run())
        await asyncio.to_thread(post, store, "a")
        while base.calls.count("a") < 2 or waiting(store):
            await asyncio.sleep(0.01)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(asyncio.wait_for(scenario(), 30))
    assert base.calls == ["a", "a", "save"]
