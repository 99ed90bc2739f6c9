"""A serving container whose start is broken off: it is never left behind, and its end always comes."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from sagemaker_local.base.aws import Aws
from sagemaker_local.domain.arns import Scope
from sagemaker_local.execution.images import ImageCatalog
from sagemaker_local.execution.process import ProcessExecutor
from sagemaker_local.execution.serving.container import Served, ServingContainer, ServingPlatform
from sagemaker_local.execution.serving.ports import Ports

pytestmark = pytest.mark.local_only
SCOPE = Scope("000000000000", "us-east-1")
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/patient:1"
END_SECONDS = 30.0


@pytest.fixture
def platform(tmp_path: Path) -> ServingPlatform:
    """With an image whose program ``serve`` does nothing, for long."""
    folder = tmp_path / "containers" / "patient"
    (folder / "bin").mkdir(parents=True)
    (folder / "requirements.txt").touch()
    (folder / "Dockerfile").write_text(
        "FROM scratch\nLABEL com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true\n"
    )
    serve = folder / "bin" / "serve"
    serve.write_text("#!/bin/sh\nexec sleep 600\n")
    serve.chmod(0o755)
    images = ImageCatalog(tmp_path / "containers", tmp_path / "environments", {})
    images.install_all()
    executor = ProcessExecutor("none", [])
    return ServingPlatform(Aws("http://127.0.0.1:9"), images, executor, Ports(), 9, lambda _: None)


def made(platform: ServingPlatform, folder: Path) -> ServingContainer:
    (folder / "model").mkdir()
    served = Served(SCOPE, IMAGE, {}, folder / "model")
    return ServingContainer(platform, served, folder / "container", lambda _: None)


async def cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def ended(container: ServingContainer) -> int:
    container.kill()
    return await asyncio.wait_for(asyncio.shield(container.ended), END_SECONDS)


def test_a_program_started_just_before_the_cancellation_can_be_ended(platform: ServingPlatform, tmp_path: Path) -> None:
    async def scenario() -> int:
        container = made(platform, tmp_path)
        start = asyncio.create_task(container.start())
        await asyncio.sleep(0)
        while not container.started:
            time.sleep(0.01)  # the loop must not turn: it would see that the program has started
        await cancelled(start)
        return await ended(container)

    assert asyncio.run(scenario()) == 137


def test_a_start_that_is_cancelled_at_once_leaves_no_program(platform: ServingPlatform, tmp_path: Path) -> None:
    async def scenario() -> tuple[bool, list[Path]]:
        container = made(platform, tmp_path)
        start = asyncio.create_task(container.start())
        await asyncio.sleep(0)
        await cancelled(start)
        if container.started:
            assert await ended(container) == 137
        return container.started, list(tmp_path.glob("container/*"))

    started, left = asyncio.run(scenario())
    assert not left, (started, left)


def test_the_ports_of_a_container_that_has_ended_are_free_again(platform: ServingPlatform, tmp_path: Path) -> None:
    async def scenario() -> None:
        container = made(platform, tmp_path)
        await container.start()
        await ended(container)

    given = platform.ports.take()
    platform.ports.give_back(given)
    asyncio.run(scenario())
    assert platform.ports._taken == set()
