"""Warm start: which parents a tuning job may have, and what it learns from them."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_local.errors import ServiceError
from sagemaker_local.tuning.job import read_tuning_job
from sagemaker_local.tuning.warm_start import check_warm_start, learned
from tests.unit.sagemaker_local.tuning.records import KIND, X, definition, failed, own, request, several, trial

STATIC = {f"s{number}": "1" for number in range(8)}
IDENTICAL, TRANSFER = "IdenticalDataAndAlgorithm", "TransferLearning"
IMAGE = {"AlgorithmSpecification": {"TrainingImage": "another", "TrainingInputMode": "File"}}
CATEGORIES = {"CategoricalParameterRanges": [KIND]}


def whole(static: dict[str, str] | None = None, config: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    """A request whose definition has *members*."""
    item = definition(StaticHyperParameters=STATIC if static is None else static, **members)
    return request(TrainingJobDefinition=item, config=config or {})


def parent(of: dict[str, Any] | None = None, status: str = "Completed") -> dict[str, Any]:
    """The record of a parent."""
    return {**(of or whole()), "HyperParameterTuningJobName": "parent", "HyperParameterTuningJobStatus": status}


def check(ours: dict[str, Any], *parents: dict[str, Any], kind: str = TRANSFER, launched: int = 4) -> None:
    check_warm_start(read_tuning_job(ours, 1), {"WarmStartType": kind}, list(parents), launched)


def refusal(*arguments: Any, **options: Any) -> str:
    with pytest.raises(ServiceError) as caught:
        check(*arguments, **options)
    assert caught.value.code == "ValidationException"
    return caught.value.message


@pytest.mark.parametrize("kind", [IDENTICAL, TRANSFER])
@pytest.mark.parametrize("strategy", ["Random", "Bayesian"])
@pytest.mark.parametrize("status", ["Completed", "Stopped", "Failed"])
def test_the_same_again_is_a_warm_start_of_either_type(kind: str, strategy: str, status: str) -> None:
    check(whole(config={"Strategy": strategy}), parent(status=status), parent(), kind=kind)


def test_ranges_and_limits_may_change() -> None:
    ranges = {"ContinuousParameterRanges": [{**X, "MaxValue": "5"}]}
    limits = {"MaxNumberOfTrainingJobs": 700, "MaxParallelTrainingJobs": 9}
    check(whole(config={"ParameterRanges": ranges, "ResourceLimits": limits}), parent(), kind=IDENTICAL)


def test_what_is_static_may_be_tuned_and_the_other_way_round() -> None:
    tuned = {"ContinuousParameterRanges": [{**X, "Name": "s0"}]}
    static = {**{name: value for name, value in STATIC.items() if name != "s0"}, "x": "0.5"}
    check(whole(static, {"ParameterRanges": tuned}), parent())


@pytest.mark.parametrize("status", ["InProgress", "Stopping"])
def test_a_parent_must_have_ended(status: str) -> None:
    assert f"Parent tuning job parent is {status}" in refusal(whole(), parent(), parent(status=status))


def test_strategies_without_memory_cannot_be_warmed() -> None:
    grid = {"Strategy": "Grid", "ParameterRanges": CATEGORIES, "ResourceLimits": {"MaxParallelTrainingJobs": 1}}
    assert refusal(whole(config=grid), parent(whole(config=grid))) == (
        "WarmStartConfig is for the strategies Bayesian and Random"
    )


def test_the_parents_training_jobs_count_against_the_limit() -> None:
    check(whole(), parent(), launched=746)
    assert "MaxNumberOfTrainingJobs may be at most 3" in refusal(whole(), parent(), launched=747)


def test_the_objective_must_stay() -> None:
    other = {"HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "loss"}}
    assert "objective metric must be that of the parent tuning job parent" in refusal(
        whole(), parent(whole(config=other))
    )


def test_the_names_must_stay() -> None:
    assert refusal(whole({}), parent()).startswith(
        "The set of tunable plus static HyperParameter names is not the same across current and parent tuning jobs."
    )


def test_the_type_of_a_hyperparameter_must_stay() -> None:
    categories = {"CategoricalParameterRanges": [{"Name": "x", "Values": list("0123")}]}
    message = refusal(whole(config={"ParameterRanges": categories}), parent())
    assert "Hyperparameter x must be of the type" in message


def test_five_static_values_may_change_and_no_more() -> None:
    """The guide's example counts each as two changes, and the limit is ten."""
    changed = {**STATIC, **{f"s{number}": "2" for number in range(5)}}
    check(whole(changed), parent())
    assert refusal(whole({**changed, "s5": "2"}), parent()).startswith("12 changes of static hyperparameters")


def test_to_make_a_tuned_hyperparameter_static_is_a_change() -> None:
    changed = {**dict.fromkeys(list(STATIC)[:5], "2"), **dict(list(STATIC.items())[5:7]), "x": "0.5"}
    tuned = {"ContinuousParameterRanges": [{**X, "Name": "s7"}]}
    assert refusal(whole(changed, {"ParameterRanges": tuned}), parent()).startswith("12 changes")


@pytest.mark.parametrize("member", ["Environment", "RetryStrategy", "EnableNetworkIsolation"])
def test_members_that_may_not_change(member: str) -> None:
    assert f"TrainingJobDefinition.{member} must be that of" in refusal(whole(**{member: {"A": "b"}}), parent())


@pytest.mark.parametrize("change", [IMAGE, {"InputDataConfig": [{"ChannelName": "new"}]}])
def test_other_data_or_another_image_is_transfer_learning(change: dict[str, Any]) -> None:
    check(whole(**change), parent(), kind=TRANSFER)
    assert "use TransferLearning" in refusal(whole(**change), parent(), kind=IDENTICAL)


def test_a_warm_start_is_for_single_definitions() -> None:
    both = several(own("a"), own("b"))
    for ours, theirs in ((both, parent()), (whole({}), parent(both))):
        assert "single training job definition" in refusal(ours, theirs)


# What is learned


def taken_over(ours: dict[str, Any], theirs: dict[str, Any], *trials: Any) -> list[tuple[dict[str, str], float]]:
    return learned(read_tuning_job(ours, 1).definitions[0], parent(theirs), list(trials))


def test_results_within_the_ranges_are_learned() -> None:
    done = [
        trial(1, 0.5, values={"x": "0.25"}),
        trial(2, 0.1, values={"x": "7"}),
        failed(3, values={"x": "0.5"}),
        trial(4, 0.4, values={"x": "1"}, status="Stopped"),
    ]
    assert taken_over(whole(), whole(), *done) == [({"x": "0.25"}, 0.5), ({"x": "1"}, 0.4)]


def test_what_was_static_is_learned_with_its_value_and_what_is_static_now_is_left_out() -> None:
    ours = whole({"x": "0.5"}, {"ParameterRanges": {"ContinuousParameterRanges": [{**X, "Name": "s"}]}})
    theirs = whole({"s": "0.75"})
    assert taken_over(ours, theirs, trial(1, 0.5, values={"x": "0.25"})) == [({"s": "0.75"}, 0.5)]
