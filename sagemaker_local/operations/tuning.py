"""Create, Describe, List, Stop and Delete of hyperparameter tuning jobs, and the list of their training jobs.

What becomes of a tuning job that is stored is the coordinator's business.
"""

from __future__ import annotations

import secrets

from sagemaker_local import clock
from sagemaker_local.domain.jobs import TRAINING, TUNING, Record
from sagemaker_local.errors import ServiceError, resource_not_found, validation_error
from sagemaker_local.operations import checks, jobs
from sagemaker_local.operations.fields import refuse_unsupported
from sagemaker_local.operations.listing import COLUMNS, Query, page
from sagemaker_local.operations.registry import Context, Request, operation
from sagemaker_local.operations.training import checked_record
from sagemaker_local.protocol.validation import validate
from sagemaker_local.tuning.autotune import autotuned
from sagemaker_local.tuning.definitions import Definition
from sagemaker_local.tuning.description import answered, best_summary, described, standing
from sagemaker_local.tuning.job import TuningJob, read_tuning_job
from sagemaker_local.tuning.trials import summary, trial
from sagemaker_local.tuning.warm_start import IDENTICAL, check_warm_start, learned

_LIST_DEFAULTS = {"SortBy": "Name", "SortOrder": "Ascending", "MaxResults": 10}
_SEEDS = 1 << 31
# The last value of the objective metric in a training job's record.
_OBJECTIVE = """(
    SELECT json_extract(metric.value, '$.Value') FROM json_each(record, '$.FinalMetricDataList') AS metric
    WHERE json_extract(metric.value, '$.MetricName') = json_extract(record, '$.Trial.Objective.MetricName')
)"""


@operation("CreateHyperParameterTuningJob")
def create_hyper_parameter_tuning_job(context: Context, request: Request) -> Request:
    """Checks the tuning job, and its definitions as CreateTrainingJob checks what they make; then it is under way."""
    refuse_unsupported("CreateHyperParameterTuningJob", request)
    tags = checks.tags_of(request)
    seed = secrets.randbelow(_SEEDS)
    request = autotuned(request)
    job = read_tuning_job(request, seed)
    for definition in job.definitions:
        _check_definition(context, definition, request["HyperParameterTuningJobName"])
    warm_start = _warm_start(context, job, request)
    record = {
        **jobs.new_record(context, TUNING, described(request, job)),
        **standing(job, [], warm_start),
        "Seed": seed,
        "Launched": 0,
        "WarmStart": warm_start,
    }
    jobs.add(context, TUNING, record, tags)
    return {TUNING.arn_key: record[TUNING.arn_key]}


def _check_definition(context: Context, definition: Definition, name: str) -> None:
    """A training job of this definition would be accepted, and prints what it is judged by."""
    values = definition.space.decode([0.5] * len(definition.space.parameters))
    training = definition.training_request(f"{name}-001-00000000", values)
    validate("CreateTrainingJob", training)
    record = checked_record(context, training)
    metrics = record["AlgorithmSpecification"].get("MetricDefinitions", [])
    if definition.objective["MetricName"] not in [metric["Name"] for metric in metrics]:
        raise validation_error(
            "A metric is required for this hyperparameter tuning job objective. "
            "Provide a metric in the metric definitions."
        )


def _warm_start(context: Context, job: TuningJob, request: Request) -> Record | None:
    """What the parents have found, kept with the tuning job: they may be deleted before it has ended."""
    if "WarmStartConfig" not in request:
        return None
    config = request["WarmStartConfig"]
    names = [parent.get("HyperParameterTuningJobName", "") for parent in config["ParentHyperParameterTuningJobs"]]
    parents = [jobs.describe(context, TUNING, name, _missing(name)) for name in names]
    check_warm_start(job, config, parents, sum(parent["Launched"] for parent in parents))
    records = [context.store.children(TRAINING.resource_type, context.scope, name) for name in names]
    return {
        "Identical": config["WarmStartType"] == IDENTICAL,
        "Best": best_summary([record for family in records for record in family], job.minimize),
        "Tested": [
            result
            for parent, family in zip(parents, records, strict=True)
            for result in learned(job.definitions[0], parent, [trial(record) for record in family])
        ],
    }


@operation("DescribeHyperParameterTuningJob")
def describe_hyper_parameter_tuning_job(context: Context, request: Request) -> Request:
    """The tuning job as it stands."""
    name = request["HyperParameterTuningJobName"]
    record = jobs.describe(context, TUNING, name, _missing(name))
    seconds = record.get(TUNING.end_key, clock.now()) - record["CreationTime"]
    return {**answered(record), "ConsumedResources": {"RuntimeInSeconds": max(0, round(seconds))}}


@operation("ListHyperParameterTuningJobs")
def list_hyper_parameter_tuning_jobs(context: Context, request: Request) -> Request:
    """Summaries."""
    found, token = jobs.listed(context, TUNING, {**_LIST_DEFAULTS, **request})
    summaries = [{**record, **record["HyperParameterTuningJobConfig"]} for record in found]
    return {"HyperParameterTuningJobSummaries": summaries, "NextToken": token}


@operation("ListTrainingJobsForHyperParameterTuningJob")
def list_training_jobs_for_hyper_parameter_tuning_job(context: Context, request: Request) -> Request:
    """Summaries of the training jobs; sorted by their objective, those that have none are left out."""
    name = request["HyperParameterTuningJobName"]
    jobs.describe(context, TUNING, name, _missing(name))
    query = Query(TRAINING.resource_type, context.scope, {**COLUMNS, "FinalObjectiveMetricValue": _OBJECTIVE})
    query.where("parent = ?", name.lower())
    query.where("status = ?", request.get("StatusEquals"))
    if request.get("SortBy") == "FinalObjectiveMetricValue":
        query.conditions += ["status IN ('Completed', 'Stopped')", f"{_OBJECTIVE} IS NOT NULL"]
    found, token = page(context.store, query, {**_LIST_DEFAULTS, **request})
    return {"TrainingJobSummaries": [summary(record) for record in found], "NextToken": token}


@operation("StopHyperParameterTuningJob")
def stop_hyper_parameter_tuning_job(context: Context, request: Request) -> None:
    """Its training jobs are stopped, and then it is; what they have found and left stays."""
    name = request["HyperParameterTuningJobName"]
    jobs.stop(context, TUNING, name, _missing(name))


@operation("DeleteHyperParameterTuningJob")
def delete_hyper_parameter_tuning_job(context: Context, request: Request) -> None:
    """Only a tuning job that has ended; its training jobs stay."""
    name = request["HyperParameterTuningJobName"]
    with context.store.transaction():
        jobs.delete(context, TUNING, name, _missing(name))
        context.store.release_children(TRAINING.resource_type, context.scope, name)


def _missing(name: str) -> ServiceError:
    return resource_not_found(
        f"Amazon SageMaker can't find a tuning job with the name {name}. Check the name and retry."
    )
