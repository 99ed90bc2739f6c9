"""SageMaker's kinds of job as a table: operators, triggers, hook and tests all read the same row."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mlops_sagemaker import uris
from mlops_sagemaker.errors import JobFailed
from mlops_sagemaker.resources import Description

SUCCEEDED = frozenset({"Completed"})
FAILED = frozenset({"Failed", "Stopped"})
ENDING = frozenset({"Stopping", "Deleting"})


def _processing_outputs(description: Description) -> dict[str, str]:
    outputs = description.get("ProcessingOutputConfig", {}).get("Outputs", [])
    return {output["OutputName"]: output["S3Output"]["S3Uri"] for output in outputs if "S3Output" in output}


def _processed_model(description: Description) -> dict[str, Any]:
    """A processing job that trains leaves an archive, as a training job does, in its output ``model``."""
    folder = _processing_outputs(description).get("model")
    return {"model_data": uris.join(folder, "model.tar.gz")} if folder else {}


def _training_outputs(description: Description) -> dict[str, str]:
    artifacts = description.get("ModelArtifacts", {})
    return {"model": artifacts["S3ModelArtifacts"]} if "S3ModelArtifacts" in artifacts else {}


def _transform_outputs(description: Description) -> dict[str, str]:
    return {"predictions": description["TransformOutput"]["S3OutputPath"]}


def _tuning_outputs(description: Description) -> dict[str, str]:
    """The best job's model, where the definition it was made from puts it."""
    best = description.get("BestTrainingJob")
    if best is None:
        return {}
    output = _definition_of(description, best)["OutputDataConfig"]
    folder = f"{output['S3OutputPath'].rstrip('/')}/{best['TrainingJobName']}/output"
    return {"model": f"{folder}/model/" if output.get("CompressionType") == "NONE" else f"{folder}/model.tar.gz"}


def _definition_of(description: Description, job: Description) -> Description:
    definitions = [*description.get("TrainingJobDefinitions", ()), *_single(description.get("TrainingJobDefinition"))]
    name = job.get("TrainingJobDefinitionName")
    named: Description = next((each for each in definitions if each.get("DefinitionName") == name), definitions[0])
    return named


def _single(value: Description | None) -> tuple[Description, ...]:
    return () if value is None else (value,)


def _nothing_more(description: Description) -> dict[str, Any]:
    return {}


def _best_job(description: Description) -> dict[str, Any]:
    """Which of a tuning job's training jobs was best, with what hyperparameters, by what value of its objective."""
    best = description.get("BestTrainingJob")
    if best is None:
        return {}
    metric = best.get("FinalHyperParameterTuningJobObjectiveMetric", {})
    return {
        "best_job_name": best["TrainingJobName"],
        "best_hyperparameters": best["TunedHyperParameters"],
        "best_value": metric.get("Value"),
        "training_jobs": description["TrainingJobStatusCounters"],
    }


def _end_of_transform(description: Description) -> dict[str, Any]:
    """When the last prediction was made (ISO 8601, UTC)."""
    end = description.get("TransformEndTime")
    return {"ended_at": end.astimezone(UTC).isoformat(timespec="seconds")} if end else {}


