"""Training, processing and transform jobs."""

from __future__ import annotations

from typing import Any

from tests.support.fuzzing.recipes.hosting import one_model
from tests.support.fuzzing.recipes.recipe import Recipe, Request
from tests.support.fuzzing.world import World
from tests.support.local_aws import processing_request, training_request
from tests.support.transform import transform_request


def _training(world: World) -> Request:
    return training_request(world.name(), "")


def _processing(world: World) -> Request:
    return processing_request(world.name(), "")


def _existing_training(world: World) -> Request:
    request = _training(world)
    world.make("CreateTrainingJob", request)
    return {"TrainingJobName": request["TrainingJobName"]}


def _existing_processing(world: World) -> Request:
    request = _processing(world)
    world.make("CreateProcessingJob", request)
    return {"ProcessingJobName": request["ProcessingJobName"]}


def _ended_training(world: World) -> Request:
    named = _existing_training(world)
    world.make("StopTrainingJob", named)
    return named


def _ended_processing(world: World) -> Request:
    named = _existing_processing(world)
    world.make("StopProcessingJob", named)
    return named


def _channel(world: World) -> Request:
    source = {"S3DataType": "S3Prefix", "S3Uri": world.data}
    return {"ChannelName": "train", "DataSource": {"S3DataSource": source}}


def _input(_: World) -> Request:
    source = {"S3Uri": "s3://b/k", "LocalPath": "/opt/ml/processing/in", "S3DataType": "S3Prefix"}
    return {"InputName": "in", "S3Input": {**source, "S3InputMode": "File"}}


def _output(world: World) -> Request:
    output = {"S3Uri": world.output, "LocalPath": "/opt/ml/processing/out", "S3UploadMode": "EndOfJob"}
    return {"OutputName": "out", "S3Output": output}


def _piped(world: World) -> Request:
    return {"AlgorithmSpecification": {**_training(world)["AlgorithmSpecification"], "TrainingInputMode": "Pipe"}}


def _spot(_: World) -> Request:
    stopping = {"MaxRuntimeInSeconds": 1, "MaxWaitTimeInSeconds": 1}
    return {"EnableManagedSpotTraining": True, "StoppingCondition": stopping}


def _transform(world: World) -> Request:
    return transform_request(world.name(), one_model(world), world.data, world.output)


def _existing_transform(world: World) -> Request:
    request = _transform(world)
    world.make("CreateTransformJob", request)
    return {"TransformJobName": request["TransformJobName"]}


def _of_csv(world: World) -> Request:
    request = _transform(world)
    source, target = {"ContentType": "text/csv"}, {"Accept": "text/csv"}
    return {
        "TransformInput": {**request["TransformInput"], **source},
        "TransformOutput": {**request["TransformOutput"], **target},
    }


def _grouped(_: World) -> Request:
    group = {"InstanceGroupName": "g", "InstanceType": "ml.m5.large", "InstanceCount": 1}
    return {"ResourceConfig": {"VolumeSizeInGB": 1, "InstanceGroups": [group]}}


def _augmented(world: World) -> Request:
    source = {"S3DataType": "AugmentedManifestFile", "S3Uri": world.data, "AttributeNames": ["a"]}
    channel = {"ChannelName": "train", "DataSource": {"S3DataSource": source}}
    return {**_piped(world), "InputDataConfig": [channel]}


_JOB: dict[str, Any] = {"RoleArn": lambda world: world.role, "S3Uri": lambda world: world.data}

RECIPES = {
    "CreateTrainingJob": Recipe(
        _training,
        {
            **_JOB,
            "Channel": _channel,
            "InputDataConfig.DataSource.S3DataSource.S3DataType": "ManifestFile",
            "InputDataConfig.DataSource.S3DataSource.InstanceGroupNames": ["g"],
            "CheckpointConfig.LocalPath": "/opt/ml/kept",
        },
        along={
            "InputDataConfig.CompressionType": _piped,
            "InputDataConfig.RecordWrapperType": _piped,
            "InputDataConfig.DataSource.S3DataSource.AttributeNames": _augmented,
            "InputDataConfig.DataSource.S3DataSource.InstanceGroupNames": _grouped,
            "ResourceConfig.InstanceGroups": _grouped,
            "EnableManagedSpotTraining": _spot,
            "StoppingCondition.MaxWaitTimeInSeconds": _spot,
        },
    ),
    "DescribeTrainingJob": Recipe(_existing_training),
    "StopTrainingJob": Recipe(_existing_training),
    "DeleteTrainingJob": Recipe(_ended_training),
    "CreateProcessingJob": Recipe(
        _processing,
        {
            **_JOB,
            "ProcessingInput": _input,
            "ProcessingInputs.S3Input.S3CompressionType": "None",
            "ProcessingOutput": _output,
        },
    ),
    "DescribeProcessingJob": Recipe(_existing_processing),
    "StopProcessingJob": Recipe(_existing_processing),
    "DeleteProcessingJob": Recipe(_ended_processing),
    "CreateTransformJob": Recipe(
        _transform,
        {
            "S3Uri": lambda world: world.data,
            "TransformOutput.S3OutputPath": lambda world: world.output,
            "MaxConcurrentTransforms": 2,
            "MaxPayloadInMB": 3,
            "DataProcessing.InputFilter": "$[1:]",
            "DataProcessing.OutputFilter": "$[0,-1]",
        },
        along={"DataProcessing": _of_csv, "DataCaptureConfig.GenerateInferenceId": _of_csv},
    ),
    "DescribeTransformJob": Recipe(_existing_transform),
    "StopTransformJob": Recipe(_existing_transform),
}
