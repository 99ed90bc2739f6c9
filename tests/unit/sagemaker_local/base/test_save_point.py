"""Waiting for a save: nobody goes on before one that began later has ended, and one save is enough for many."""

from __future__ import annotations

import asyncio
import threading

import pytest

from sagemaker_local.base.save_point import SavePoint

pytestmark = pytest.mark.local_only


class Disk:
    """Saves when it is let to."""

    def __init__(self) -> None:
        self.begun, self.faults = 0, 0
        self.free = threading.Event()
        self.free.set()

    def save(self) -> None:
        self.begun += 1
        self.free.wait(20)
        if self.faults:
            self.faults -= 1
            raise OSError("the disk is full")


async def begun(disk: Disk, count: int) -> None:
    async with asyncio.timeout(20):
        while disk.begun < count:
            await asyncio.sleep(0.01)


def test_those_who_come_during_a_save_wait_for_the_next_and_share_it() -> None:
    async def main() -> None:
        disk = Disk()
        point = SavePoint(disk.save)
        disk.free.clear()
        first = asyncio.create_task(point.reached())
        await begun(disk, 1)
        later = [asyncio.create_task(point.reached()) for _ in range(5)]
        await asyncio.sleep(0.05)
        assert not any(task.done() for task in later)
        disk.free.set()
        await asyncio.gather(first, *later)
        assert disk.begun == 2

    asyncio.run(main())


def test_a_save_that_fails_is_nobodys_but_its_own() -> None:
    async def main() -> None:
        disk = Disk()
        disk.faults = 1
        point = SavePoint(disk.save)
        found = await asyncio.gather(*(point.reached() for _ in range(3)), return_exceptions=True)
        assert [type(each) for each in found] == [OSError, type(None), type(None)]
        assert disk.begun == 2

    asyncio.run(main())
