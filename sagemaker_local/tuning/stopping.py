"""Which running training jobs are not worth going on with.

The course of the objective decides: every value that a training job prints is one epoch, one unit of resource.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sagemaker_local.tuning.trials import Trial, better

Course = Sequence[tuple[str, float]]
"""every value of the objective that any training job has printed, as they came: the job's name, the value"""

# Of the jobs that reach a rung, one in so many goes on: what the authors of Hyperband recommend.
_REDUCTION = 3


def values_of(course: Course) -> dict[str, list[float]]:
    """The values of each training job."""
    found: dict[str, list[float]] = {}
    for name, value in course:
        found.setdefault(name, []).append(value)
    return found


def unpromising(trials: Sequence[Trial], course: Course, minimize: bool) -> list[str]:
    """The running training jobs to stop by the median rule (``TrainingJobEarlyStoppingType`` Auto).

    A job is stopped when its latest value is worse than the median, over the jobs that have completed, of their
    running averages up to the same epoch. Contract: the guide's page automatic-model-tuning-early-stopping.
    """
    values = values_of(course)
    completed = [values.get(trial.name, []) for trial in trials if trial.status == "Completed"]
    running = [trial.name for trial in trials if trial.running]
    return [name for name in running if _below_median(values.get(name, []), completed, minimize)]


def _below_median(values: list[float], completed: list[list[float]], minimize: bool) -> bool:
    epoch = len(values)
    averages = [statistics.fmean(others[:epoch]) for others in completed if len(others) >= epoch > 0]
    return bool(averages) and better(statistics.median(averages), values[-1], minimize)


@dataclass(frozen=True)
class Hyperband:
    """Asynchronous Hyperband (Li et al. 2018, Massively Parallel Hyperparameter Tuning).

    The training jobs are dealt out to brackets. A bracket has rungs: amounts of resource at which a job goes on only
    if it is among the best third of those of its bracket that got so far before it. The first bracket stops jobs as
    early as *min_resource*, the last one lets all go on until *max_resource*, where every job is stopped.
    """

    min_resource: int
    max_resource: int

    def beaten(self, trials: Sequence[Trial], course: Course, minimize: bool) -> list[str]:
        """The running training jobs to stop."""
        brackets = {trial.name: self.bracket(trial.number) for trial in trials}
        lost = self._losers(brackets, course, minimize)
        return [trial.name for trial in trials if trial.running and trial.name in lost]

    def bracket(self, number: int) -> int:
        """The bracket of training job *number*, from 1; 0 is the one with all rungs."""
        place = (number - 1) % sum(self._sizes)
        for bracket, size in enumerate(self._sizes):
            if place < size:
                return bracket
            place -= size
        raise AssertionError(f"no bracket for {number}")

    def rungs(self, bracket: int) -> list[int]:
        """The amounts of resource at which the jobs of a bracket are compared."""
        return self._levels[bracket:]

    @property
    def _levels(self) -> list[int]:
        return list(self._grow())

    def _grow(self) -> Iterator[int]:
        level = self.min_resource
        while level < self.max_resource:
            yield level
            level *= _REDUCTION

    @property
    def _sizes(self) -> list[int]:
        """How many jobs each bracket starts with, in one round of all brackets: each spends about the same."""
        most = len(self._levels)
        return [math.ceil((most + 1) / (rungs + 1) * _REDUCTION**rungs) for rungs in range(most, -1, -1)]

    def _losers(self, brackets: dict[str, int], course: Course, minimize: bool) -> set[str]:
        lost: set[str] = set()
        spent: dict[str, int] = {}
        arrived: dict[tuple[int, int], list[float]] = {}
        for name, value in course:
            if name in lost or name not in brackets:
                continue  # it is being stopped, or its training job has been deleted
            spent[name] = spent.get(name, 0) + 1
            if spent[name] >= self.max_resource:
                lost.add(name)
            elif spent[name] in self.rungs(brackets[name]):
                others = arrived.setdefault((brackets[name], spent[name]), [])
                others.append(value)
                if not _among_the_best(value, others, minimize):
                    lost.add(name)
        return lost


def _among_the_best(value: float, arrived: list[float], minimize: bool) -> bool:
    """The first few are let through: there is nothing yet to hold them against."""
    if len(arrived) < _REDUCTION:
        return True
    ahead = sum(better(other, value, minimize) for other in arrived)
    return ahead < len(arrived) // _REDUCTION
