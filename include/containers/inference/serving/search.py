"""Many values at once looked up in sorted lists of numbers, without a branch that a processor could guess wrong."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]

PARTS = 4096  # of each list's range


class Search:
    """Some ascending lists of numbers, none of which is empty.

    A list's range is divided evenly. The part in which a value lies tells how many numbers are certainly below it, and
    a binary search among the few of the same part tells the rest.
    """

    def __init__(self, lists: Sequence[Floats]) -> None:
        low, high = (np.array([[own[place]] for own in lists], np.float64) for place in (0, -1))
        scale = np.divide(PARTS - 1, high - low, out=np.zeros_like(low), where=high > low).clip(max=1e30)
        self._scale, self._shift = scale.astype(np.float32), (low * scale).astype(np.float32)
        counts = np.array([self._counts(own, number) for number, own in enumerate(lists)])
        self._most = (1 << int(counts.max()).bit_length()) - 1  # of a part, rounded up to what a binary search covers
        width = max(map(len, lists)) + self._most
        self._bounds = np.full((len(lists), width), np.inf, np.float32)
        for bounds, own in zip(self._bounds, lists, strict=True):
            bounds[: len(own)] = own
        self._rows = np.arange(len(lists))[:, None] * width
        self._heads = np.cumsum(counts, axis=1) - counts + self._rows
        self._head_rows = np.arange(len(lists))[:, None] * PARTS

    def find(self, values: Floats) -> Places:
        """How many numbers of each list are not above each finite value in the list's row of ``values``."""
        parts = _parts(values, self._scale, self._shift)
        places = self._heads.take(parts + self._head_rows, mode="clip")
        step = (self._most + 1) >> 1
        while step > 1:
            places += (self._bounds.take(places + (step - 1), mode="clip") <= values) * step
            step >>= 1
        places += self._bounds.take(places, mode="clip") <= values
        found: Places = places - self._rows
        return found

    def _counts(self, own: Floats, number: int) -> Places:
        return np.bincount(_parts(own, self._scale[number], self._shift[number]), minlength=PARTS)


def _parts(values: Floats, scale: Floats, shift: Floats) -> Places:
    """The part of each value: none is in a higher one than a larger value."""
    with np.errstate(over="ignore"):
        found: Places = (values * scale - shift).clip(0, PARTS - 1).astype(np.intp)
    return found
