"""The record of a tuning job: what Describe answers, and what the tuning job keeps for itself."""

from __future__ import annotations

from typing import Any

from sagemaker_local.domain.jobs import Record
from sagemaker_local.tuning import criteria
from sagemaker_local.tuning.definitions import OBJECTIVE_HYPERPARAMETER, Definition, chosen_instances
from sagemaker_local.tuning.job import TuningJob
from sagemaker_local.tuning.trials import best, better, objective_counters, status_counters, summary, trial

Request = dict[str, Any]

_RANGES = ("IntegerParameterRanges", "ContinuousParameterRanges", "CategoricalParameterRanges")
_SUMMARY = (
    "TrainingJobDefinitionName",
    "TrainingJobName",
    "TrainingJobArn",
    "TuningJobName",
    "CreationTime",
    "TrainingStartTime",
    "TrainingEndTime",
    "TrainingJobStatus",
    "TunedHyperParameters",
    "FailureReason",
    "FinalHyperParameterTuningJobObjectiveMetric",
    "ObjectiveStatus",
)


def described(request: Request, job: TuningJob) -> Request:
    """The request with the defaults that AWS shows; clients read them, the SageMaker SDK as a matter of course."""
    config = request["HyperParameterTuningJobConfig"]
    shown = {
        **config,
        "ResourceLimits": {"MaxNumberOfTrainingJobs": job.max_jobs, **config["ResourceLimits"]},
        "TrainingJobEarlyStoppingType": config.get("TrainingJobEarlyStoppingType", "Off"),
    }
    if "ParameterRanges" in config:
        shown["ParameterRanges"] = _ranges(config["ParameterRanges"])
    definitions = [_definition(definition) for definition in job.definitions]
    member = "TrainingJobDefinition" if "TrainingJobDefinition" in request else "TrainingJobDefinitions"
    return {
        **request,
        "HyperParameterTuningJobConfig": shown,
        member: definitions if member == "TrainingJobDefinitions" else definitions[0],
    }


def _definition(definition: Definition) -> Request:
    request = definition.request
    shown = {
        **request,
        "StaticHyperParameters": {**definition.static, OBJECTIVE_HYPERPARAMETER: definition.objective["MetricName"]},
        "AlgorithmSpecification": {"MetricDefinitions": [], **request["AlgorithmSpecification"]},
    }
    if "HyperParameterRanges" in request:
        shown["HyperParameterRanges"] = _ranges(request["HyperParameterRanges"])
    return shown


def _ranges(ranges: Request) -> Request:
    return {kind: [_range(kind, item) for item in ranges.get(kind, [])] for kind in _RANGES}


def _range(kind: str, item: Request) -> Request:
    return item if kind == "CategoricalParameterRanges" else {"ScalingType": "Auto", **item}


def answered(record: Record) -> Record:
    """The record as Describe answers it.

    The instances of its definition are shown as ``ResourceConfig`` too: the SageMaker SDK sends the other member, and
    reads this one where it attaches to a tuning job.
    """
    definition = record.get("TrainingJobDefinition", {})
    if "HyperParameterTuningResourceConfig" not in definition:
        return record
    resources = chosen_instances(definition["HyperParameterTuningResourceConfig"])
    return {**record, "TrainingJobDefinition": {**definition, "ResourceConfig": resources}}


def standing(job: TuningJob, records: list[Record], warm_start: Record | None) -> Record:
    """How the tuning job stands: counters, the best training job, how the objective comes along.

    *records* are those of its training jobs; *warm_start* is what ``remembered`` kept of the parents.
    """
    trials = [trial(record) for record in records]
    so_far = criteria.progress(trials, job.minimize)
    winner = best_summary(records, job.minimize)
    over_all = _better_of(winner, warm_start["Best"], job.minimize) if warm_start and warm_start["Identical"] else None
    return {
        "TrainingJobStatusCounters": status_counters(trials),
        "ObjectiveStatusCounters": objective_counters(trials),
        "BestTrainingJob": winner,
        "OverallBestTrainingJob": over_all,
        "TuningJobCompletionDetails": {
            "NumberOfTrainingJobsObjectiveNotImproving": so_far.not_improving,
            "ConvergenceDetectedTime": so_far.converged_at,
        },
    }


def best_summary(records: list[Record], minimize: bool) -> Record | None:
    """The summary of the best of these training jobs."""
    first = best([trial(record) for record in records], minimize)
    if first is None:
        return None
    whole = summary(next(record for record in records if record["TrainingJobName"] == first.name))
    return {member: whole[member] for member in _SUMMARY if whole.get(member) is not None}


def _better_of(own: Record | None, theirs: Record | None, minimize: bool) -> Record | None:
    if own is None or theirs is None:
        return own or theirs
    metric = "FinalHyperParameterTuningJobObjectiveMetric"
    return theirs if better(theirs[metric]["Value"], own[metric]["Value"], minimize) else own
