"""When a tuning job has found enough."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_local.tuning.criteria import met, progress
from sagemaker_local.tuning.trials import Trial
from tests.unit.sagemaker_local.tuning.records import failed, trial


def results(*values: float) -> list[Trial]:
    """Completed training jobs, in the order in which they ended."""
    return [trial(number, value) for number, value in enumerate(values, start=1)]


@pytest.mark.parametrize(
    ("values", "since"),
    [
        ((), 0),
        ((10.0,), 0),
        ((10.0, 11.0), 1),
        ((10.0, 9.0), 0),
        ((10.0, 9.95), 1),  # better, but not by 1 %
        ((10.0, 9.95, 9.89), 0),  # small steps add up
        ((10.0, 9.0, 9.5, 9.0), 2),
        ((0.0, 1e-9), 1),
        ((-10.0, -10.05, -10.2), 0),
    ],
)
def test_jobs_since_the_last_improvement_of_more_than_a_percent(values: tuple[float, ...], since: int) -> None:
    assert progress(results(*values), minimize=True).not_improving == since
    assert progress(results(*(-value for value in values)), minimize=False).not_improving == since


def test_the_order_is_that_of_their_ends() -> None:
    late, early = trial(1, 5.0, ended=20.0), trial(2, 10.0, ended=10.0)
    assert progress([late, early], minimize=True).not_improving == 0


def test_jobs_without_an_objective_count_for_nothing() -> None:
    family = [*results(10.0), failed(2), trial(3)]
    assert progress(family, minimize=True).not_improving == 0


def test_convergence_is_ten_in_a_row_without_improvement_and_is_remembered() -> None:
    assert progress(results(1.0, *[2.0] * 9), minimize=True).converged_at is None
    assert progress(results(1.0, *[2.0] * 10), minimize=True).converged_at == 111.0
    assert progress(results(1.0, *[2.0] * 10, 0.5), minimize=True).converged_at == 111.0


NOT_IMPROVING = {"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}}
CONVERGED = {"ConvergenceDetected": {"CompleteOnConvergence": "Enabled"}}


@pytest.mark.parametrize(
    ("criteria", "values", "which"),
    [
        ({}, (1.0,), None),
        ({"TargetObjectiveMetricValue": 0.5}, (1.0, 0.6), None),
        ({"TargetObjectiveMetricValue": 0.5}, (1.0, 0.5), "TargetObjectiveMetricValue"),
        ({"TargetObjectiveMetricValue": 0.0}, (1.0, -1.0), "TargetObjectiveMetricValue"),
        (NOT_IMPROVING, (1.0, 2.0, 2.0), None),
        (NOT_IMPROVING, (1.0, 2.0, 2.0, 2.0), "BestObjectiveNotImproving"),
        (CONVERGED, (1.0, *[2.0] * 9), None),
        (CONVERGED, (1.0, *[2.0] * 10), "ConvergenceDetected"),
        ({"ConvergenceDetected": {"CompleteOnConvergence": "Disabled"}}, (1.0, *[2.0] * 10), None),
    ],
)
def test_the_first_criterion_that_is_met(
    criteria: dict[str, Any], values: tuple[float, ...], which: str | None
) -> None:
    assert met(criteria, results(*values), minimize=True) == which
    target = criteria.get("TargetObjectiveMetricValue")
    turned = criteria if target is None else {"TargetObjectiveMetricValue": -target}
    assert met(turned, results(*(-value for value in values)), minimize=False) == which
