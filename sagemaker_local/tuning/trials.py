"""The training jobs of a tuning job, as it sees them: what each tried, how it went, which is the best.

A training job's record says under ``Trial`` what the tuning job launched it with; AWS shows that in summaries only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sagemaker_local.domain.jobs import COMPLETED, FAILED, STOPPED, TERMINAL, TRAINING, Record
from sagemaker_local.tuning.space import Values

# The one failure that AWS calls retryable: that of the service itself.
_RETRYABLE = "InternalServerError"
SUCCEEDED, PENDING, UNKNOWN = "Succeeded", "Pending", "Failed"


@dataclass(frozen=True)
class Trial:
    """One training job."""

    name: str
    number: int
    """1 for the first that was launched"""
    definition: int
    """which of the training job definitions it was launched from, from 0"""
    values: Values
    status: str
    objective: float | None = None
    """the last value of the objective metric, once the job has ended"""
    ended: float | None = None
    """epoch seconds"""
    retryable: bool = False

    @property
    def running(self) -> bool:
        return self.status not in TERMINAL

    @property
    def succeeded(self) -> bool:
        """Whether its objective was evaluated: of a job that was stopped early it is, of one that failed it is not."""
        return self.objective is not None

    @property
    def objective_status(self) -> str:
        return PENDING if self.running else SUCCEEDED if self.succeeded else UNKNOWN


def trial(record: Record) -> Trial:
    """The trial that a training job's *record* tells of."""
    about, status = record["Trial"], record[TRAINING.status_key]
    return Trial(
        record[TRAINING.name_key],
        about["Number"],
        about["Definition"],
        about["Values"],
        status,
        _objective(record) if status in (COMPLETED, STOPPED) else None,
        record.get(TRAINING.end_key),
        record.get("FailureReason", "").startswith(_RETRYABLE),
    )


def _objective(record: Record) -> float | None:
    name = record["Trial"]["Objective"]["MetricName"]
    values = [metric["Value"] for metric in record.get("FinalMetricDataList", []) if metric["MetricName"] == name]
    return values[-1] if values else None


def summary(record: Record) -> dict[str, Any]:
    """The training job as a ``HyperParameterTrainingJobSummary`` shows it; the answer's shape drops the rest."""
    about, found = record["Trial"], trial(record)
    final = None if found.objective is None else {**about["Objective"], "Value": found.objective}
    return {
        **record,
        "TrainingJobDefinitionName": about.get("DefinitionName"),
        "TuningJobName": about["TuningJobName"],
        "TunedHyperParameters": about["Values"],
        "FinalHyperParameterTuningJobObjectiveMetric": final,
        "ObjectiveStatus": found.objective_status,
    }


def better(value: float, other: float, minimize: bool) -> bool:
    """Whether objective *value* is better than *other*."""
    return value < other if minimize else value > other


def best(trials: Iterable[Trial], minimize: bool) -> Trial | None:
    """The trial with the best objective, the first of equals; ``None`` if none was evaluated."""
    found = None
    for one in trials:
        if one.objective is None:
            continue
        if found is None or found.objective is None or better(one.objective, found.objective, minimize):
            found = one
    return found


def status_counters(trials: Iterable[Trial]) -> dict[str, int]:
    """``TrainingJobStatusCounters``."""
    counters = dict.fromkeys(("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped"), 0)
    for one in trials:
        counters[_counted_as(one)] += 1
    return counters


def _counted_as(one: Trial) -> str:
    if one.status == FAILED:
        return "RetryableError" if one.retryable else "NonRetryableError"
    return "InProgress" if one.running else one.status


def objective_counters(trials: Iterable[Trial]) -> dict[str, int]:
    """``ObjectiveStatusCounters``."""
    counters = dict.fromkeys((SUCCEEDED, PENDING, UNKNOWN), 0)
    for one in trials:
        counters[one.objective_status] += 1
    return counters
