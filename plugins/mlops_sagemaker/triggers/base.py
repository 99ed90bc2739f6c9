"""What the triggers share: one event, a deadline of their own, and patience with AWS."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from mlops_sagemaker import _compat
from mlops_sagemaker.errors import ApiError, Family
from mlops_sagemaker.hook import AsyncAws, LifecycleHook

MIN_WAIT_SECONDS = 10
"""Airflow 3.3.1 fails a task whose trigger fires before the executor has reported the task's first half."""


class WaitTrigger(BaseTrigger):
    """Fires once: when what it waits for is done, when ``deadline`` has passed, or when asking fails.

    The event is ``{"status": "done" | "timeout" | "error", "message": str}`` and what `news` adds; what became of
    the thing waited for is for the resumed task to ask.

    :param deadline: seconds since the epoch; absolute, so a restart of the triggerer does not prolong it.
    :param poll_interval: seconds between two questions to AWS.
    :param aws: keyword arguments of the LifecycleHook.
    """

    def __init__(self, *, deadline: float, poll_interval: float, aws: dict[str, Any] | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.deadline = deadline
        self.poll_interval = poll_interval
        self.aws = aws or {}

    def arguments(self) -> dict[str, Any]:
        """The constructor's arguments beyond those of this class."""
        raise NotImplementedError

    async def done(self, aws: AsyncAws) -> bool:
        """Whether the wait is over. ApiErrors that may pass are taken for a no."""
        raise NotImplementedError

    def news(self) -> dict[str, Any]:
        """What the event tells the resumed task besides."""
        return {}

    async def kill(self, aws: AsyncAws) -> None:
        """What a person who clears or marks the deferred task wants ended besides; nothing, unless overridden."""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The class's path and its constructor's arguments."""
        common = {"deadline": self.deadline, "poll_interval": self.poll_interval, "aws": self.aws}
        return f"{type(self).__module__}.{type(self).__qualname__}", {**self.arguments(), **common}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield the one event; an error is one too, for a trigger that raises leaves its work running."""
        try:
            yield await self._event()
        except asyncio.CancelledError:
            if await _compat.killed_without_on_kill(self):
                await self.on_kill()
            raise

    async def on_kill(self) -> None:
        """Airflow calls this from 3.3 on, when a person clears or marks the deferred task."""
        async with self._hook().asynchronous() as aws:
            await self.kill(aws)

    async def _event(self) -> TriggerEvent:
        try:
            await asyncio.sleep(MIN_WAIT_SECONDS)
            status, message = "done" if await self._done_in_time() else "timeout", ""
        except Exception as error:
            self.log.exception("Waiting failed: %r", self)
            status, message = "error", f"{type(error).__name__}: {error}"
        event = {"status": status, "message": message, **self.news()}
        return TriggerEvent(event)  # type: ignore[no-untyped-call]

    async def _done_in_time(self) -> bool:
        async with self._hook().asynchronous() as aws:
            while not await self._done_patiently(aws):
                left = self.deadline - time.time()
                if left <= 0:
                    return False
                await asyncio.sleep(min(self.poll_interval, left))
        return True

    async def _done_patiently(self, aws: AsyncAws) -> bool:
        """Whether the wait is over. While AWS throttles or cannot be reached it is not."""
        try:
            return await self.done(aws)
        except ApiError as error:
            if error.family is Family.USER:
                raise
            self.log.warning("Still waiting: %s", error)
            return False

    def _hook(self) -> LifecycleHook:
        return LifecycleHook(**self.aws)
