"""How a training job runs, from its turn to its last byte. Contract: the guide's pages on training containers."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_local import clock
from sagemaker_local.domain import jobs
from sagemaker_local.domain import training as states
from sagemaker_local.domain.jobs import TRAINING, Record
from sagemaker_local.execution import opt_ml
from sagemaker_local.execution.channels import channel_pipes, download_channels
from sagemaker_local.execution.dataset import PREFIX, Dataset, has_objects
from sagemaker_local.execution.endings import Ended, JobFailed, failing_with, failure
from sagemaker_local.execution.environment import platform_environment
from sagemaker_local.execution.job import Job
from sagemaker_local.execution.logs import Metric, MetricScanner
from sagemaker_local.execution.pipes import piped
from sagemaker_local.execution.process import Program
from sagemaker_local.execution.synchronisation import Target, synchronised
from sagemaker_local.execution.transfer import download, upload_archive, upload_tree

log = logging.getLogger(__name__)

METRIC_NAMESPACE = "/aws/sagemaker/TrainingJobs"


def run(job: Job) -> None:
    """Download, train, upload. Raises ``JobFailed``, or ``Cancelled`` if it is stopped before it trains."""
    record = job.record
    _download_channels(job, record)
    job.progress(lambda stored: states.say(stored, states.PULLING, clock.now()))
    job.progress(lambda stored: states.enter(stored, states.TRAINING_, clock.now()))
    ended, scanner = _train_on_streams(job, record)
    job.change(lambda stored: _keep_metrics(stored, scanner))
    if ended.exit_code == 0 or job.stopped:
        _enter_uploading(job)
        models, data = _left_in(job, "/opt/ml/model"), _left_in(job, "/opt/ml/output/data")
        _upload_model(job, record, models)
        _upload_output(job, record, data)
    else:
        _fail(job, record, failure(ended, opt_ml.failure_text(ended.instance.opt_ml)))


def _fail(job: Job, record: Record, reason: Exception) -> None:
    """Raise *reason*; what a program that failed left beside its model is uploaded before, as on AWS."""
    if isinstance(reason, JobFailed):
        _enter_uploading(job)
        try:
            _upload_output(job, record, _left_in(job, "/opt/ml/output/data"))
        except (JobFailed, opt_ml.LeadsOut) as error:
            log.error("training job %s, which failed, has no output: %s", job.name, error)
    raise reason


def _enter_uploading(job: Job) -> None:
    job.change(lambda stored: states.enter(stored, states.UPLOADING, clock.now()))


def _begin_downloading(record: Record) -> None:
    now = clock.now()
    jobs.started(TRAINING, record, now)
    states.enter(record, states.DOWNLOADING, now)


def _keep_metrics(record: Record, scanner: MetricScanner) -> None:
    """The last value of each metric, of whichever attempt it is."""
    last = {metric["MetricName"]: metric for metric in (*record.get("FinalMetricDataList", []), *scanner.final())}
    record["FinalMetricDataList"] = list(last.values())


def _download_channels(job: Job, record: Record) -> None:
    job.progress(_begin_downloading)
    with failing_with("Data download failed"):
        for instance in job.instances:
            opt_ml.lay_out_training(instance.opt_ml, record, instance.host)
            download_channels(job, record, instance)
        for checkpoints in _checkpoints(job, record):
            if has_objects(job.s3, checkpoints.uri):
                download(job.s3, Dataset(checkpoints.uri, PREFIX), checkpoints.folder, job.check)


def _checkpoints(job: Job, record: Record) -> list[Target]:
    """Where checkpoints are kept, if the job keeps any: the folder and the prefix mirror each other."""
    if "CheckpointConfig" not in record:
        return []
    path, uri = opt_ml.checkpoint_path(record), record["CheckpointConfig"]["S3Uri"]
    return [Target(opt_ml.inside(instance.opt_ml, path), uri, mirror=True) for instance in job.instances]


def _train_on_streams(job: Job, record: Record) -> tuple[Ended, MetricScanner]:
    """Train while pipes are fed and checkpoints kept up."""
    with (
        failing_with("Checkpoint upload failed"),
        synchronised(job.s3, _checkpoints(job, record)),
        failing_with("Data download failed"),
        piped(job.s3, [pipe for instance in job.instances for pipe in channel_pipes(record, instance)]),
    ):
        return _train(job, record)


def _train(job: Job, record: Record) -> tuple[Ended, MetricScanner]:
    scanner = MetricScanner(record["AlgorithmSpecification"].get("MetricDefinitions", []))

    def scan(line: str) -> None:
        metrics = scanner.scan(line, clock.now())
        _publish(job, metrics)
        _log_objective(job, record, metrics)

    _begin_course(job, record)
    limit = record["StoppingCondition"]["MaxRuntimeInSeconds"] - states.seconds_trained(record)
    return job.execute(_program(job, record), limit, scan), scanner


def _publish(job: Job, metrics: list[Metric]) -> None:
    if not metrics:
        return
    data: list[dict[str, Any]] = [
        {
            "MetricName": metric.name,
            "Dimensions": [{"Name": "TrainingJobName", "Value": job.name}],
            "Timestamp": metric.timestamp,
            "Value": metric.value,
        }
        for metric in metrics
    ]
    cloudwatch = job.platform.aws.client("cloudwatch", job.scope)
    try:
        cloudwatch.put_metric_data(Namespace=METRIC_NAMESPACE, MetricData=data)
    except (ClientError, BotoCoreError) as error:
        # As with the log: this is an account of the job, and reading its output must go on.
        log.error("metrics of %s %s are lost: %s", job.kind.noun, job.name, error)


def _begin_course(job: Job, record: Record) -> None:
    """An attempt without checkpoints is the first epoch again, and what an earlier one printed is void."""
    if "Trial" in record and "CheckpointConfig" not in record:
        job.platform.store.delete_objective_log(record["TuningJobArn"], job.name)


def _log_objective(job: Job, record: Record, metrics: list[Metric]) -> None:
    """A tuning job decides by the course of its objective which of its training jobs are stopped early."""
    if "Trial" not in record:
        return
    for metric in metrics:
        if metric.name == record["Trial"]["Objective"]["MetricName"]:
            job.platform.store.log_objective(record["TuningJobArn"], job.name, metric.value)


def _program(job: Job, record: Record) -> Program:
    algorithm = record["AlgorithmSpecification"]
    environment = {
        **platform_environment(job.scope, job.platform.aws),
        "TRAINING_JOB_NAME": record["TrainingJobName"],
        "TRAINING_JOB_ARN": record["TrainingJobArn"],
        "SAGEMAKER_METRICS_DIRECTORY": "/opt/ml/output/metrics/sagemaker",
        **({} if job.platform.executor.isolated else _toolkit_variables(record)),
        **record.get("Environment", {}),
    }
    return Program(_argv(algorithm), environment, record.get("EnableNetworkIsolation", False))


def _argv(algorithm: dict[str, Any]) -> list[str]:
    """As ``docker run``: without an entrypoint or arguments of the request, the image's program ``train``."""
    entrypoint = algorithm.get("ContainerEntrypoint", [])
    arguments = algorithm.get("ContainerArguments", [])
    return [*entrypoint, *arguments] or ["train"]


