"""How a processing job runs. Contract: the guide's page build-your-own-processing-container."""

from __future__ import annotations

from sagemaker_local import clock
from sagemaker_local.domain import jobs
from sagemaker_local.domain.jobs import PROCESSING, Record
from sagemaker_local.execution import opt_ml
from sagemaker_local.execution.channels import download_inputs, input_pipes
from sagemaker_local.execution.endings import Ended, JobFailed, failing_with, failure
from sagemaker_local.execution.environment import platform_environment
from sagemaker_local.execution.job import Job
from sagemaker_local.execution.pipes import piped
from sagemaker_local.execution.process import Program
from sagemaker_local.execution.synchronisation import Target, synchronised
from sagemaker_local.execution.transfer import upload_tree


def run(job: Job) -> None:
    """Download, process, upload. Raises ``JobFailed``, or ``Cancelled`` if it is stopped before it processes."""
    record = job.record
    job.change(lambda stored: jobs.started(PROCESSING, stored, clock.now()))
    _download_inputs(job, record)
    # Outputs are uploaded whatever the exit code: what a failed job left tells why it failed.
    with failing_with("Failed to upload output"):
        ended = _process(job, record)
        _keep_exit_message(job)
        for output in _outputs(job, record, "EndOfJob"):
            upload_tree(job.s3, output.folder, output.uri)
    if ended.exit_code != 0 and not job.stopped:
        raise failure(ended)


def _download_inputs(job: Job, record: Record) -> None:
    with failing_with("Data download failed"):
        for instance in job.instances:
            opt_ml.lay_out_processing(instance.opt_ml, record, instance.host)
            download_inputs(job, record, instance)


def _process(job: Job, record: Record) -> Ended:
    """Process while pipes are fed and continuous outputs kept up."""
    with (
        synchronised(job.s3, _outputs(job, record, "Continuous")),
        failing_with("Data download failed"),
        piped(job.s3, [pipe for instance in job.instances for pipe in input_pipes(record, instance)]),
    ):
        return job.execute(_program(job, record), record["StoppingCondition"]["MaxRuntimeInSeconds"])


def _program(job: Job, record: Record) -> Program:
    application = record["AppSpecification"]
    argv = [*application.get("ContainerEntrypoint", []), *application.get("ContainerArguments", [])]
    if not argv:
        uri = application["ImageUri"]
        raise JobFailed(f"ClientError: image {uri} has no entry point of its own: give ContainerEntrypoint")
    environment = {
        **platform_environment(job.scope, job.platform.aws),
        **record.get("Environment", {}),
    }
    isolated = record.get("NetworkConfig", {}).get("EnableNetworkIsolation", False)
    return Program(argv, environment, isolated)


def _keep_exit_message(job: Job) -> None:
    try:
        message = opt_ml.exit_message([instance.opt_ml for instance in job.instances])
    except opt_ml.InvalidMessage as error:
        raise JobFailed(f"ClientError: {error}") from error
    if message is not None:
        job.change(lambda stored: stored.update(ExitMessage=message))


def _outputs(job: Job, record: Record, mode: str) -> list[Target]:
    """The outputs of that ``S3UploadMode`` that are not the application's own; no object goes because its file went."""
    outputs = record.get("ProcessingOutputConfig", {}).get("Outputs", [])
    managed = [output["S3Output"] for output in outputs if not output.get("AppManaged", False)]
    chosen = [output for output in managed if output["S3UploadMode"] == mode]
    return [
        Target(opt_ml.inside(instance.opt_ml, output["LocalPath"]), output["S3Uri"], mirror=False)
        for instance in job.instances
        for output in chosen
    ]
