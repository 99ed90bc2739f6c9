"""Work in threads on behalf of tasks that may be cancelled."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

from sagemaker_local.execution.transfer import CheckPoint

T = TypeVar("T")


async def interruptible(work: Callable[[CheckPoint], T]) -> T:
    """Run *work* in a thread; if this is cancelled, so is the work at its next check point, and then it has ended."""
    unwanted = threading.Event()

    def check_point() -> None:
        if unwanted.is_set():
            raise _Unwanted

    working = asyncio.get_running_loop().run_in_executor(None, work, check_point)
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        unwanted.set()
        await asyncio.wait([working])
        working.exception()
        raise


class _Unwanted(Exception):
    """What a thread does is not wanted any more."""
