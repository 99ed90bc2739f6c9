"""Hyperparameter tuning jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support import tuning
from tests.support.fuzzing.recipes import learning
from tests.support.fuzzing.recipes.recipe import Recipe, Request
from tests.support.fuzzing.world import World
from tests.support.local_aws import TERMINAL
from tests.support.polling import eventually

_CONFIG, _ONE, _SEVERAL = "HyperParameterTuningJobConfig", "TrainingJobDefinition", "TrainingJobDefinitions"
_OBJECTIVE, _RANGES = "HyperParameterTuningJobObjective", "ParameterRanges"


def _request(world: World) -> Request:
    return {tuning.NAME: world.name(), _CONFIG: tuning.config(), _ONE: tuning.definition(world.data)}


def _existing(world: World) -> Request:
    request = _request(world)
    world.make("CreateHyperParameterTuningJob", request)
    return {tuning.NAME: request[tuning.NAME]}


def _ended(world: World) -> Request:
    named = _existing(world)
    world.make("StopHyperParameterTuningJob", named)

    def ended() -> bool:
        return world.make("DescribeHyperParameterTuningJob", named)[tuning.STATUS] in TERMINAL

    eventually(ended, f"the end of {named}")
    return named


def _config_without(*members: str, **others: Any) -> Request:
    return {_CONFIG: {name: value for name, value in tuning.config(**others).items() if name not in members}}


def _several(_: World) -> Request:
    return {_ONE: None, **_config_without(_OBJECTIVE, _RANGES)}


def _complete(world: World) -> Request:
    own = {
        "DefinitionName": "one",
        "TuningObjective": tuning.config()[_OBJECTIVE],
        "HyperParameterRanges": tuning.config()[_RANGES],
    }
    return tuning.definition(world.data, **own)


def _channel(world: World) -> Request:
    return dict(tuning.definition(world.data)["InputDataConfig"][0])


def _of_each(member: str, changes: Callable[[World], Request], without: str = "") -> dict[str, Any]:
    """What goes along with *member* of a definition: *changes* of it, and nothing of *without*."""

    def changed(definition: Request, world: World) -> Request:
        return {name: value for name, value in {**definition, **changes(world)}.items() if name != without}

    return {
        f"{_ONE}.{member}": lambda world: {_ONE: changed(tuning.definition(world.data), world)},
        f"{_SEVERAL}.{member}": lambda world: {**_several(world), _SEVERAL: [changed(_complete(world), world)]},
    }


def _of_all(changes: dict[str, Callable[[World], Request]]) -> dict[str, Any]:
    return {path: change for member, found in changes.items() for path, change in _of_each(member, found).items()}


_INSTANCE = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
_RESOURCES = "HyperParameterTuningResourceConfig"
_INTEGERS, _CONTINUA = "IntegerParameterRanges", "ContinuousParameterRanges"
_HYPERBAND = {"HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 9}}
# No range can be made of it, so the ranges are shown as they were given.
_HINT = {"Name": "hinted", "ValueHint": "relu"}
_AUTOTUNE = {"Autotune": {"Mode": "Enabled"}}
RECIPES = {
    "CreateHyperParameterTuningJob": Recipe(
        _request,
        {
            "RoleArn": lambda world: world.role,
            "S3Uri": lambda world: world.data,
            "Channel": _channel,
            "HyperParameterTuningJobObjective": tuning.config()[_OBJECTIVE],
            "MetricDefinition": tuning.METRIC,
            "IntegerParameterRange": {"Name": "i", "MinValue": "1", "MaxValue": "9"},
            "ContinuousParameterRange": {"Name": "y", "MinValue": "0.1", "MaxValue": "0.9"},
            "CategoricalParameterRange": {"Name": "c", "Values": ["a", "b"]},
            "HyperParameterScalingType": "Linear",
            "AutoParameter": _HINT,
            "HyperParameterTuningJobStrategyConfig": _HYPERBAND,
            "HyperParameterTuningInstanceConfig": _INSTANCE,
            _RESOURCES: _INSTANCE,
            _SEVERAL: lambda world: [_complete(world)],
            "ParentHyperParameterTuningJob": _ended,
            **{f"{_ONE}.{path}": value for path, value in learning.GIVEN.items()},
            **{f"{_SEVERAL}.{path}": value for path, value in learning.GIVEN.items()},
        },
        along={
            f"{_CONFIG}.StrategyConfig": lambda _: {_CONFIG: tuning.config(Strategy="Hyperband")},
            f"{_CONFIG}.{_RANGES}.AutoParameters": lambda _: _AUTOTUNE,
            f"{_ONE}.TuningObjective": lambda _: _config_without(_OBJECTIVE),
            f"{_ONE}.HyperParameterRanges": lambda _: _config_without(_RANGES),
            f"{_ONE}.HyperParameterRanges.AutoParameters": lambda _: _AUTOTUNE,
            _SEVERAL: _several,
            f"{_SEVERAL}.HyperParameterRanges.AutoParameters": lambda _: _AUTOTUNE,
            **_of_all(learning.along(_complete)),
            **_of_each(_RESOURCES, lambda _: {}, without="ResourceConfig"),
            **_of_each(
                f"{_RESOURCES}.InstanceConfigs",
                lambda _: {_RESOURCES: {"InstanceConfigs": [_INSTANCE]}},
                "ResourceConfig",
            ),
        },
        # The hints have become values, and AWS adds one of its own to these.
        shown_otherwise=frozenset(
            {
                f"{_CONFIG}.{_RANGES}.AutoParameters",
                f"{_ONE}.StaticHyperParameters",
                f"{_SEVERAL}.StaticHyperParameters",
                f"{_ONE}.HyperParameterRanges.AutoParameters",
                f"{_SEVERAL}.HyperParameterRanges.AutoParameters",
            }
        ),
    ),
    "DescribeHyperParameterTuningJob": Recipe(_existing),
    "ListTrainingJobsForHyperParameterTuningJob": Recipe(_existing),
    "StopHyperParameterTuningJob": Recipe(_existing),
    "DeleteHyperParameterTuningJob": Recipe(_ended),
}
