"""Create, Describe, List and Stop of batch transform jobs."""

from __future__ import annotations

from sagemaker_local.domain.jobs import TRANSFORM
from sagemaker_local.domain.transform.jsonpath import InvalidPath, Path
from sagemaker_local.domain.transform.processing import FORMATS, format_of
from sagemaker_local.errors import ServiceError, validation_error
from sagemaker_local.operations import checks, jobs
from sagemaker_local.operations.fields import refuse_unsupported
from sagemaker_local.operations.models import existing_model
from sagemaker_local.operations.registry import Context, Request, operation

_LARGEST_PAYLOADS_MB = 100
_PLAIN = {"InputFilter": "$", "JoinSource": "None", "OutputFilter": "$"}


@operation("CreateTransformJob")
def create_transform_job(context: Context, request: Request) -> Request:
    """Checks what AWS checks at once (model, input data, settings that fit together), then starts the job."""
    refuse_unsupported("CreateTransformJob", request)
    tags = checks.tags_of(request)
    model = existing_model(context, request["ModelName"])
    checks.check_instances(context, TRANSFORM, [request["TransformResources"]])
    _check_payloads(request)
    _check_processing(request)
    _check_capture(request)
    source = request["TransformInput"]["DataSource"]["S3DataSource"]
    checks.check_s3_uri("TransformInput.DataSource.S3DataSource.S3Uri", source["S3Uri"])
    checks.check_s3_uri("TransformOutput.S3OutputPath", request["TransformOutput"]["S3OutputPath"])
    checks.check_input_exists(context, source["S3Uri"], model.get("ExecutionRoleArn", ""))
    record = {
        **jobs.new_record(context, TRANSFORM, request),
        "DataProcessing": {**_PLAIN, **request.get("DataProcessing", {})},
        # As it is now: the job goes on should the model be deleted. Not shown.
        "Resolved": model["Resolved"],
        "NetworkIsolation": model["EnableNetworkIsolation"],
    }
    return jobs.create(context, TRANSFORM, record, tags)


def _check_payloads(request: Request) -> None:
    concurrent, payload = request.get("MaxConcurrentTransforms", 0), request.get("MaxPayloadInMB", 0)
    if payload > _LARGEST_PAYLOADS_MB or concurrent * payload > _LARGEST_PAYLOADS_MB:
        raise validation_error(
            f"MaxConcurrentTransforms * MaxPayloadInMB must not exceed {_LARGEST_PAYLOADS_MB} MB, and is "
            f"{max(concurrent, 1) * payload} MB"
        )


def _check_processing(request: Request) -> None:
    wanted, source, target = request.get("DataProcessing", {}), request["TransformInput"], request["TransformOutput"]
    paths = [_path(name, wanted.get(name) or "$") for name in ("InputFilter", "OutputFilter")]
    join = wanted.get("JoinSource", "None") == "Input"
    if not join and all(path.selects_all for path in paths):
        return
    for name, content_type in (("TransformInput.ContentType", source.get("ContentType", "")), _accepted(request)):
        if format_of(content_type) is None:
            raise validation_error(f"DataProcessing is for {', '.join(FORMATS)} only, and {name} is {content_type!r}")
    if join:
        _check_equal("Accept", target.get("Accept", ""), "ContentType", source.get("ContentType", ""))
        _check_equal("AssembleWith", target.get("AssembleWith", "None"), "SplitType", source.get("SplitType", "None"))


def _check_capture(request: Request) -> None:
    capture = request.get("DataCaptureConfig")
    if capture is None:
        return
    checks.check_s3_uri("DataCaptureConfig.DestinationS3Uri", capture["DestinationS3Uri"])
    name, content_type = _accepted(request)
    if capture.get("GenerateInferenceId", False) and format_of(content_type) is None:
        formats = ", ".join(FORMATS)
        raise validation_error(f"GenerateInferenceId is for {formats} only, and {name} is {content_type!r}")


def _accepted(request: Request) -> tuple[str, str]:
    """What answers are: what is accepted, and without it what was sent."""
    return "TransformOutput.Accept", request["TransformOutput"].get("Accept") or request["TransformInput"].get(
        "ContentType", ""
    )


def _check_equal(name: str, value: str, other: str, expected: str) -> None:
    if value != expected:
        raise validation_error(f"With JoinSource Input, {name} ({value!r}) must be the same as {other} ({expected!r})")


def _path(name: str, text: str) -> Path:
    try:
        return Path(text)
    except InvalidPath as error:
        raise validation_error(f"DataProcessing.{name}: {error}") from error


@operation("DescribeTransformJob")
def describe_transform_job(context: Context, request: Request) -> Request:
    """The job as it stands."""
    name = request["TransformJobName"]
    return jobs.describe(context, TRANSFORM, name, _missing(name))


@operation("StopTransformJob")
def stop_transform_job(context: Context, request: Request) -> None:
    """What has been written stays; the object under way leaves nothing."""
    name = request["TransformJobName"]
    jobs.stop(context, TRANSFORM, name, _missing(name))


@operation("ListTransformJobs")
def list_transform_jobs(context: Context, request: Request) -> Request:
    """Summaries, the newest first."""
    found, token = jobs.listed(context, TRANSFORM, {"SortOrder": "Descending", "MaxResults": 10, **request})
    return {"TransformJobSummaries": found, "NextToken": token}


def _missing(name: str) -> ServiceError:
    return validation_error(f"Could not find requested job with name: {name}")
