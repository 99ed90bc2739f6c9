"""The queue of one endpoint: who is next, and where there is room for it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from sagemaker_local import clock
from sagemaker_local.clock import Waits
from sagemaker_local.domain.arns import Scope
from sagemaker_local.domain.asynchronous import Backlog, concurrency
from sagemaker_local.execution.serving.errors import Unreachable
from sagemaker_local.hosting.asynchronous import records
from sagemaker_local.hosting.asynchronous.processing import Place, Processor
from sagemaker_local.hosting.asynchronous.records import Waiting
from sagemaker_local.hosting.endpoint import Endpoint
from sagemaker_local.store import Store

log = logging.getLogger(__name__)

# How often a backlog looks for an instance that has come into service.
_LOOK_EVERY_SECONDS = 0.1
_RETRY_SECONDS = 1.0


class Queue:
    """Requests in the order in which they came; each leaves the store when its end has been told."""

    def __init__(
        self, scope: Scope, find: Callable[[], Endpoint | None], store: Store, processor: Processor, waits: Waits
    ) -> None:
        """*find* gives the endpoint while it serves."""
        self._scope, self._find, self._store, self._processor, self._waits = scope, find, store, processor, waits
        self._waiting: deque[Waiting] = deque()
        self._next_expiry = math.inf
        self._under_way: dict[asyncio.Task[None], Waiting] = {}
        self._news = asyncio.Event()
        self._dispatching = asyncio.create_task(self._dispatch())

    def put(self, waiting: Waiting) -> None:
        """Another request, which is in the store."""
        self._waiting.append(waiting)
        self._next_expiry = min(self._next_expiry, self._expiry(waiting))
        self._news.set()

    def backlog(self, instances: int) -> Backlog:
        """What there is to do, with so many *instances*."""
        all_of_them = [*self._under_way.values(), *self._waiting]
        oldest = min((waiting.received for waiting in all_of_them), default=None)
        return Backlog(len(all_of_them), instances, 0.0 if oldest is None else max(0.0, clock.now() - oldest))

    async def close(self) -> None:
        """Break off; what is not done stays in the store."""
        tasks = [self._dispatching, *self._under_way]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _dispatch(self) -> None:
        while True:
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), _LOOK_EVERY_SECONDS if self._waiting else None)
            endpoint = self._find()
            if endpoint is not None:
                self._look_at(endpoint)

    def _look_at(self, endpoint: Endpoint) -> None:
        """Nothing that goes wrong here ends the queue."""
        try:
            self._expire(endpoint)
            self._hand_out(endpoint)
        except Exception:
            log.exception("asynchronous requests of endpoint %s wait", endpoint.name)

    def _expire(self, endpoint: Endpoint) -> None:
        now = clock.now()
        if now < self._next_expiry:
            return
        place = Place(endpoint, endpoint.fleet.production[0], None)
        everyone, self._waiting = self._waiting, deque()
        self._next_expiry = math.inf
        for waiting in everyone:
            if self._expiry(waiting) > now:
                self.put(waiting)
            else:
                self._begin(waiting, self._ended(waiting, place))

    def _expiry(self, waiting: Waiting) -> float:
        return waiting.received + self._waits.seconds(waiting.ttl_seconds)

    def _hand_out(self, endpoint: Endpoint) -> None:
        while self._waiting and (place := _place(endpoint)) is not None:
            assert place.instance is not None
            place.instance.outstanding += 1
            waiting = self._waiting.popleft()
            self._begin(waiting, self._answered(waiting, place))

    def _begin(self, waiting: Waiting, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._under_way[task] = waiting

        def done(_: asyncio.Task[None]) -> None:
            del self._under_way[task]
            self._news.set()

        task.add_done_callback(done)

    async def _answered(self, waiting: Waiting, place: Place) -> None:
        assert place.instance is not None
        try:
            await self._ended(waiting, place)
        except Unreachable:
            place.instance.suspect()
            self._waiting.appendleft(waiting)
            self._next_expiry = min(self._next_expiry, self._expiry(waiting))
        finally:
            place.instance.release()

    async def _ended(self, waiting: Waiting, place: Place) -> None:
        """To the request's end; what hinders the server itself, a full disk say, only holds it up."""
        while True:
            try:
                await self._process(waiting, place)
                return
            except Unreachable:
                raise
            except Exception:
                log.exception("asynchronous request %s of endpoint %s waits", waiting.id, place.endpoint.name)
                await asyncio.sleep(_RETRY_SECONDS)

    async def _process(self, waiting: Waiting, place: Place) -> None:
        request = await asyncio.to_thread(records.read, self._store, self._scope, waiting.id)
        if request is None:
            return  # it has gone with its endpoint
        if place.instance is None:
            await self._processor.expire(place, request)
        else:
            await self._processor.process(place, request)
        await asyncio.to_thread(records.remove, self._store, self._scope, waiting.id)


def _place(endpoint: Endpoint) -> Place | None:
    """Room for a request, in a fleet and a variant by their shares of the traffic; ``None`` if that one has none."""
    variant = endpoint.pick().pick()
    if variant is None:
        return None
    instance = variant.with_room(concurrency(variant.config))
    return None if instance is None else Place(endpoint, variant, instance)
