"""Which of several gets the next request."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Generic, TypeVar

T = TypeVar("T")


class Weighted(Generic[T]):
    """Items, each with its share of the whole; immutable, so that it can be read while another takes its place."""

    def __init__(self, weighted: Sequence[tuple[T, float]]) -> None:
        """Items and their weights; of weight 0 an item is never picked."""
        self._items = [item for item, weight in weighted if weight > 0]
        self._bounds = list(accumulate(weight for _, weight in weighted if weight > 0))

    def pick(self, point: float) -> T | None:
        """The item at *point*, at least 0 and below 1, of the whole; ``None`` if there is none."""
        if len(self._items) <= 1:
            return self._items[0] if self._items else None
        return self._items[bisect_right(self._bounds, point * self._bounds[-1], hi=len(self._items) - 1)]
