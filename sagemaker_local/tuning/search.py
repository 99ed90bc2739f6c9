"""Strategies: which hyperparameters the next training job gets.

Each is a function of the space, of what is known, of the seed and of the training job's number, and of nothing else:
after a restart it goes on as it would have, and one seed gives one search. Contract: the guide's page
automatic-model-tuning-how-it-works.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from sagemaker_local.tuning.space import Space, Values

# Draws before a space is taken to be nearly used up; then what is left of it is listed.
_DRAWS = 100


@dataclass(frozen=True)
class Known:
    """What the training jobs so far have told."""

    tested: tuple[tuple[Values, float], ...] = ()
    """hyperparameters and objective, of this tuning job and of its parents"""
    pending: tuple[Values, ...] = ()
    failed: tuple[Values, ...] = ()
    minimize: bool = True

    def used(self, values: Values) -> bool:
        """Whether these hyperparameters have had their training job."""
        return values in self.pending or values in self.failed or any(values == tested for tested, _ in self.tested)


Strategy = Callable[[Space, Known, int, int], Values]


def grid(space: Space, known: Known, seed: int, number: int) -> Values:
    """One combination after the other."""
    return space.combination(number - 1)


def random(space: Space, known: Known, seed: int, number: int) -> Values:
    """Any point of the space, whatever is known; none is tried twice while there are others."""
    source = Random(f"{seed}/{number}")
    for _ in range(_DRAWS):
        values = space.decode([source.random() for _ in space.parameters])
        if not known.used(values):
            return values
    return _one_of_the_rest(space, known, source) or values


def _one_of_the_rest(space: Space, known: Known, source: Random) -> Values | None:
    if space.size is None:
        return None
    every = map(space.combination, range(space.size))
    unused = list(itertools.islice((values for values in every if not known.used(values)), _DRAWS))
    return source.choice(unused) if unused else None
