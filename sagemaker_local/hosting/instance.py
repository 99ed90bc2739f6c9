"""One instance of a variant: a serving container that is started, watched, and started again when it ends."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagemaker_local.clock import Waits
from sagemaker_local.execution.images import ImageNotInstalled
from sagemaker_local.execution.logs import LogStream
from sagemaker_local.execution.serving.client import Client
from sagemaker_local.execution.serving.container import (
    STOP_GRACE_SECONDS,
    CannotStart,
    Ended,
    NotHealthy,
    Served,
    ServingContainer,
    ServingPlatform,
)

log = logging.getLogger(__name__)

# Choices: AWS documents that it pings for life, not how often, nor after how many failures it acts.
_PING_EVERY_SECONDS, _FAILED_PINGS = 5.0, 3
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.5, 30.0


class InstanceFailed(Exception):
    """The instance never came into service; the text is a ``FailureReason``."""


@dataclass(frozen=True)
class InstancePlan:
    """What an instance is started from."""

    served: Served
    variant: str
    health_check_seconds: float
    folder: Path
    """holds the folders of the variant's containers"""
    log_group: str
    waits: Waits
    data_log: bool = False
    """whether there is a log of what the platform does with each request"""


class Instance:
    """A starting, serving or ending instance. It starts by being made."""

    def __init__(self, platform: ServingPlatform, plan: InstancePlan, on_change: Callable[[], None]) -> None:
        """*on_change* is called whenever the instance comes into service or leaves it."""
        loop = asyncio.get_running_loop()
        self._platform, self._plan, self._on_change = platform, plan, on_change
        self._grace_seconds = plan.waits.seconds(STOP_GRACE_SECONDS)
        self._container: ServingContainer | None = None
        self._data_log: LogStream | None = None
        self._healthy = False
        self._unwanted: asyncio.Future[None] = loop.create_future()
        self._idle: asyncio.Future[None] = loop.create_future()
        self.id = f"i-{secrets.token_hex(9)[:17]}"
        self.outstanding = 0
        """the requests that it is answering at the moment"""
        self.launched: asyncio.Future[None] = loop.create_future()
        """done when it first comes into service; ``InstanceFailed`` if that took too long (it goes on trying, as AWS
        does for an endpoint that was in service before); cancelled if it was not wanted any more"""
        self._life = asyncio.create_task(self._live())

    @property
    def _budget_seconds(self) -> float:
        return self._plan.waits.seconds(self._plan.health_check_seconds)

    # What the invocation path uses

    @property
    def in_service(self) -> bool:
        """Whether it is healthy and may be sent requests."""
        return self._healthy and not self._unwanted.done()

    @property
    def client(self) -> Client:
        """The way to its present container."""
        assert self._container is not None
        return self._container.client

    def release(self) -> None:
        """A request, counted in ``outstanding`` when it was sent, has been answered."""
        self.outstanding -= 1
        if self._unwanted.done():
            self._settle()

    def log_data(self, line: str) -> None:
        """Add *line* to the data log, if there is one."""
        if self._data_log is not None:
            self._data_log.append(line)

    def suspect(self) -> None:
        """It could not be reached: no more requests until it has ended and begun anew, or answers a ping."""
        self._set_healthy(False)

    # What the fleet uses

    async def retire(self) -> None:
        """No more requests; when the last is answered SIGTERM, the grace, SIGKILL. Returns when it is gone."""
        self._dismiss()
        self._settle()
        await asyncio.shield(self._life)

    async def kill(self) -> None:
        """End it now; returns when it is gone."""
        self._grace_seconds = 0.0
        self._dismiss()
        if not self._idle.done():
            self._idle.set_result(None)
        if self._container is not None:
            self._container.kill()
        await asyncio.shield(self._life)

    def _dismiss(self) -> None:
        if not self._unwanted.done():
            self._unwanted.set_result(None)
            self._on_change()

    def _settle(self) -> None:
        if self.outstanding == 0 and not self._idle.done():
            self._idle.set_result(None)

    def _set_healthy(self, healthy: bool) -> None:
        if self._healthy != healthy:
            self._healthy = healthy
            self._on_change()

    # Its life

    async def _live(self) -> None:
        try:
            async with AsyncExitStack() as logs:
                output = await logs.enter_async_context(self._log())
                if self._plan.data_log:
                    self._data_log = await logs.enter_async_context(self._log("/data-log"))
                await self._serve_until_unwanted(output)
        except Exception as error:
            log.exception("instance %s of %s", self.id, self._plan.log_group)
            self._fail(f"InternalServerError: {error}")
        if not self.launched.done():
            self.launched.cancel()

    @asynccontextmanager
    async def _log(self, suffix: str = "") -> AsyncIterator[LogStream]:
        logs = self._platform.aws.client("logs", self._plan.served.scope)
        stream = f"{self._plan.variant}/{self.id}{suffix}"
        output = await asyncio.to_thread(LogStream, logs, self._plan.log_group, stream)
        try:
            yield output
        finally:
            await asyncio.to_thread(output.close)

    async def _serve_until_unwanted(self, output: LogStream) -> None:
        pause = _FIRST_PAUSE_SECONDS
        deadline = asyncio.get_running_loop().time() + self._budget_seconds
        while not self._unwanted.done():
            served = await self._serve(output, deadline)
            pause = _FIRST_PAUSE_SECONDS if served else min(2 * pause, _LONGEST_PAUSE_SECONDS)
            await _first(self._unwanted, seconds=self._plan.waits.seconds(pause))

    async def _serve(self, output: LogStream, deadline: float) -> bool:
        """One container, from its start to its end; returns whether it came into service."""
        folder = self._plan.folder / f"{self.id}-{secrets.token_hex(4)}"
        self._container = container = ServingContainer(self._platform, self._plan.served, folder, output.append)
        try:
            await container.start()
            if not await self._come_into_service(container, deadline):
                return False
            await self._watch(container)
            return True
        except (CannotStart, ImageNotInstalled) as error:
            self._fail(self._cannot_start(error))
        except (Ended, NotHealthy) as error:
            self._note(error, deadline)
        finally:
            self._set_healthy(False)
            await self._end(container)
        return False

    async def _come_into_service(self, container: ServingContainer, deadline: float) -> bool:
        """Whether it did; not if it is not wanted any more. Raises what ``become_healthy`` raises."""
        loop = asyncio.get_running_loop()
        seconds = self._budget_seconds if self.launched.done() else deadline - loop.time()
        becoming = asyncio.create_task(container.become_healthy(seconds))
        await _first(becoming, self._unwanted)
        if not becoming.done():
            becoming.cancel()
            return False
        becoming.result()
        self._set_healthy(True)
        if not self.launched.done():
            self.launched.set_result(None)
        return True

    async def _watch(self, container: ServingContainer) -> None:
        """Until it ends, fails its pings, or is not wanted any more."""
        failed = 0
        while failed < _FAILED_PINGS:
            await _first(container.ended, self._unwanted, seconds=self._plan.waits.seconds(_PING_EVERY_SECONDS))
            if self._unwanted.done():
                return
            if container.ended.done():
                status = container.ended.result()
                log.warning("%s: a container of %s ended with status %s", self._plan.log_group, self.id, status)
                return
            failed = 0 if await container.is_healthy() else failed + 1
            self._set_healthy(failed == 0)
        log.warning("%s: a container of %s failed %s pings", self._plan.log_group, self.id, failed)

    async def _end(self, container: ServingContainer) -> None:
        if self._unwanted.done():
            await _first(container.ended, self._idle)
        await container.stop(self._grace_seconds)

    def _note(self, error: Exception, deadline: float) -> None:
        """A container that did not become healthy is followed by another until the time for that is up."""
        log.warning("%s: a container of %s did not become healthy: %s", self._plan.log_group, self.id, error)
        if asyncio.get_running_loop().time() >= deadline:
            self._fail(
                f"The primary container for production variant {self._plan.variant} did not pass the ping health "
                "check. Please check CloudWatch logs for this endpoint."
            )

    def _cannot_start(self, error: Exception) -> str:
        return (
            f"CannotStartContainerError. Please ensure the model container for variant {self._plan.variant} starts "
            f"correctly when invoked with 'docker run <image> serve'. ({error})"
        )

    def _fail(self, reason: str) -> None:
        if not self.launched.done():
            self.launched.set_exception(InstanceFailed(reason))
            self.launched.exception()  # whoever waits for it is told; nobody need wait


async def _first(*futures: asyncio.Future[Any], seconds: float | None = None) -> None:
    """Until one of *futures* is done, or the seconds are over."""
    await asyncio.wait(futures, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
