"""How often there is each of many names, which others than we choose."""

from collections import Counter
from collections.abc import Mapping

NAMES = 10_000
LENGTH = 256
OTHERS = "(others)"
"""What further names are counted as, when there are so many. Longer names are cut."""


def add(counts: Counter[str], more: Mapping[str, int]) -> None:
    """Add to ``counts`` what can be named, in bounded memory."""
    for name, number in more.items():
        if number:
            short = name[:LENGTH]
            counts[short if short in counts or len(counts) < NAMES else OTHERS] += number
