"""A tuning job as its request describes it."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_local.errors import ServiceError
from sagemaker_local.tuning.job import TuningJob, read_tuning_job
from tests.unit.sagemaker_local.tuning.records import KIND, definition, failed, own, request, several, trial

CATEGORIES = {"CategoricalParameterRanges": [KIND]}
NUMBERS = {"IntegerParameterRanges": [{"Name": "n", "MinValue": "1", "MaxValue": "3"}]}


def read(whole: dict[str, Any], **others: Any) -> TuningJob:
    return read_tuning_job(whole, 7, **others)


def limits(most: int | None = None, parallel: int = 1, **others: Any) -> dict[str, Any]:
    given = {} if most is None else {"MaxNumberOfTrainingJobs": most}
    return {"ResourceLimits": {"MaxParallelTrainingJobs": parallel, **given, **others}}


def refusal(whole: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(ServiceError) as caught:
        read(whole)
    return caught.value.code, caught.value.message


def test_a_request_is_read_whole() -> None:
    job = read(
        request(
            config={
                **limits(9, 3, MaxRuntimeInSeconds=600),
                "TrainingJobEarlyStoppingType": "Auto",
                "TuningJobCompletionCriteria": {"TargetObjectiveMetricValue": 0.5},
                "RandomSeed": 11,
            }
        )
    )
    assert (job.max_jobs, job.max_parallel, job.max_runtime) == (9, 3, 600)
    assert (job.early_stopping, job.seed, job.minimize) == (True, 11, True)
    assert job.criteria == {"TargetObjectiveMetricValue": 0.5}


def test_without_a_seed_the_one_drawn_at_its_creation_counts() -> None:
    assert read(request()).seed == 7
    assert read(request(config={"RandomSeed": 0})).seed == 0


# How many training jobs


def test_a_grid_has_as_many_jobs_as_combinations() -> None:
    two = {"CategoricalParameterRanges": [KIND, {**KIND, "Name": "other"}]}
    grid = {"Strategy": "Grid", "ParameterRanges": two}
    assert read(request(config={**grid, **limits()})).max_jobs == 9
    assert read(request(config={**grid, **limits(9)})).max_jobs == 9
    code, message = refusal(request(config={**grid, **limits(8)}))
    assert code == "ValidationException"
    assert "MaxNumberOfTrainingJobs (8) must be left out or equal the number of combinations" in message


@pytest.mark.parametrize("ranges", [NUMBERS, {**CATEGORIES, **NUMBERS}])
def test_a_grid_is_of_categories_only(ranges: dict[str, Any]) -> None:
    _, message = refusal(request(config={"Strategy": "Grid", "ParameterRanges": ranges, **limits()}))
    assert message == "Strategy Grid searches CategoricalParameterRanges only"


def test_more_jobs_than_combinations_are_refused_as_on_aws() -> None:
    assert read(request(config={"ParameterRanges": NUMBERS, **limits(3)})).max_jobs == 3
    code, message = refusal(request(config={"ParameterRanges": NUMBERS, **limits(10)}))
    assert code == "ValidationException"
    assert message == (
        "You don't have enough combinations of hyperparameter ranges. The total number of hyperparameter combinations "
        "for the provided ranges [3.0] must be equal or greater than the value of MaxNumberOfJobs, [10]. Provide "
        "additional ranges."
    )


def test_when_definitions_take_turns_the_smallest_sets_the_limit() -> None:
    small, large = own("a", HyperParameterRanges=NUMBERS), own("b")
    assert read(several(small, large, **limits(6))).max_jobs == 6
    assert "combinations" in refusal(several(small, large, **limits(7)))[1]
    assert read(several(large, small, **limits(7))).max_jobs == 7


def test_without_a_number_something_else_must_end_the_tuning_job() -> None:
    assert "nothing else would end the tuning job" in refusal(request(config=limits()))[1]
    assert read(request(config=limits(MaxRuntimeInSeconds=600))).max_jobs == 10_000
    target = {"TuningJobCompletionCriteria": {"TargetObjectiveMetricValue": 0.5}}
    assert read(request(config={**limits(), **target, "Strategy": "Bayesian"})).max_jobs == 750
    assert read(request(config={**limits(), **target, "ParameterRanges": NUMBERS})).max_jobs == 3


@pytest.mark.parametrize(
    ("strategy", "most", "parallel", "named"),
    [
        ("Bayesian", 751, 1, "training jobs per hyperparameter tuning job (Bayesian)' is 750; 751"),
        ("Random", 10_001, 1, "training jobs per hyperparameter tuning job (Random)' is 10000; 10001"),
        ("Random", 200, 101, "parallel training jobs per hyperparameter tuning job' is 100; 101"),
    ],
)
def test_quotas_are_kept(strategy: str, most: int, parallel: int, named: str) -> None:
    code, message = refusal(request(config={"Strategy": strategy, **limits(most, parallel)}))
    assert code == "ResourceLimitExceeded"
    assert named in message


def test_at_most_a_hundred_hyperparameters_with_the_objectives_name() -> None:
    static = {f"p{number}": "1" for number in range(98)}
    assert read(request(TrainingJobDefinition=definition(StaticHyperParameters=static)))
    whole = request(TrainingJobDefinition=definition(StaticHyperParameters={**static, "one": "more"}))
    assert refusal(whole)[1].startswith("101 hyperparameters")


# What does not go together


@pytest.mark.parametrize(
    ("whole", "reason"),
    [
        (request(config={"StrategyConfig": {}}), "StrategyConfig is for Strategy Hyperband only"),
        (
            request(
                config={
                    "Strategy": "Hyperband",
                    "TrainingJobEarlyStoppingType": "Auto",
                    "StrategyConfig": {"HyperbandStrategyConfig": {"MaxResource": 9}},
                }
            ),
            "TrainingJobEarlyStoppingType must be Off with Strategy Hyperband",
        ),
        (
            several(own("a"), own("b"), TrainingJobEarlyStoppingType="Auto"),
            "TrainingJobEarlyStoppingType Auto is for a single training job definition",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_go_together_is_refused(whole: dict[str, Any], reason: str) -> None:
    assert refusal(whole) == ("ValidationException", reason)


# What is tried


def test_definitions_take_turns() -> None:
    job = read(several(own("a"), own("b"), **limits(5)))
    assert [job.definition_of(number) for number in range(1, 6)] == [(0, 1), (1, 1), (0, 2), (1, 2), (0, 3)]


def test_a_grid_goes_through_one_definition_after_the_other() -> None:
    grids = [own("a", HyperParameterRanges=CATEGORIES), own("b", HyperParameterRanges=CATEGORIES)]
    job = read(several(*grids, Strategy="Grid", **limits()))
    assert [job.proposal(number, []) for number in range(1, 7)] == [
        (index, {"kind": value}) for index in (0, 1) for value in "abc"
    ]
    with pytest.raises(IndexError):
        job.definition_of(7)


def test_definitions_with_the_same_ranges_are_not_searched_alike() -> None:
    job = read(several(own("a"), own("b"), **limits(4)))
    assert job.proposal(1, [])[1] != job.proposal(2, [])[1]


def test_a_strategy_knows_what_its_own_definitions_jobs_have_told() -> None:
    job = read(request(config={"ParameterRanges": CATEGORIES, "Strategy": "Bayesian", **limits(3)}))
    tried = [
        trial(1, 0.5, values={"kind": "a"}),
        failed(2, values={"kind": "b"}),
        trial(3, values={"kind": "c"}, definition=1),
    ]
    assert job.proposal(3, tried) == (0, {"kind": "c"})


def test_what_the_parents_have_tried_is_not_tried_again() -> None:
    whole = request(config={"ParameterRanges": CATEGORIES, **limits(1)})
    tested = [[{"kind": "a"}, 1.0], [{"kind": "b"}, 2.0]]
    assert {read({**whole}, tested_by_parents=tested).proposal(1, [])[1]["kind"] for _ in range(3)} == {"c"}
