"""What a training job's request and a tuning job's definition of training jobs have in common."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.fuzzing.recipes.recipe import Request
from tests.support.fuzzing.world import World

GIVEN = {
    "InputDataConfig.DataSource.S3DataSource.S3DataType": "ManifestFile",
    "InputDataConfig.DataSource.S3DataSource.InstanceGroupNames": ["g"],
    "CheckpointConfig.LocalPath": "/opt/ml/kept",
}
"""values that members must have"""


def along(valid: Callable[[World], Request]) -> dict[str, Callable[[World], Request]]:
    """Changes of a *valid* request or definition that go along with a member of it, by the member's path."""

    def piped(world: World) -> Request:
        return {"AlgorithmSpecification": {**valid(world)["AlgorithmSpecification"], "TrainingInputMode": "Pipe"}}

    def augmented(world: World) -> Request:
        source = {"S3DataType": "AugmentedManifestFile", "S3Uri": world.data, "AttributeNames": ["a"]}
        return {**piped(world), "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}]}

    return {
        "InputDataConfig.CompressionType": piped,
        "InputDataConfig.RecordWrapperType": piped,
        "InputDataConfig.DataSource.S3DataSource.AttributeNames": augmented,
        "InputDataConfig.DataSource.S3DataSource.InstanceGroupNames": _grouped,
        "ResourceConfig.InstanceGroups": _grouped,
        "EnableManagedSpotTraining": _spot,
        "StoppingCondition.MaxWaitTimeInSeconds": _spot,
    }


def _grouped(_: World) -> Request:
    group = {"InstanceGroupName": "g", "InstanceType": "ml.m5.large", "InstanceCount": 1}
    return {"ResourceConfig": {"VolumeSizeInGB": 1, "InstanceGroups": [group]}}


def _spot(_: World) -> Request:
    stopping = {"MaxRuntimeInSeconds": 1, "MaxWaitTimeInSeconds": 1}
    return {"EnableManagedSpotTraining": True, "StoppingCondition": stopping}
