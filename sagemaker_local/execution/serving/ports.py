"""Ports for serving containers that share the machine's network: each gets a block, no two the same."""

from __future__ import annotations

import random
import socket
import threading
from itertools import cycle, islice

# Below the ports that Linux gives to outgoing connections (32768 and up), above the well-known ones.
_FIRST, _LAST, _BLOCK = 20_000, 32_768, 8


class NoPortFree(OSError):
    """Every block of ports is taken."""


class Ports:
    """Hands out blocks of ports and takes them back; may be used from any thread."""

    def __init__(self) -> None:
        self._taken: set[int] = set()
        blocks = range(_FIRST, _LAST, _BLOCK)
        # Two servers on one machine begin apart from each other.
        self._next = cycle(random.sample(blocks, len(blocks)))
        self._blocks = len(blocks)
        self._lock = threading.Lock()

    def take(self) -> range:
        """A block whose first port is free on this machine at this moment. Raises ``NoPortFree``."""
        with self._lock:
            for first in islice(self._next, self._blocks):
                if first not in self._taken and _is_free(first):
                    self._taken.add(first)
                    return range(first, first + _BLOCK)
        raise NoPortFree(f"no port is free between {_FIRST} and {_LAST}")

    def give_back(self, block: range) -> None:
        """The container that had it has ended."""
        with self._lock:
            self._taken.discard(block.start)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            return False
    return True
