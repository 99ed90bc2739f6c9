"""What AWS checks of a training job's request at once, beyond the model and what all jobs have in common."""

from __future__ import annotations

from typing import Any

import regex

from sagemaker_local.domain import training as states
from sagemaker_local.domain.clusters import requested
from sagemaker_local.domain.jobs import TRAINING
from sagemaker_local.errors import validation_error
from sagemaker_local.execution.dataset import AUGMENTED_MANIFEST, MANIFEST, PREFIX
from sagemaker_local.execution.opt_ml import checkpoint_path, input_mode
from sagemaker_local.operations import checks
from sagemaker_local.operations.jobs import MAX_RUNTIME_DEFAULT_SECONDS
from sagemaker_local.operations.registry import Context, Request

_MAX_RUNTIME_SECONDS = 28 * 86_400


def checked_algorithm(context: Context, algorithm: dict[str, Any]) -> dict[str, Any]:
    """The request's algorithm with the metric definitions that SageMaker has for it."""
    if "TrainingImage" not in algorithm:
        raise validation_error("AlgorithmSpecification.TrainingImage must be given")
    image = checks.check_image(context, algorithm["TrainingImage"])
    definitions = algorithm.get("MetricDefinitions", [])
    for definition in definitions:
        _check_regex(definition)
    if image.metric_definitions and definitions:
        # AWS's text; it takes these images for algorithms of its own in script mode too.
        raise validation_error(
            "You can't override the metric definitions for Amazon SageMaker algorithms. Please retry the request "
            "without specifying metric definitions."
        )
    return {**algorithm, "MetricDefinitions": image.metric_definitions} if image.metric_definitions else algorithm


def _check_regex(definition: dict[str, str]) -> None:
    try:
        regex.compile(definition["Regex"])
    except regex.error as error:
        name = definition["Name"]
        raise validation_error(f"The regex of metric definition {name} is not valid: {error}") from error


def check_cluster(context: Context, request: Request) -> None:
    """Instances of one type, or of groups, and at least one of them."""
    resources = request.get("ResourceConfig", {})
    checks.check_given("ResourceConfig", resources, ("VolumeSizeInGB",))
    if resources.get("InstanceGroups"):
        given = sorted({"InstanceType", "InstanceCount"} & resources.keys())
        if given:
            raise validation_error(f"ResourceConfig.{given[0]} cannot be given together with InstanceGroups")
    else:
        checks.check_given("ResourceConfig", resources, ("InstanceType", "InstanceCount"))
    groups = requested(resources)
    checks.check_unique("ResourceConfig.InstanceGroups", [group["InstanceGroupName"] for group in groups])
    checks.check_instances(context, TRAINING, groups)


def check_times(request: Request) -> None:
    """The limits of the run time, and on spot capacity of the wait. Source: model-managed-spot-training."""
    stopping = request.get("StoppingCondition", {})
    runtime, wait = stopping.get("MaxRuntimeInSeconds", MAX_RUNTIME_DEFAULT_SECONDS), "MaxWaitTimeInSeconds"
    if runtime > _MAX_RUNTIME_SECONDS:
        raise validation_error("StoppingCondition.MaxRuntimeInSeconds must be at most 28 days (2419200)")
    if not states.is_spot(request):
        if wait in stopping:
            raise validation_error(
                f"Invalid {wait}. It is only supported when EnableManagedSpotTraining is set to true"
            )
    elif stopping.get(wait, 0) < runtime:
        raise validation_error(
            f"Invalid {wait}. It must be present and be greater than or equal to MaxRuntimeInSeconds"
        )


def check_checkpoints(request: Request) -> None:
    """Checkpoints lie where jobs can write."""
    if "CheckpointConfig" not in request:
        return
    checks.check_s3_uri("CheckpointConfig.S3Uri", request["CheckpointConfig"]["S3Uri"])
    parts = checkpoint_path(request).split("/")
    if parts[:3] != ["", "opt", "ml"] or len(parts) < 4 or ".." in parts:
        raise validation_error("CheckpointConfig.LocalPath: the local SageMaker keeps checkpoints below /opt/ml/ only")


def check_channels(context: Context, request: Request) -> None:
    """Each channel has a name of its own, its data, and what belongs to its input mode."""
    channels = request.get("InputDataConfig", [])
    if {".", ".."} & {channel["ChannelName"] for channel in channels}:
        raise validation_error("InputDataConfig.ChannelName must be usable as a folder's name")
    checks.check_unique("InputDataConfig.ChannelName", [channel["ChannelName"] for channel in channels])
    groups = {group.get("InstanceGroupName") for group in request["ResourceConfig"].get("InstanceGroups", [])}
    for channel in channels:
        source = channel["DataSource"].get("S3DataSource")
        if source is None:
            raise validation_error(f"channel {channel['ChannelName']}: DataSource.S3DataSource must be given")
        mode = input_mode(request, channel)
        _check_format(channel, mode)
        _check_data_type(channel["ChannelName"], source, mode)
        unknown = sorted(set(source.get("InstanceGroupNames", [])) - groups)
        if unknown:
            raise validation_error(f"channel {channel['ChannelName']}: there is no instance group {unknown[0]}")
        checks.check_s3_uri("S3DataSource.S3Uri", source["S3Uri"])
        checks.check_input_exists(context, source["S3Uri"], request["RoleArn"])


def _check_format(channel: dict[str, Any], mode: str) -> None:
    if mode == "Pipe":
        return
    name, compression = channel["ChannelName"], channel.get("CompressionType", "None")
    if compression != "None":
        raise validation_error(
            f"Invalid compression type for channel {name}: {mode} mode only supports NONE, got {compression} instead"
        )
    if channel.get("RecordWrapperType", "None") != "None":
        raise validation_error(f"channel {name}: RecordWrapperType is for input mode Pipe only")


def _check_data_type(name: str, source: dict[str, Any], mode: str) -> None:
    """Source: the API reference, S3DataSource; model-access-training-data for FastFile."""
    kind = source["S3DataType"]
    if kind not in (PREFIX, MANIFEST, AUGMENTED_MANIFEST):
        raise validation_error(f"S3DataType {kind} is not supported by the local SageMaker")
    if kind == AUGMENTED_MANIFEST and mode != "Pipe":
        raise validation_error(f"channel {name}: {kind} can only be used if the channel's input mode is Pipe")
    if kind != PREFIX and mode == "FastFile":
        raise validation_error(f"channel {name}: input mode FastFile is for S3DataType {PREFIX} only")
    if bool(source.get("AttributeNames")) != (kind == AUGMENTED_MANIFEST):
        raise validation_error(f"channel {name}: AttributeNames must be given with {AUGMENTED_MANIFEST}, and only then")
