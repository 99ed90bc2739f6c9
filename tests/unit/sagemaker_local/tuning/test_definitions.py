"""Training job definitions, and the training jobs that they make."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_local.errors import ServiceError
from sagemaker_local.operations.fields import tuning as fields
from sagemaker_local.protocol import model
from sagemaker_local.protocol.validation import validate
from sagemaker_local.tuning.definitions import Definition, read_definitions
from sagemaker_local.tuning.stopping import Hyperband
from tests.unit.sagemaker_local.tuning.records import KIND, OBJECTIVE, RESOURCES, X, definition, own, request, several


def read(whole: dict[str, Any]) -> Definition:
    (found,) = read_definitions(whole)
    return found


def refusal(whole: dict[str, Any]) -> str:
    with pytest.raises(ServiceError) as caught:
        read_definitions(whole)
    assert caught.value.code == "ValidationException"
    return caught.value.message


def test_a_training_job_has_the_definitions_members_and_all_hyperparameters() -> None:
    static = {"epochs": "5", "_tuning_objective_metric": "stale"}
    shared = {"Environment": {"A": "b"}, "EnableNetworkIsolation": True, "RetryStrategy": {"MaximumRetryAttempts": 2}}
    item = definition(StaticHyperParameters=static, DefinitionName="d", **shared)
    made = read(request(TrainingJobDefinition=item)).training_request("t-001-abc", {"x": "0.5"})
    assert made == {
        **definition(),
        **shared,
        "TrainingJobName": "t-001-abc",
        "HyperParameters": {"epochs": "5", "x": "0.5", "_tuning_objective_metric": "loss"},
    }


def test_every_member_that_both_have_is_handed_on() -> None:
    """But for what a training job gets from elsewhere; the table of members says the same."""
    names = model.input_shape("CreateHyperParameterTuningJob").members["TrainingJobDefinition"].members
    both = names.keys() & model.input_shape("CreateTrainingJob").members.keys()
    whole = {name: {"S3Uri": "s3://b/c"} for name in both}
    made = read(request(TrainingJobDefinition={**definition(), **whole})).training_request("n", {})
    assert both <= made.keys()
    told = fields.FIELDS["CreateHyperParameterTuningJob"]
    assert {f"TrainingJobDefinition.{name}" for name in both} <= told.keys()


def test_what_it_makes_is_a_valid_request() -> None:
    item = definition(RoleArn="arn:aws:iam::000000000000:role/jobs")
    validate("CreateTrainingJob", read(request(TrainingJobDefinition=item)).training_request("t-001-abc", {"x": "1"}))


def test_each_training_job_has_a_place_of_its_own_for_checkpoints() -> None:
    item = definition(CheckpointConfig={"S3Uri": "s3://b/kept/", "LocalPath": "/opt/ml/c"})
    made = read(request(TrainingJobDefinition=item)).training_request("t-001-abc", {})
    assert made["CheckpointConfig"] == {"S3Uri": "s3://b/kept/t-001-abc", "LocalPath": "/opt/ml/c"}


@pytest.mark.parametrize(
    ("resources", "chosen"),
    [
        (RESOURCES, RESOURCES),
        ({**RESOURCES, "VolumeKmsKeyId": "k"}, {**RESOURCES, "VolumeKmsKeyId": "k"}),
        (
            {"AllocationStrategy": "Prioritized", "VolumeKmsKeyId": "k",
             "InstanceConfigs": [RESOURCES, {**RESOURCES, "InstanceType": "ml.c5.xlarge"}]},
            {**RESOURCES, "VolumeKmsKeyId": "k"},
        ),
    ],
)  # fmt: skip
def test_of_flexible_instances_the_first_are_taken(resources: dict[str, Any], chosen: dict[str, Any]) -> None:
    item = definition(ResourceConfig=None, HyperParameterTuningResourceConfig=resources)
    assert read(request(TrainingJobDefinition=item)).training_request("n", {})["ResourceConfig"] == chosen


def test_a_single_definition_may_bring_its_own_objective_and_ranges() -> None:
    whole = request(
        TrainingJobDefinition=own("d", HyperParameterRanges={"CategoricalParameterRanges": [KIND]}),
        config={"HyperParameterTuningJobObjective": None, "ParameterRanges": None},
    )
    found = read(whole)
    assert found.objective == OBJECTIVE
    assert [parameter.name for parameter in found.space.parameters] == ["kind"]


def test_several_definitions_have_all_of_their_own() -> None:
    first, second = read_definitions(several(own("a"), own("b", StaticHyperParameters={"n": "1"})))
    assert (first.name, second.name) == ("a", "b")
    assert (first.static, second.static) == ({}, {"n": "1"})


@pytest.mark.parametrize(
    ("whole", "reason"),
    [
        (request(TrainingJobDefinition=None), "Either TrainingJobDefinition or TrainingJobDefinitions"),
        (request(TrainingJobDefinitions=[own("a")]), "Either TrainingJobDefinition or TrainingJobDefinitions"),
        (request(config={"HyperParameterTuningJobObjective": None}), "Either HyperParameterTuningJobObjective or"),
        (request(TrainingJobDefinition=definition(TuningObjective=OBJECTIVE)), "HyperParameterTuningJobObjective or"),
        (request(config={"ParameterRanges": None}), "Either ParameterRanges or"),
        (several(own("a", DefinitionName=None)), "TrainingJobDefinitions.DefinitionName must be given"),
        (several(own("a", TuningObjective=None)), "TrainingJobDefinitions.TuningObjective must be given"),
        (several(own("a", HyperParameterRanges=None)), "TrainingJobDefinitions.HyperParameterRanges must be given"),
        (several(own("a"), own("a")), "TrainingJobDefinitions.DefinitionName must be unique"),
        (several(own("a"), ParameterRanges={}), "ParameterRanges must not be given with TrainingJobDefinitions"),
        (
            several(own("a"), own("b", TuningObjective={**OBJECTIVE, "Type": "Maximize"})),
            "all TuningObjective.Type must be the same",
        ),
        (
            request(
                config={"ParameterRanges": {"ContinuousParameterRanges": [{**X, "Name": "_tuning_objective_metric"}]}}
            ),
            "_tuning_objective_metric is reserved and cannot be tuned",
        ),
        (
            request(TrainingJobDefinition=definition(StaticHyperParameters={"x": "1"})),
            "Hyperparameters cannot be both static and tuned: x",
        ),
        (request(TrainingJobDefinition=definition(ResourceConfig=None)), "Either ResourceConfig or"),
        (
            request(TrainingJobDefinition=definition(HyperParameterTuningResourceConfig=RESOURCES)),
            "Either ResourceConfig or",
        ),
        (
            request(
                TrainingJobDefinition=definition(
                    ResourceConfig=None,
                    HyperParameterTuningResourceConfig={"InstanceCount": 1, "InstanceConfigs": [RESOURCES]},
                )
            ),
            "With InstanceConfigs, InstanceCount must be left out",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_makes_no_definition_is_refused(whole: dict[str, Any], reason: str) -> None:
    assert reason in refusal(whole)


# Hyperband's resource


def hyperband(static: dict[str, str] | None = None, **limits: int) -> dict[str, Any]:
    strategy = {"StrategyConfig": {"HyperbandStrategyConfig": limits}} if limits else {}
    item = definition(StaticHyperParameters=static or {})
    return request(TrainingJobDefinition=item, config={"Strategy": "Hyperband", **strategy})


@pytest.mark.parametrize("name", ["epochs", "numepochs", "n-epochs", "n_epochs", "num_epochs"])
@pytest.mark.parametrize("text", ["27", '"27"'])
def test_the_maximum_is_inferred_from_the_epochs(name: str, text: str) -> None:
    assert read(hyperband({name: text})).hyperband == Hyperband(1, 27)


def test_what_is_given_counts_more() -> None:
    assert read(hyperband({"epochs": "27"}, MinResource=2, MaxResource=9)).hyperband == Hyperband(2, 9)
    assert read(hyperband({"epochs": "27"}, MinResource=2)).hyperband == Hyperband(2, 27)


def test_other_strategies_have_no_resource() -> None:
    assert read(request()).hyperband is None


@pytest.mark.parametrize(
    ("whole", "reason"),
    [
        (hyperband(), "MaxResource must be given, or one of epochs, numepochs, n-epochs, n_epochs, num_epochs"),
        (hyperband({"epochs": "many"}), "MaxResource must be given"),
        (hyperband(MinResource=10, MaxResource=9), "MinResource <= MaxResource"),
        (hyperband(MaxResource=20_001), "MaxResource <= 20000"),
        (hyperband({"epochs": "0"}), "1 <= MinResource"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_resource_that_cannot_be_is_refused(whole: dict[str, Any], reason: str) -> None:
    assert reason in refusal(whole)


def test_the_ranges_may_be_without_any() -> None:
    found = read(request(config={"ParameterRanges": {}}))
    assert found.space.parameters == ()
    assert found.space.size == 1


def test_x_is_searched_as_the_request_says() -> None:
    (parameter,) = read(request()).space.parameters
    assert parameter.name == X["Name"]