@dataclass(frozen=True)
class JobKind:
    """One row: the API's names for one kind of job, as in its ``Create/Describe/Stop...Job`` operations.

    ``log_streams`` is what the names of a job's log streams begin with. ``details`` is what its result says beyond
    that of every kind.
    """

    name: str
    create: str
    describe: str
    stop: str
    name_key: str
    arn_key: str
    status_key: str
    start_key: str
    end_key: str
    log_group: str
    outputs: Callable[[Description], dict[str, str]]
    max_name_length: int = 63
    log_streams: str = "{name}/"
    details: Callable[[Description], dict[str, Any]] = _nothing_more

    def status(self, description: Description) -> str:
        """InProgress, Completed, Failed, Stopping, Stopped (or Deleting)."""
        status: str = description[self.status_key]
        return status

    def is_terminal(self, description: Description) -> bool:
        """Whether the job has ended, well or not."""
        return self.status(description) in SUCCEEDED | FAILED

    def is_lost(self, description: Description) -> bool:
        """Whether the job has ended, or is ending, in anything but success."""
        return self.status(description) in FAILED | ENDING

    def log_hint(self, name: str) -> str:
        """Where in CloudWatch Logs the job's output lies."""
        return f"CloudWatch Logs group {self.log_group}, streams {self.log_prefix(name)}"

    def log_prefix(self, name: str) -> str:
        """What the names of the job's log streams begin with."""
        return self.log_streams.format(name=name)

    def failure(self, description: Description) -> JobFailed:
        """The error that tells how a job which is terminal and did not succeed ended."""
        name = description[self.name_key]
        return JobFailed(self.name, name, self.status(description), self._reason(description), self.log_hint(name))

    def result(self, description: Description) -> dict[str, Any]:
        """What a finished job leaves to the tasks after it: small JSON, without environment or settings.

        ``seconds`` is the time it ran, ``billable_seconds`` what AWS charges for (only training jobs say so).
        """
        outputs = self.outputs(description)
        start, end = description.get(self.start_key), description.get(self.end_key)
        return {
            "job_name": description[self.name_key],
            "job_arn": description[self.arn_key],
            "status": self.status(description),
            "outputs": outputs,
            "model_data": outputs.get("model"),
            "seconds": _seconds_between(start, end),
            "billable_seconds": description.get("BillableTimeInSeconds"),
            **self.details(description),
        }

    def _reason(self, description: Description) -> str:
        if description.get("SecondaryStatus") == "MaxRuntimeExceeded":
            limit = description["StoppingCondition"]["MaxRuntimeInSeconds"]
            return f"it ran longer than its MaxRuntimeInSeconds of {limit}; raise that or give it less to do"
        # Only processing jobs have an ExitMessage; it is what the script itself had to say.
        return "; ".join(filter(None, (description.get("FailureReason"), description.get("ExitMessage"))))


def _seconds_between(start: datetime | None, end: datetime | None) -> int | None:
    return round((end - start).total_seconds()) if start and end else None


PROCESSING = JobKind(
    name="processing",
    create="create_processing_job",
    describe="describe_processing_job",
    stop="stop_processing_job",
    name_key="ProcessingJobName",
    arn_key="ProcessingJobArn",
    status_key="ProcessingJobStatus",
    start_key="ProcessingStartTime",
    end_key="ProcessingEndTime",
    log_group="/aws/sagemaker/ProcessingJobs",
    outputs=_processing_outputs,
    details=_processed_model,
)
TRAINING = JobKind(
    name="training",
    create="create_training_job",
    describe="describe_training_job",
    stop="stop_training_job",
    name_key="TrainingJobName",
    arn_key="TrainingJobArn",
    status_key="TrainingJobStatus",
    start_key="TrainingStartTime",
    end_key="TrainingEndTime",
    log_group="/aws/sagemaker/TrainingJobs",
    outputs=_training_outputs,
)
TUNING = JobKind(
    name="tuning",
    create="create_hyper_parameter_tuning_job",
    describe="describe_hyper_parameter_tuning_job",
    stop="stop_hyper_parameter_tuning_job",
    name_key="HyperParameterTuningJobName",
    arn_key="HyperParameterTuningJobArn",
    status_key="HyperParameterTuningJobStatus",
    start_key="CreationTime",
    end_key="HyperParameterTuningEndTime",
    log_group="/aws/sagemaker/TrainingJobs",
    outputs=_tuning_outputs,
    max_name_length=32,
    log_streams="{name}-",  # its training jobs' streams: <tuning job>-<number>-<suffix>/algo-...
    details=_best_job,
)
TRANSFORM = JobKind(
    name="transform",
    create="create_transform_job",
    describe="describe_transform_job",
    stop="stop_transform_job",
    name_key="TransformJobName",
    arn_key="TransformJobArn",
    status_key="TransformJobStatus",
    start_key="TransformStartTime",
    end_key="TransformEndTime",
    log_group="/aws/sagemaker/TransformJobs",
    outputs=_transform_outputs,
    details=_end_of_transform,
)
KINDS = {kind.name: kind for kind in (PROCESSING, TRAINING, TUNING, TRANSFORM)}
