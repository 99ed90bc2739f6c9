"""What Describe shows: the request with its defaults, and how the tuning job stands."""

from __future__ import annotations

from typing import Any

from sagemaker_local.tuning.description import answered, described, standing
from sagemaker_local.tuning.job import TuningJob, read_tuning_job
from tests.unit.sagemaker_local.tuning.records import (
    KIND,
    X,
    definition,
    ended_record,
    own,
    request,
    several,
    training_record,
)


def read(whole: dict[str, Any]) -> TuningJob:
    return read_tuning_job(whole, 1)


def shown(whole: dict[str, Any]) -> dict[str, Any]:
    return described(whole, read(whole))


def test_defaults_that_clients_read_are_written_out() -> None:
    """The SageMaker SDK attaches to a tuning job by these members, whether they were given or not."""
    whole = shown(request())
    config = whole["HyperParameterTuningJobConfig"]
    assert config["TrainingJobEarlyStoppingType"] == "Off"
    assert config["ParameterRanges"] == {
        "IntegerParameterRanges": [],
        "ContinuousParameterRanges": [{**X, "ScalingType": "Auto"}],
        "CategoricalParameterRanges": [],
    }
    assert whole["TrainingJobDefinition"]["StaticHyperParameters"] == {"_tuning_objective_metric": "loss"}
    assert whole["TrainingJobDefinition"]["AlgorithmSpecification"]["MetricDefinitions"] == []


def test_instances_are_answered_as_clients_read_them_whichever_way_they_were_given() -> None:
    """The SageMaker SDK attaches to a tuning job by ResourceConfig, and makes one without."""
    item = definition()
    instances = item.pop("ResourceConfig")
    item["HyperParameterTuningResourceConfig"] = {**instances, "AllocationStrategy": "Prioritized"}
    shown_item = answered(shown(request(TrainingJobDefinition=item)))["TrainingJobDefinition"]
    assert shown_item["ResourceConfig"] == instances
    assert shown_item["HyperParameterTuningResourceConfig"] == item["HyperParameterTuningResourceConfig"]
    assert answered(shown(request())) == shown(request())


def test_what_is_given_is_shown_as_it_is() -> None:
    ranges = {
        "ContinuousParameterRanges": [{**X, "ScalingType": "Linear"}],
        "CategoricalParameterRanges": [KIND],
        "IntegerParameterRanges": [],
    }
    item = definition(StaticHyperParameters={"epochs": "5"})
    whole = shown(request(TrainingJobDefinition=item, config={"ParameterRanges": ranges}))
    assert whole["HyperParameterTuningJobConfig"]["ParameterRanges"] == ranges
    assert whole["TrainingJobDefinition"]["StaticHyperParameters"]["epochs"] == "5"


def test_the_number_of_jobs_of_a_grid_is_shown() -> None:
    grid = {
        "Strategy": "Grid",
        "ParameterRanges": {"CategoricalParameterRanges": [KIND]},
        "ResourceLimits": {"MaxParallelTrainingJobs": 1},
    }
    limits = shown(request(config=grid))["HyperParameterTuningJobConfig"]["ResourceLimits"]
    assert limits == {"MaxNumberOfTrainingJobs": 3, "MaxParallelTrainingJobs": 1}


def test_several_definitions_stay_several() -> None:
    whole = shown(several(own("a"), own("b")))
    assert "TrainingJobDefinition" not in whole
    assert [item["DefinitionName"] for item in whole["TrainingJobDefinitions"]] == ["a", "b"]
    ranges = whole["TrainingJobDefinitions"][0]["HyperParameterRanges"]
    assert ranges["CategoricalParameterRanges"] == []
    assert "ParameterRanges" not in whole["HyperParameterTuningJobConfig"]


def test_what_is_shown_reads_as_the_same_tuning_job() -> None:
    for whole in (request(), several(own("a"), own("b"))):
        again, first = read(shown(whole)), read(whole)
        assert [item.space for item in again.definitions] == [item.space for item in first.definitions]
        assert [item.static for item in again.definitions] == [item.static for item in first.definitions]
        assert (again.max_jobs, again.criteria, again.strategy) == (first.max_jobs, first.criteria, first.strategy)


# How it stands


def test_before_the_first_training_job_all_is_nothing() -> None:
    found = standing(read(request()), [], None)
    assert sum(found["TrainingJobStatusCounters"].values()) == 0
    assert (found["BestTrainingJob"], found["OverallBestTrainingJob"]) == (None, None)
    assert found["TuningJobCompletionDetails"] == {
        "NumberOfTrainingJobsObjectiveNotImproving": 0,
        "ConvergenceDetectedTime": None,
    }


def test_the_best_training_job_is_shown_by_its_summary_alone() -> None:
    found = standing(read(request()), [ended_record(1, 2.0), ended_record(2, 1.0), training_record(3)], None)
    assert found["BestTrainingJob"] == {
        "TrainingJobName": "t-002",
        "TrainingJobArn": "arn:t-002",
        "TuningJobName": "t",
        "CreationTime": 2.0,
        "TrainingEndTime": 102.0,
        "TrainingJobStatus": "Completed",
        "TunedHyperParameters": {"x": "2"},
        "FinalHyperParameterTuningJobObjectiveMetric": {"Type": "Minimize", "MetricName": "loss", "Value": 1.0},
        "ObjectiveStatus": "Succeeded",
    }
    assert found["OverallBestTrainingJob"] is None
    assert found["ObjectiveStatusCounters"] == {"Succeeded": 2, "Pending": 1, "Failed": 0}


def parents(best: float | None, identical: bool = True) -> dict[str, Any]:
    records = [] if best is None else [ended_record(9, best)]
    winner = standing(read(request()), records, None)["BestTrainingJob"]
    return {"Identical": identical, "Best": winner, "Tested": []}


def overall(own_best: float | None, warm_start: dict[str, Any]) -> str | None:
    records = [] if own_best is None else [ended_record(1, own_best)]
    found = standing(read(request()), records, warm_start)["OverallBestTrainingJob"]
    return None if found is None else str(found["TrainingJobName"])


def test_the_best_over_all_is_the_parents_until_it_is_beaten() -> None:
    assert overall(None, parents(1.0)) == "t-009"
    assert overall(2.0, parents(1.0)) == "t-009"
    assert overall(0.5, parents(1.0)) == "t-001"
    assert overall(2.0, parents(None)) == "t-001"
    assert overall(None, parents(None)) is None


def test_results_from_other_data_are_not_compared() -> None:
    assert overall(2.0, parents(1.0, identical=False)) is None


def test_convergence_is_told() -> None:
    records = [ended_record(1, 1.0), *[ended_record(number, 2.0) for number in range(2, 12)]]
    details = standing(read(request()), records, None)["TuningJobCompletionDetails"]
    assert details == {"NumberOfTrainingJobsObjectiveNotImproving": 10, "ConvergenceDetectedTime": 111.0}
