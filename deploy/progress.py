"""What a command tells its user while it works: the seconds since its start, and how long each phase took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Progress:
    """Prints as it goes; `phases` holds (name, seconds) of each finished phase, in order."""

    started: float = field(default_factory=time.monotonic)
    phases: list[tuple[str, float]] = field(default_factory=list)

    def say(self, text: str) -> None:
        """Print one line, with the seconds since the start in front."""
        print(f"{time.monotonic() - self.started:6.1f} s  {text}", flush=True)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Announce a phase and, unless it fails, note how long it took."""
        self.say(name)
        started = time.monotonic()
        yield
        self.phases.append((name, time.monotonic() - started))

    def table(self) -> str:
        """The phases and their seconds, one a line, with the total."""
        rows = [*self.phases, ("total", time.monotonic() - self.started)]
        width = max(len(name) for name, _ in rows)
        return "\n".join(f"  {name.ljust(width)}  {seconds:7.1f} s" for name, seconds in rows)
