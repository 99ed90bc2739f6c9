"""Constant load on an endpoint, and what came of each request."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.hosting import Hosting


class Load:
    """Asks an endpoint again and again which model answers."""

    def __init__(self, hosting: Hosting, endpoint: str) -> None:
        self._hosting, self._endpoint = hosting, endpoint
        self._stopped = threading.Event()
        self.answers: list[str] = []
        self.errors: list[str] = []
        self._threads = [threading.Thread(target=self._ask) for _ in range(2)]

    def __len__(self) -> int:
        """How many requests are on their way at a time."""
        return len(self._threads)

    def _ask(self) -> None:
        while not self._stopped.is_set():
            try:
                self.answers.append(self._hosting.invoke(self._endpoint, what="model").decode())
            except Exception as error:
                self.errors.append(str(error))

    def since(self, start: int) -> Counter[str]:
        """Which models have answered from answer number *start* on."""
        return Counter(self.answers[start:])

    @contextmanager
    def running(self) -> Iterator[Load]:
        for thread in self._threads:
            thread.start()
        try:
            yield self
        finally:
            self._stopped.set()
            for thread in self._threads:
                thread.join()
