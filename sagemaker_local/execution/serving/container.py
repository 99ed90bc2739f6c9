"""One serving container: the image's program ``serve`` on one instance, from its start to its end.

Contract: HTTP on port 8080, or on ``SAGEMAKER_BIND_TO_PORT`` where the image says that it honours that (the label
``com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true`` in its Dockerfile); ``GET /ping`` answers 200 within
two seconds; SIGTERM comes 30 seconds before SIGKILL; /opt/ml/model is read-only.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from sagemaker_local.base.aws import Aws
from sagemaker_local.domain.arns import Scope
from sagemaker_local.execution.cluster import create_instances
from sagemaker_local.execution.environment import platform_environment
from sagemaker_local.execution.images import Image, ImageCatalog
from sagemaker_local.execution.launcher import NOT_EXECUTABLE, NOT_FOUND
from sagemaker_local.execution.metrics import MetricSource
from sagemaker_local.execution.network import Network
from sagemaker_local.execution.process import ProcessExecutor, Program, Running
from sagemaker_local.execution.serving.client import Client
from sagemaker_local.execution.serving.errors import NoAnswer
from sagemaker_local.execution.serving.ports import Ports
from sagemaker_local.execution.threads import interruptible
from sagemaker_local.execution.transfer import CheckPoint

PORT = 8080
PING_SECONDS = 2.0
STOP_GRACE_SECONDS = 30.0
# How often a container that is starting is asked whether it is ready: its first answer should not wait for us.
_STARTING_PING_EVERY_SECONDS = 0.05

Listen = Callable[[socket.socket], None]
"""makes the server accept on a listening socket too; called in the event loop"""


class CannotStart(Exception):
    """The program ``serve`` cannot be started at all: trying again will not help. The text says why."""


class Ended(Exception):
    """The container ended while it was to become healthy; the text names its exit status."""


class NotHealthy(Exception):
    """The container runs but has not passed its health check in time."""


@dataclass(frozen=True)
class Served:
    """What a container is to serve."""

    scope: Scope
    image_uri: str
    environment: dict[str, str]
    model: Path
    """the folder that it sees as /opt/ml/model"""
    network_isolation: bool = False
    measured_as: MetricSource | None = None
    """whose metrics tell what the container uses of the machine"""


@dataclass(frozen=True)
class ServingPlatform:
    """What every serving container runs with."""

    aws: Aws
    images: ImageCatalog
    executor: ProcessExecutor
    ports: Ports
    aws_port: int
    listen: Listen


class ServingContainer:
    """A container; made, started and used in one event loop."""

    def __init__(self, platform: ServingPlatform, served: Served, folder: Path, on_line: Callable[[str], None]) -> None:
        """*folder* is the container's own, yet to be made; *on_line* gets its output, in another thread."""
        self._platform, self._served, self._folder = platform, served, folder
        self._on_line, self._last_line = on_line, ""
        self._running: Running | None = None
        self._network: Network | None = None
        self._lasting = ExitStack()
        self._block: range | None = None
        self.client = Client(self._connect)
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        """the exit status, once the program and all that it started are gone"""

    @property
    def started(self) -> bool:
        """Whether the program was started, so that ``ended`` will come."""
        return self._running is not None

    async def start(self) -> None:
        """Start the program. Raises ``ImageNotInstalled`` or ``OSError``.

        A cancellation is raised once it is certain whether there is a program to be ended.
        """
        loop = asyncio.get_running_loop()
        await interruptible(lambda check: self._launch(loop, check))
        if self._network is not None and not self._served.network_isolation:
            listener = await asyncio.to_thread(self._network.listener, self._platform.aws_port)
            self._platform.listen(listener)

    def _launch(self, loop: asyncio.AbstractEventLoop, check: CheckPoint) -> None:
        image = self._platform.images.find(self._served.image_uri)
        self._platform.images.ensure_installed(image)
        check()
        if image.notice:
            self._on_line(image.notice)
        (sandbox,) = create_instances(self._folder, ["algo-1"])
        executor = self._platform.executor
        with self._lasting:
            program = self._program(image)
            self._network = self._lasting.enter_context(executor.network(program))
            self._running = executor.start(image, program, sandbox, self._read, self._network)
            self._lasting = self._lasting.pop_all()
        # Here and not in the task: that one may be cancelled at any moment, and who ends the program waits for its end.
        threading.Thread(target=self._await_end, args=(loop,), daemon=True).start()

    def _program(self, image: Image) -> Program:
        environment = {
            **platform_environment(self._served.scope, self._platform.aws),
            **self._served.environment,
        }
        own_network = self._served.network_isolation or not image.binds_to_given_port
        if not own_network:
            self._block = self._platform.ports.take()
            self._lasting.callback(self._platform.ports.give_back, self._block)
            environment["SAGEMAKER_BIND_TO_PORT"] = str(self._block.start)
            environment["SAGEMAKER_SAFE_PORT_RANGE"] = f"{self._block.start + 1}-{self._block.stop - 1}"
        mounts = {"/opt/ml/model": self._served.model}
        return Program(["serve"], environment, own_network, mounts, self._served.measured_as)

    def _read(self, line: str) -> None:
        self._last_line = line
        self._on_line(line)

    def _await_end(self, loop: asyncio.AbstractEventLoop) -> None:
        assert self._running is not None
        code = self._running.wait()
        self._lasting.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        loop.call_soon_threadsafe(self._mark_ended, code)

    def _mark_ended(self, code: int) -> None:
        self.client.close()
        self.ended.set_result(code)

    async def _connect(self) -> socket.socket:
        made = socket.socket() if self._network is None else await asyncio.to_thread(self._network.unconnected)
        made.setblocking(False)
        try:
            port = PORT if self._block is None else self._block.start
            await asyncio.get_running_loop().sock_connect(made, ("127.0.0.1", port))
        except BaseException:
            made.close()
            raise
        return made

    async def is_healthy(self) -> bool:
        """Whether ``GET /ping`` answers 200 within two seconds."""
        try:
            return (await self.client.request(b"GET", b"/ping", [], b"", PING_SECONDS)).status == 200
        except NoAnswer:
            return False

    async def become_healthy(self, seconds: float) -> None:
        """Wait until it passes its health check. Raises ``CannotStart``, ``Ended`` or ``NotHealthy``."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while not await self.is_healthy():
            await asyncio.wait([self.ended], timeout=_STARTING_PING_EVERY_SECONDS)
            if self.ended.done():
                raise self._why_ended(self.ended.result())
            if loop.time() > deadline:
                raise NotHealthy

    def _why_ended(self, code: int) -> Exception:
        if code in (NOT_EXECUTABLE, NOT_FOUND) and self._last_line.startswith("exec: "):
            return CannotStart(self._last_line)
        return Ended(f"exit status {code}")

    async def stop(self, grace_seconds: float = STOP_GRACE_SECONDS) -> None:
        """SIGTERM, after *grace_seconds* SIGKILL; returns when it has ended."""
        if self._running is not None:
            await asyncio.to_thread(self._running.stop, grace_seconds)
            await asyncio.shield(self.ended)

    def kill(self) -> None:
        """SIGKILL now, with everything that it started; returns at once."""
        if self._running is not None:
            self._running.kill()
