"""What a service has acknowledged, and what it may be found to hold.

A call whose answer was lost may have had its effect or not: until somebody looks, either is right. Whatever was
acknowledged is certain, and so is what was seen.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

ABSENT = None


class Register(NamedTuple):
    """One thing that has a value: an object's content, a job's end, a tag's value."""

    kind: str
    name: str


class Contradiction(AssertionError):
    """The service holds what it cannot hold, or has lost what it acknowledged."""


class Ledger:
    """The values that each register may have; safe to use from any thread. One thread writes to a register."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._possible: dict[Register, list[Any]] = {}
        self._changed: set[Register] = set()
        self.acknowledged = 0

    @contextmanager
    def writing(self, register: Register, value: Any) -> Iterator[None]:
        """A call that gives *register* that value: certain if the block ends well, possible if it does not."""
        with self._lock:
            self._possible.setdefault(register, [ABSENT]).append(value)
            self._changed.add(register)
        yield
        self.saw(register, value)
        with self._lock:
            self.acknowledged += 1

    def saw(self, register: Register, value: Any) -> None:
        """*register* has that value. Raises ``Contradiction`` if it cannot."""
        with self._lock:
            possible = self._possible.setdefault(register, [value])
            if value not in possible:
                raise Contradiction(
                    f"{register.kind} {register.name} is {value!r}, and can only be one of {possible!r}"
                )
            self._possible[register] = [value]

    def lacks(self, register: Register) -> bool:
        """Whether *register* certainly has no value."""
        with self._lock:
            return self._possible.get(register, [ABSENT]) == [ABSENT]

    def names(self, kind: str) -> list[str]:
        """The registers of a kind."""
        with self._lock:
            return [register.name for register in self._possible if register.kind == kind]

    def check(self, read: Callable[[Register], Any], everything: bool) -> int:
        """Look at every register, or at those written since the last check; returns how many. Raises Contradiction."""
        with self._lock:
            chosen = list(self._possible) if everything else list(self._changed)
            self._changed.clear()
        for register in chosen:
            self.saw(register, read(register))
        return len(chosen)
