"""Create, Describe, List, Stop and Delete of training jobs."""

from __future__ import annotations

from typing import Any

import regex

from sagemaker_local.domain import training as states
from sagemaker_local.domain.jobs import TRAINING, Record
from sagemaker_local.errors import ServiceError, validation_error
from sagemaker_local.execution.opt_ml import is_pipe
from sagemaker_local.operations import checks, jobs
from sagemaker_local.operations.fields import refuse_unsupported
from sagemaker_local.operations.registry import Context, Request, operation

_MAX_RUNTIME_SECONDS = 28 * 86_400
_CHECKPOINTS = "/opt/ml/checkpoints"


@operation("CreateTrainingJob")
def create_training_job(context: Context, request: Request) -> Request:
    """Checks what AWS checks at once (image, role, input data), then starts the job."""
    refuse_unsupported("CreateTrainingJob", request)
    tags = checks.tags_of(request)
    return jobs.create(context, TRAINING, checked_record(context, request), tags)


def checked_record(context: Context, request: Request) -> Record:
    """The job that *request* asks for, in its first state; raises ``ServiceError`` for what AWS refuses at once."""
    algorithm = _algorithm(context, request["AlgorithmSpecification"])
    checks.check_role(context, request["RoleArn"])
    resources = request.get("ResourceConfig", {})
    checks.check_given("ResourceConfig", resources, ("InstanceType", "InstanceCount", "VolumeSizeInGB"))
    isolated = request.get("EnableNetworkIsolation", False)
    checks.check_network_isolation(context, isolated)
    checks.check_instances(context, resources["InstanceCount"])
    _check_times(request)
    checks.check_s3_uri("OutputDataConfig.S3OutputPath", request["OutputDataConfig"]["S3OutputPath"])
    _check_channels(context, request)
    checkpoints = _checkpoint_config(request)
    shown = _with_defaults({**request, "AlgorithmSpecification": algorithm})
    record = {**jobs.new_record(context, TRAINING, shown), **checkpoints}
    states.begin(record, record["CreationTime"])
    return record


def _with_defaults(request: Request) -> Request:
    """With the defaults that AWS shows of a job: seen in published answers, and relied upon by its SDK."""
    switches = ("EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining")
    shown = {
        **dict.fromkeys(switches, False),
        **request,
        "OutputDataConfig": {"KmsKeyId": "", **request["OutputDataConfig"]},
        "StoppingCondition": jobs.stopping_condition(request),
    }
    if "InputDataConfig" in request:
        shown["InputDataConfig"] = [_channel_with_defaults(channel) for channel in request["InputDataConfig"]]
    return shown


def _channel_with_defaults(channel: dict[str, Any]) -> dict[str, Any]:
    source = {"S3DataDistributionType": "FullyReplicated", **channel["DataSource"]["S3DataSource"]}
    given = {**channel, "DataSource": {**channel["DataSource"], "S3DataSource": source}}
    return {"CompressionType": "None", "RecordWrapperType": "None", **given}


def _check_times(request: Request) -> None:
    stopping = request.get("StoppingCondition", {})
    runtime, wait = stopping.get("MaxRuntimeInSeconds", jobs.MAX_RUNTIME_DEFAULT_SECONDS), "MaxWaitTimeInSeconds"
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


def _algorithm(context: Context, algorithm: dict[str, Any]) -> dict[str, Any]:
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


def _checkpoint_config(request: Request) -> Request:
    """The ``CheckpointConfig`` with its default written out; empty if there is none."""
    if "CheckpointConfig" not in request:
        return {}
    config = {"LocalPath": _CHECKPOINTS, **request["CheckpointConfig"]}
    checks.check_s3_uri("CheckpointConfig.S3Uri", config["S3Uri"])
    parts = config["LocalPath"].split("/")
    if parts[:3] != ["", "opt", "ml"] or len(parts) < 4 or ".." in parts:
        raise validation_error("CheckpointConfig.LocalPath: the local SageMaker keeps checkpoints below /opt/ml/ only")
    return {"CheckpointConfig": config}


def _check_channels(context: Context, request: Request) -> None:
    channels = request.get("InputDataConfig", [])
    if {".", ".."} & {channel["ChannelName"] for channel in channels}:
        raise validation_error("InputDataConfig.ChannelName must be usable as a folder's name")
    checks.check_unique("InputDataConfig.ChannelName", [channel["ChannelName"] for channel in channels])
    for channel in channels:
        _check_channel(context, channel, is_pipe(request, channel), request["RoleArn"])


def _check_channel(context: Context, channel: dict[str, Any], pipe: bool, role_arn: str) -> None:
    source = channel["DataSource"].get("S3DataSource")
    if source is None:
        raise validation_error(f"channel {channel['ChannelName']}: DataSource.S3DataSource must be given")
    for member in ("CompressionType", "RecordWrapperType"):
        if channel.get(member, "None") != "None" and not pipe:
            raise validation_error(f"InputDataConfig.{member} is for input mode Pipe only")
    if source["S3DataType"] not in ("S3Prefix", "ManifestFile"):
        raise validation_error(f"S3DataType {source['S3DataType']} is not supported by the local SageMaker")
    checks.check_s3_uri("S3DataSource.S3Uri", source["S3Uri"])
    checks.check_input_exists(context, source["S3Uri"], role_arn)


@operation("DescribeTrainingJob")
def describe_training_job(context: Context, request: Request) -> Request:
    """The job as it stands."""
    return jobs.describe(context, TRAINING, request["TrainingJobName"], _missing())


@operation("StopTrainingJob")
def stop_training_job(context: Context, request: Request) -> None:
    """SIGTERM, 120 seconds, SIGKILL; what lies in /opt/ml/model is still uploaded."""
    jobs.stop(context, TRAINING, request["TrainingJobName"], _missing())


@operation("DeleteTrainingJob")
def delete_training_job(context: Context, request: Request) -> None:
    """Only a job that has ended; its artifacts stay."""
    jobs.delete(context, TRAINING, request["TrainingJobName"], _missing())


@operation("ListTrainingJobs")
def list_training_jobs(context: Context, request: Request) -> Request:
    """Summaries."""
    wanted = request.get("StatusEquals")
    if "MaxResults" in request and wanted is not None:
        # Documented: a page is cut first, of the most recent jobs, and filtered by status then, so it may be short or
        # empty. An order that is asked for is kept.
        order = {} if {"SortBy", "SortOrder"} & request.keys() else {"SortOrder": "Descending"}
        request = {**order, **{name: value for name, value in request.items() if name != "StatusEquals"}}
    found, token = jobs.listed(context, TRAINING, request)
    listed = [job for job in found if wanted in (None, job["TrainingJobStatus"])]
    return {"TrainingJobSummaries": listed, "NextToken": token}


def _missing() -> ServiceError:
    return validation_error("Requested resource not found.")
