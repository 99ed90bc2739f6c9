"""Events from the outbox to EventBridge: at least once, in order, also across restarts."""

from __future__ import annotations

import asyncio
import logging

from sagemaker_local.base.interface import Base
from sagemaker_local.store import Store

log = logging.getLogger(__name__)

_BATCH = 100
_IDLE_SECONDS = 1.0


class Dispatcher:
    """Takes an event out only once the queues that it reached are on disk."""

    def __init__(self, store: Store, base: Base) -> None:
        self._store, self._base = store, base

    async def run(self) -> None:
        """Forever; what cannot be delivered now is tried again in a second."""
        loop, wake = asyncio.get_running_loop(), asyncio.Event()
        self._store.on_change(lambda: _wake(loop, wake))
        while True:
            wake.clear()
            try:
                more = await self.dispatch()
            except Exception:
                log.exception("events stay in the outbox")
                more = False
            if not more:
                await _wait(wake)

    async def dispatch(self) -> bool:
        """Send the oldest events; returns whether there may be more."""
        entries = await asyncio.to_thread(self._store.outbox, _BATCH)
        for entry in entries:
            await self._base.emit_event(entry.scope, entry.event)
        if entries:
            await asyncio.to_thread(self._base.save)
            await asyncio.to_thread(self._store.take_out, entries)
        return len(entries) == _BATCH


def _wake(loop: asyncio.AbstractEventLoop, wake: asyncio.Event) -> None:
    loop.call_soon_threadsafe(wake.set)


async def _wait(wake: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(wake.wait(), _IDLE_SECONDS)
    except TimeoutError:
        return  # look all the same: an event may have been left by a failed delivery
