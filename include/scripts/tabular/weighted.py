"""The distribution of a number: its different values, and how many rows have each.

In bounded memory there is one of production's captured traffic, which has no end. Of more than `MOST` different values
those are taken for one that differ in the last bits of their float32 alone, of no more bits than it needs: with one bit
less, they are the 2^23-rd part of a value apart, and so on. No value is moved onto or beyond an ``anchor``, so that how
many rows are below and at each anchor is exact however many values there are. What is kept follows from the values
alone: neither from their order, nor from the parts that they came in.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Values = npt.NDArray[np.float32]

MOST = 1 << 17
"""Different values that are kept."""
MANTISSA = 23
"""Bits of a float32 by which values of one magnitude differ."""


@dataclass(frozen=True)
class Weighted:
    """Ascending values and the number of rows that each stands for."""

    values: Values
    weights: Numbers

    @cached_property
    def _before(self) -> Numbers:
        """How many rows are before each value, and at last all."""
        before: Numbers = np.concatenate([[0.0], np.cumsum(self.weights)])
        return before

    @property
    def size(self) -> float:
        """How many rows there are."""
        return float(self._before[-1])

    @property
    def shares(self) -> Numbers:
        """The share of the rows up to and with each value."""
        shares: Numbers = self._before[1:] / self._before[-1]
        return shares

    def below(self, values: npt.ArrayLike, side: Literal["left", "right"] = "left") -> Numbers:
        """How many rows are below each of ``values``, or at it as well for the side "right"."""
        found: Numbers = self._before[np.searchsorted(self.values, values, side=side)]
        return found

    def at(self, places: npt.ArrayLike) -> Values:
        """The values of the rows at ``places``, from 0 on, in ascending order."""
        found: Values = self.values[np.searchsorted(self._before[1:], places, side="right")]
        return found


class Distribution:
    """The values seen so far. All different ones are kept, or, where there are ``anchors``, at most about `MOST`."""

    def __init__(self, anchors: Values | None = None) -> None:
        self._anchors = None if anchors is None else np.unique(anchors)
        self._cleared = 0
        self._known = Weighted(np.empty(0, np.float32), np.empty(0))
        self._new: list[Values] = []

    def add(self, values: Values) -> None:
        """Take more values in, which wait to be counted."""
        self._new.append(values)

    def weighted(self) -> Weighted:
        """All of them, counted."""
        if self._new:
            counted = self._coarse(_counted(np.sort(np.concatenate(self._new))))
            self._new = []
            self._known = _merged(self._known, counted)
            if self._anchors is not None and len(self._known.values) > MOST:
                self._cleared = _enough(self._known.values, self._cleared)
                self._known = self._coarse(self._known)
        return self._known

    def _coarse(self, found: Weighted) -> Weighted:
        if self._anchors is None or not self._cleared:
            return found
        return _summed(_cleared(found.values, self._cleared, self._anchors), found.weights)


def _counted(ordered: Values) -> Weighted:
    (first,) = np.nonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])
    return Weighted(ordered[first], np.diff(np.append(first, len(ordered))).astype(np.float64))


def _merged(one: Weighted, other: Weighted) -> Weighted:
    if not len(one.values):
        return other
    values, weights = np.concatenate([one.values, other.values]), np.concatenate([one.weights, other.weights])
    order = np.argsort(values, kind="stable")  # merges what is in order already
    return _summed(values[order], weights[order])


def _summed(ordered: Values, weights: Numbers) -> Weighted:
    """The weights of equal ones of the ascending values together."""
    if not len(ordered):
        return Weighted(ordered, weights)
    (first,) = np.nonzero(np.append(True, ordered[1:] != ordered[:-1]))
    return Weighted(ordered[first], np.add.reduceat(weights, first))


def _enough(ordered: Values, cleared: int) -> int:
    """How many bits have to be cleared, from so many on, that no more than `MOST` values differ."""
    bits = ordered.view(np.uint32)
    while cleared < MANTISSA and np.count_nonzero(bits[1:] >> cleared != bits[:-1] >> cleared) >= MOST:
        cleared += 1
    return cleared


def _cleared(ordered: Values, bits: int, anchors: Values) -> Values:
    """The ascending values without their last ``bits``, but on the same side of each anchor as before."""
    kept = np.uint32(0xFFFFFFFF << bits & 0xFFFFFFFF)
    cleared = (ordered.view(np.uint32) & kept).view(np.float32) + np.float32(0)  # -0 becomes 0
    ends = np.concatenate([[-np.inf], anchors, [np.inf]]).astype(np.float32)
    above = np.searchsorted(anchors, ordered, side="right")
    low, high = np.nextafter(ends[above], np.float32(np.inf)), np.nextafter(ends[above + 1], np.float32(-np.inf))
    found: Values = np.where(ends[above] == ordered, ordered, cleared.clip(low, high))
    return found
