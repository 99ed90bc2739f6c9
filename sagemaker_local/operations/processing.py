"""Create, Describe, List, Stop and Delete of processing jobs."""

from __future__ import annotations

from typing import Any

from sagemaker_local.domain.jobs import PROCESSING
from sagemaker_local.errors import ServiceError, validation_error
from sagemaker_local.operations import checks, jobs
from sagemaker_local.operations.fields import refuse_unsupported
from sagemaker_local.operations.registry import Context, Request, operation

_FOLDER = "/opt/ml/processing/"


@operation("CreateProcessingJob")
def create_processing_job(context: Context, request: Request) -> Request:
    """Checks what AWS checks at once (image, role, paths), then starts the job; input data is looked for by the job."""
    refuse_unsupported("CreateProcessingJob", request)
    tags = checks.tags_of(request)
    checks.check_image(context, request["AppSpecification"]["ImageUri"])
    checks.check_role(context, request["RoleArn"])
    isolated = request.get("NetworkConfig", {}).get("EnableNetworkIsolation", False)
    checks.check_network_isolation(context, isolated)
    cluster = request["ProcessingResources"]["ClusterConfig"]
    checks.check_given("ProcessingResources.ClusterConfig", cluster, ("InstanceCount", "InstanceType"))
    checks.check_instances(context, PROCESSING, [cluster])
    _check_inputs(request.get("ProcessingInputs", []))
    _check_outputs(request.get("ProcessingOutputConfig", {}).get("Outputs", []))
    record = jobs.new_record(context, PROCESSING, request)
    record["StoppingCondition"] = jobs.stopping_condition(request)
    return jobs.create(context, PROCESSING, record, tags)


def _check_inputs(inputs: list[dict[str, Any]]) -> None:
    checks.check_unique("ProcessingInputs.InputName", [item["InputName"] for item in inputs])
    for item in inputs:
        what, source = f"processing input {item['InputName']}", item.get("S3Input")
        if source is None:
            raise validation_error(f"{what}: S3Input must be given")
        if source.get("S3CompressionType", "None") != "None" and source.get("S3InputMode", "File") != "Pipe":
            raise validation_error(f"{what}: S3CompressionType Gzip is for S3InputMode Pipe only")
        checks.check_s3_uri(what, source["S3Uri"])
        _check_local_path(what, item, source)
    paths = [item["S3Input"]["LocalPath"].rstrip("/") for item in inputs if "LocalPath" in item["S3Input"]]
    checks.check_unique("LocalPath of processing inputs", paths)


def _check_outputs(outputs: list[dict[str, Any]]) -> None:
    checks.check_unique("ProcessingOutputs.OutputName", [item["OutputName"] for item in outputs])
    for item in outputs:
        what, output = f"processing output {item['OutputName']}", item.get("S3Output")
        if output is None:
            raise validation_error(f"{what}: S3Output must be given")
        checks.check_s3_uri(what, output["S3Uri"])
        _check_local_path(what, item, output)


def _check_local_path(what: str, item: dict[str, Any], place: dict[str, Any]) -> None:
    """A path is needed where the platform moves the data, not where the application does (``AppManaged``)."""
    path = place.get("LocalPath")
    if path is None and item.get("AppManaged", False):
        return
    if path is None or not f"{path}/".startswith(_FOLDER) or ".." in path.split("/"):
        raise validation_error(f"{what}: LocalPath {path!r} must lie in {_FOLDER}")


@operation("DescribeProcessingJob")
def describe_processing_job(context: Context, request: Request) -> Request:
    """The job as it stands."""
    name = request["ProcessingJobName"]
    return jobs.describe(context, PROCESSING, name, _missing(name))


@operation("StopProcessingJob")
def stop_processing_job(context: Context, request: Request) -> None:
    """SIGTERM, the grace, SIGKILL; outputs are still uploaded."""
    name = request["ProcessingJobName"]
    jobs.stop(context, PROCESSING, name, _missing(name))


@operation("DeleteProcessingJob")
def delete_processing_job(context: Context, request: Request) -> None:
    """Only a job that has ended; its outputs stay."""
    name = request["ProcessingJobName"]
    jobs.delete(context, PROCESSING, name, _missing(name))


@operation("ListProcessingJobs")
def list_processing_jobs(context: Context, request: Request) -> Request:
    """Summaries."""
    found, token = jobs.listed(context, PROCESSING, request)
    return {"ProcessingJobSummaries": found, "NextToken": token}


def _missing(name: str) -> ServiceError:
    return validation_error(f"Could not find requested job with name: {name}")
