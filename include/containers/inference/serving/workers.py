"""Several processes that answer on one socket: what is in memory before they fork is there once for all of them."""

import gc
import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

from serving import log

QUICK_SECONDS = 5.0
QUICK_DEATHS = 5
"""so many of them in a row, and the server ends: SageMaker tells of a container that does, not of one that limps"""


class Workers:
    """``count`` processes that run ``work``; one that ends is replaced."""

    def __init__(self, count: int, work: Callable[[], None]) -> None:
        self._count, self._work = count, work
        self._started: dict[int, float] = {}
        self._stopping = False
        self._quick = 0
        self._alive = os.pipe()

    def run(self) -> int:
        """Until SIGTERM or SIGINT, and then until all have ended; returns the exit status."""
        gc.freeze()  # the collector would write to, and so copy, what the processes share
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        while not self._stopping and len(self._started) < self._count:
            self._start()
        while self._started:
            pid, status = os.wait()
            self._ended(pid, os.waitstatus_to_exitcode(status))
        return 1 if self._quick >= QUICK_DEATHS else 0

    def _start(self) -> None:
        held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
        pid = os.fork()
        if pid == 0:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, held)
            threading.Thread(target=self._end_with_parent, daemon=True).start()
            self._work()
            os._exit(0)
        self._started[pid] = time.monotonic()
        signal.pthread_sigmask(signal.SIG_SETMASK, held)

    def _end_with_parent(self) -> None:
        """In a worker: nothing is ever written to the pipe, and it ends when the parent does, even when that is killed:
        a worker left behind would keep the port."""
        os.close(self._alive[1])
        os.read(self._alive[0], 1)
        os._exit(1)

    def _ended(self, pid: int, code: int) -> None:
        lived = time.monotonic() - self._started.pop(pid)
        if self._stopping:
            return
        log.tell("error", "a worker ended and is replaced", pid=pid, code=code)
        self._quick = self._quick + 1 if lived < QUICK_SECONDS else 0
        if self._quick >= QUICK_DEATHS:
            log.tell("error", f"{QUICK_DEATHS} workers in a row ended within {QUICK_SECONDS:g} s; the server ends")
            self._stop(signal.SIGTERM, None)
        else:
            self._start()

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        for pid in self._started:
            os.kill(pid, signal.SIGTERM)
