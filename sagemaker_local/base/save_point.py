"""Waiting until the base's state is on disk: many wait for few saves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class SavePoint:
    """Belongs to one event loop."""

    def __init__(self, save: Callable[[], None]) -> None:
        """*save* is the base's: it blocks, and raises ``OSError`` if it cannot save."""
        self._save = save
        self._saving = asyncio.Lock()
        self._begun = self._succeeded = 0

    async def reached(self) -> None:
        """Returns once what has changed by now is on disk. Raises ``OSError``."""
        wanted = self._begun + 1  # one that is under way may have passed over the change
        async with self._saving:
            if self._succeeded < wanted:
                self._begun += 1
                await asyncio.to_thread(self._save)
                self._succeeded = self._begun
