"""Functions to be called at their times, from one thread however many there are."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from collections.abc import Callable

from sagemaker_local import clock

log = logging.getLogger(__name__)

_RETRY_SECONDS = 1.0


class Deadlines:
    """A thread of its own calls each function at its time, or as soon after as it can.

    One that raises is called again a second later: what it has to do is still due.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
        self._thread.start()

    def at(self, moment: float, action: Callable[[], None]) -> None:
        """Call *action* at *moment* (epoch seconds), at once if that is past."""
        with self._condition:
            heapq.heappush(self._heap, (moment, next(self._numbers), action))
            self._condition.notify()

    def close(self) -> None:
        """Call nothing any more; returns when what is being called has returned."""
        with self._condition:
            self._closed = True
            self._condition.notify()
        self._thread.join()

    def _run(self) -> None:
        while (action := self._next()) is not None:
            try:
                action()
            except Exception:
                log.exception("trying again")
                self.at(clock.now() + _RETRY_SECONDS, action)

    def _next(self) -> Callable[[], None] | None:
        """The next function that is due, taken off; ``None`` once this is closed."""
        with self._condition:
            while not self._closed:
                if not self._heap:
                    self._condition.wait()
                elif (left := self._heap[0][0] - clock.now()) > 0:
                    self._condition.wait(min(left, threading.TIMEOUT_MAX))
                else:
                    return heapq.heappop(self._heap)[2]
        return None
