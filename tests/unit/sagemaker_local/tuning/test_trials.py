"""What a tuning job sees of its training jobs."""

from __future__ import annotations

import pytest

from sagemaker_local.tuning import trials
from sagemaker_local.tuning.trials import best, objective_counters, status_counters, summary
from tests.unit.sagemaker_local.tuning.records import ended_record, failed, training_record, trial

INTERNAL = "InternalServerError: We encountered an internal error.  Please try again."


@pytest.mark.parametrize(
    ("status", "value", "objective", "objective_status"),
    [
        ("Completed", 0.5, 0.5, "Succeeded"),
        ("Completed", None, None, "Failed"),
        ("Stopped", 0.5, 0.5, "Succeeded"),
        ("Stopped", None, None, "Failed"),
        ("Failed", 0.5, None, "Failed"),
        ("InProgress", 0.5, None, "Pending"),
        ("Stopping", 0.5, None, "Pending"),
    ],
)
def test_the_objective_counts_once_the_job_has_ended_and_has_not_failed(
    status: str, value: float | None, objective: float | None, objective_status: str
) -> None:
    found = trials.trial(ended_record(1, value, status))
    assert (found.objective, found.objective_status) == (objective, objective_status)


def test_of_several_metrics_the_objective_is_the_one_of_its_name() -> None:
    record = ended_record(1, 0.5)
    record["FinalMetricDataList"].append({"MetricName": "accuracy", "Value": 0.9, "Timestamp": 1.0})
    assert trials.trial(record).objective == 0.5


def test_a_summary_tells_what_was_tried_and_what_came_of_it() -> None:
    shown = summary(ended_record(3, 0.25, "Stopped"))
    assert shown["TrainingJobName"] == "t-003"
    assert shown["TuningJobName"] == "t"
    assert shown["TunedHyperParameters"] == {"x": "3"}
    assert shown["FinalHyperParameterTuningJobObjectiveMetric"] == {
        "Type": "Minimize",
        "MetricName": "loss",
        "Value": 0.25,
    }
    assert shown["ObjectiveStatus"] == "Succeeded"


def test_a_summary_of_a_job_under_way_has_no_metric() -> None:
    shown = summary(training_record(1))
    assert shown["FinalHyperParameterTuningJobObjectiveMetric"] is None
    assert shown["ObjectiveStatus"] == "Pending"


def test_the_best_is_the_least_or_the_greatest_and_the_first_of_equals() -> None:
    family = [trial(1), trial(2, 3.0), trial(3, 1.0), trial(4, 1.0), trial(5, 2.0), failed(6)]
    least, greatest = best(family, minimize=True), best(family, minimize=False)
    assert least is family[2]
    assert greatest is family[1]
    assert best([trial(1), failed(2)], minimize=True) is None


def test_the_counters_count_every_job_once() -> None:
    record = ended_record(9, None, "Failed", FailureReason=INTERNAL)
    family = [
        trial(1), trial(2, status="Stopping"), trial(3, 1.0), trial(4, 1.0), trial(5, status="Completed", ended=1.0),
        trial(6, 2.0, status="Stopped"), failed(7), failed(8), trials.trial(record),
    ]  # fmt: skip
    assert status_counters(family) == {
        "Completed": 3,
        "InProgress": 2,
        "RetryableError": 1,
        "NonRetryableError": 2,
        "Stopped": 1,
    }
    assert objective_counters(family) == {"Succeeded": 3, "Pending": 2, "Failed": 4}