def _toolkit_variables(record: Record) -> dict[str, str]:
    """Where things lie, for a program that cannot be given an /opt/ml of its own (the training toolkit's names)."""
    channels = {
        f"SM_CHANNEL_{channel['ChannelName'].upper()}": f"/opt/ml/input/data/{channel['ChannelName']}"
        for channel in record.get("InputDataConfig", [])
    }
    return {
        "SM_MODEL_DIR": "/opt/ml/model",
        "SM_OUTPUT_DIR": "/opt/ml/output",
        "SM_OUTPUT_DATA_DIR": "/opt/ml/output/data",
        "SM_INPUT_CONFIG_DIR": "/opt/ml/input/config",
        **channels,
    }


def _left_in(job: Job, path: str) -> list[Path]:
    """The folder at *path* of each instance. Raises ``LeadsOut``."""
    return [opt_ml.inside(instance.opt_ml, path) for instance in job.instances]


def _upload_model(job: Job, record: Record, models: list[Path]) -> None:
    """``model.tar.gz``, or the files of the model as they are."""
    compressed = record["OutputDataConfig"].get("CompressionType", "GZIP") == "GZIP"
    artifacts = f"{_output_prefix(job, record)}/{'model.tar.gz' if compressed else 'model/'}"
    with failing_with("Artifact upload failed"):
        if compressed:
            upload_archive(job.s3, models, artifacts, job.folder)
        else:
            for model in models:
                upload_tree(job.s3, model, artifacts)
    job.change(lambda stored: stored.update(ModelArtifacts={"S3ModelArtifacts": artifacts}))


def _upload_output(job: Job, record: Record, folders: list[Path]) -> None:
    """``output.tar.gz``, if there is anything for it."""
    filled = [folder for folder in folders if folder.is_dir() and any(folder.iterdir())]
    if filled:
        with failing_with("Artifact upload failed"):
            upload_archive(job.s3, filled, f"{_output_prefix(job, record)}/output.tar.gz", job.folder)


def _output_prefix(job: Job, record: Record) -> str:
    return f"{record['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{job.name}/output"
