"""When a tuning job has found enough. Contract: the guide's page automatic-model-tuning-progress."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sagemaker_local.tuning.trials import Trial, better

_SIGNIFICANT = 0.01
# AWS detects convergence by an algorithm that it does not publish, defined as no improvement of more than 1 %.
_CONVERGED_AFTER = 10


@dataclass(frozen=True)
class Progress:
    """How the best objective has come along."""

    not_improving: int
    """training jobs since the last one that was better by more than 1 %"""
    converged_at: float | None
    """epoch seconds of the first time that ten in a row were not"""


def progress(trials: Iterable[Trial], minimize: bool) -> Progress:
    """By the training jobs with an objective, in the order in which they ended."""
    reference: float | None = None
    since, converged_at = 0, None
    for value, ended in _results(trials):
        if reference is None or _improves(value, reference, minimize):
            reference, since = value, 0
            continue
        since += 1
        if since == _CONVERGED_AFTER and converged_at is None:
            converged_at = ended
    return Progress(since, converged_at)


def _results(trials: Iterable[Trial]) -> list[tuple[float, float]]:
    found = [(one.ended or 0.0, one.number, one.objective) for one in trials if one.objective is not None]
    return [(objective, ended) for ended, _, objective in sorted(found)]


def _improves(value: float, reference: float, minimize: bool) -> bool:
    return better(value, reference, minimize) and abs(value - reference) > _SIGNIFICANT * abs(reference)


def met(criteria: dict[str, Any], trials: list[Trial], minimize: bool) -> str | None:
    """Which of the ``TuningJobCompletionCriteria`` has been met, if any has."""
    target = criteria.get("TargetObjectiveMetricValue")
    if target is not None and any(_reaches(one, target, minimize) for one in trials):
        return "TargetObjectiveMetricValue"
    so_far = progress(trials, minimize)
    limit = criteria.get("BestObjectiveNotImproving", {}).get("MaxNumberOfTrainingJobsNotImproving")
    if limit is not None and so_far.not_improving >= limit:
        return "BestObjectiveNotImproving"
    wanted = criteria.get("ConvergenceDetected", {}).get("CompleteOnConvergence") == "Enabled"
    return "ConvergenceDetected" if wanted and so_far.converged_at is not None else None


def _reaches(one: Trial, target: float, minimize: bool) -> bool:
    return one.objective is not None and not better(target, one.objective, minimize)
