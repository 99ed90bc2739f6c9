"""Training, processing and transform jobs."""

from __future__ import annotations

from typing import Any

from tests.support.fuzzing.recipes import learning
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


_JOB: dict[str, Any] = {"RoleArn": lambda world: world.role, "S3Uri": lambda world: world.data}

RECIPES = {
    "CreateTrainingJob": Recipe(
        _training,
        {
            **_JOB,
            **learning.GIVEN,
            "Channel": _channel,
        },
        along=learning.along(_training),
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
