"""A queue of asynchronous requests: their order, the room for them, and what is left when something goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sagemaker_local import clock
from sagemaker_local.clock import Waits
from sagemaker_local.domain.arns import Scope
from sagemaker_local.domain.asynchronous import AsyncRequest
from sagemaker_local.execution.serving.errors import Unreachable
from sagemaker_local.hosting.asynchronous import records
from sagemaker_local.hosting.asynchronous.queue import Queue
from sagemaker_local.store import Store

SCOPE = Scope("000000000000", "eu-west-1")


class Instance:
    def __init__(self) -> None:
        self.outstanding, self.healthy = 0, True

    def release(self) -> None:
        self.outstanding -= 1

    def suspect(self) -> None:
        self.healthy = False


class Serving:
    """An endpoint, its fleet and its variant in one, with so many requests at a time for each instance."""

    def __init__(self, instances: int, most: int) -> None:
        self.name, self.fleet, self.production = "e", self, [self]
        self.instances = [Instance() for _ in range(instances)]
        self.config = {"AsyncInferenceConfig": {"ClientConfig": {"MaxConcurrentInvocationsPerInstance": most}}}

    def pick(self) -> Serving:
        return self

    def with_room(self, most: int) -> Instance | None:
        found = [each for each in self.instances if each.healthy and each.outstanding < most]
        return min(found, key=lambda each: each.outstanding, default=None)


class Processor:
    """Processes what it is let to, and remembers it."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.expired: list[str] = []
        self.seen: list[str] = []
        self.most = 0
        self.free = asyncio.Event()
        self.free.set()
        self.errors: dict[str, Exception] = {}
        """by request, each raised once"""

    async def process(self, place: Any, request: AsyncRequest) -> None:
        self.seen.append(request.id)
        self.most = max(self.most, place.instance.outstanding)
        if request.id in self.errors:
            raise self.errors.pop(request.id)
        await self.free.wait()
        self.done.append(request.id)

    async def expire(self, place: Any, request: AsyncRequest) -> None:
        self.expired.append(request.id)


class World:
    """A queue on a store."""

    def __init__(self, store: Store, serving: Serving, speed_up: float = 1.0) -> None:
        self.store, self.serving, self.processor = store, serving, Processor()
        self.queue = Queue(SCOPE, lambda: self.serving, store, self.processor, Waits(speed_up))  # type: ignore[arg-type, return-value]

    def put(self, *ids: str, **members: Any) -> None:
        for id in ids:
            request = AsyncRequest.of(id, "e", {"OutputConfig": {}}, members, b"x", clock.now())
            records.keep(self.store, SCOPE, request)
            self.queue.put(records.waiting(request))

    def left(self) -> list[str]:
        return [waiting.id for _, _, waiting in records.kept(self.store)]


async def until(probe: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not probe():
            await asyncio.sleep(0.01)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "db")
    yield store
    store.close()


def run(store: Store, instances: int, most: int, what: Callable[[World], Awaitable[None]], speed: float = 1.0) -> None:
    async def main() -> None:
        world = World(store, Serving(instances, most), speed)
        await what(world)
        await world.queue.close()

    asyncio.run(main())


pytestmark = pytest.mark.local_only


def test_requests_have_their_turn_in_order_and_leave_the_store_when_they_are_done(store: Store) -> None:
    async def what(world: World) -> None:
        world.put("c", "a", "b")
        await until(lambda: not world.left())
        assert world.processor.done == ["c", "a", "b"]

    run(store, 1, 1, what)


def test_no_instance_has_more_at_a_time_than_configured_and_all_have_some(store: Store) -> None:
    async def what(world: World) -> None:
        world.processor.free.clear()
        world.put(*map(str, range(6)))
        await until(lambda: len(world.processor.seen) == 4)
        assert [each.outstanding for each in world.serving.instances] == [2, 2]
        assert world.queue.backlog(2).size == 6
        world.processor.free.set()
        await until(lambda: not world.left())
        assert world.processor.most == 2
        assert [each.outstanding for each in world.serving.instances] == [0, 0]

    run(store, 2, 2, what)


def test_an_instance_that_did_not_see_the_request_gets_no_more_and_another_gets_that_one_first(store: Store) -> None:
    async def what(world: World) -> None:
        world.processor.errors["1"] = Unreachable("no connection")
        world.put("1", "2", "3")
        await until(lambda: not world.left())
        assert world.processor.done == ["2", "1", "3"]
        assert [each.healthy for each in world.serving.instances].count(False) == 1

    run(store, 2, 1, what)


def test_what_the_server_itself_does_wrong_holds_a_request_up_and_loses_nothing(store: Store) -> None:
    async def what(world: World) -> None:
        world.processor.errors["1"] = OSError("the disk is full")
        world.put("1")
        await until(lambda: not world.left())
        assert world.processor.done == ["1"]

    run(store, 1, 1, what)


def test_without_an_instance_requests_wait_until_they_expire(store: Store) -> None:
    async def what(world: World) -> None:
        world.put("patient")
        world.put("hasty", RequestTTLSeconds=60)
        await until(lambda: world.processor.expired == ["hasty"])
        await until(lambda: world.left() == ["patient"])
        world.serving.instances.append(Instance())
        await until(lambda: world.processor.done == ["patient"])

    run(store, 0, 1, what, speed=600)


def test_what_is_broken_off_is_still_there_at_the_next_start(store: Store) -> None:
    async def what(world: World) -> None:
        world.processor.free.clear()
        world.put("under-way", "waiting")
        await until(lambda: world.processor.seen == ["under-way"])
        await world.queue.close()
        assert world.left() == ["under-way", "waiting"]
        assert world.serving.instances[0].outstanding == 0

    run(store, 1, 1, what)


def test_a_request_that_has_gone_with_its_endpoint_is_passed_over(store: Store) -> None:
    async def what(world: World) -> None:
        world.serving.instances[0].healthy = False
        world.put("gone")
        store.delete_children("async-request", SCOPE, "e")
        world.serving.instances[0].healthy = True
        await until(lambda: world.queue.backlog(1).size == 0)
        assert world.processor.seen == []

    run(store, 1, 1, what)
