"""Create, Describe, List, Stop and Delete of training jobs."""

from __future__ import annotations

from typing import Any

from sagemaker_local.domain import training as states
from sagemaker_local.domain.jobs import TRAINING, Record
from sagemaker_local.errors import ServiceError, validation_error
from sagemaker_local.operations import checks, jobs
from sagemaker_local.operations.fields import refuse_unsupported
from sagemaker_local.operations.registry import Context, Request, operation
from sagemaker_local.operations.training_checks import (
    check_channels,
    check_checkpoints,
    check_cluster,
    check_times,
    checked_algorithm,
)


@operation("CreateTrainingJob")
def create_training_job(context: Context, request: Request) -> Request:
    """Checks what AWS checks at once (image, role, input data), then starts the job."""
    refuse_unsupported("CreateTrainingJob", request)
    tags = checks.tags_of(request)
    return jobs.create(context, TRAINING, checked_record(context, request), tags)


def checked_record(context: Context, request: Request) -> Record:
    """The job that *request* asks for, in its first state; raises ``ServiceError`` for what AWS refuses at once."""
    algorithm = checked_algorithm(context, request["AlgorithmSpecification"])
    checks.check_role(context, request["RoleArn"])
    check_cluster(context, request)
    checks.check_network_isolation(context, request.get("EnableNetworkIsolation", False))
    check_times(request)
    checks.check_s3_uri("OutputDataConfig.S3OutputPath", request["OutputDataConfig"]["S3OutputPath"])
    check_channels(context, request)
    check_checkpoints(request)
    record = jobs.new_record(context, TRAINING, _with_defaults({**request, "AlgorithmSpecification": algorithm}))
    states.begin(record, record["CreationTime"])
    return record


def _with_defaults(request: Request) -> Request:
    """With the defaults that AWS shows of a job: seen in published answers, and relied upon by its SDK."""
    switches = ("EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining")
    shown = {
        **dict.fromkeys(switches, False),
        **request,
        "AlgorithmSpecification": {"EnableSageMakerMetricsTimeSeries": False, **request["AlgorithmSpecification"]},
        "OutputDataConfig": {"KmsKeyId": "", "CompressionType": "GZIP", **request["OutputDataConfig"]},
        "StoppingCondition": jobs.stopping_condition(request),
        "ProfilingStatus": _profiling_status(request.get("ProfilerConfig", {"DisableProfiler": True})),
    }
    if "InputDataConfig" in request:
        shown["InputDataConfig"] = [_channel_with_defaults(channel) for channel in request["InputDataConfig"]]
    return shown


def _profiling_status(config: dict[str, Any]) -> str:
    return "Disabled" if config.get("DisableProfiler", False) else "Enabled"


def _channel_with_defaults(channel: dict[str, Any]) -> dict[str, Any]:
    source = {"S3DataDistributionType": "FullyReplicated", **channel["DataSource"]["S3DataSource"]}
    given = {**channel, "DataSource": {**channel["DataSource"], "S3DataSource": source}}
    return {"CompressionType": "None", "RecordWrapperType": "None", **given}


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
