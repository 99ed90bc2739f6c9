"""What the operations on training and processing jobs share."""

from __future__ import annotations

from sagemaker_local import clock
from sagemaker_local.domain import jobs
from sagemaker_local.domain.jobs import JobKind, Record
from sagemaker_local.errors import ServiceError, resource_in_use, validation_error
from sagemaker_local.execution import records
from sagemaker_local.execution.job import mark_stopping
from sagemaker_local.operations.listing import Query, common_filters, page
from sagemaker_local.operations.registry import Context, Request
from sagemaker_local.store import NameTaken

MAX_RUNTIME_DEFAULT_SECONDS = 86_400


def new_record(context: Context, kind: JobKind, request: Request) -> Record:
    """A job as its Create request makes it, ``InProgress``."""
    now = clock.now()
    return {
        **{key: value for key, value in request.items() if key != "Tags"},
        kind.arn_key: context.scope.arn(kind.resource_type, request[kind.name_key]),
        kind.status_key: jobs.IN_PROGRESS,
        "CreationTime": now,
        "LastModifiedTime": now,
    }


def stopping_condition(request: Request) -> Request:
    """The ``StoppingCondition`` with its default written out, as AWS shows it."""
    return {"MaxRuntimeInSeconds": MAX_RUNTIME_DEFAULT_SECONDS, **request.get("StoppingCondition", {})}


def create(context: Context, kind: JobKind, record: Record, tags: dict[str, str]) -> Request:
    """Store the job, start it, answer its ARN; raises ``ResourceInUse`` for a name that is taken."""
    add(context, kind, record, tags)
    context.services.runner.submit(kind, context.scope, record[kind.name_key])
    return {kind.arn_key: record[kind.arn_key]}


def add(context: Context, kind: JobKind, record: Record, tags: dict[str, str]) -> None:
    """Store a new job; raises ``ResourceInUse`` for a name that is taken."""
    try:
        records.add(context.store, kind, context.scope, record, tags)
    except NameTaken as error:
        noun = kind.noun.capitalize()
        raise resource_in_use(
            f"{noun} names must be unique within an AWS account and region, and a {kind.noun} with this name "
            f"already exists ({record[kind.arn_key]})"
        ) from error


def describe(context: Context, kind: JobKind, name: str, missing: ServiceError) -> Record:
    """The job's record, or *missing*."""
    record = context.store.get(kind.resource_type, context.scope, name)
    if record is None:
        raise missing
    return record


def stop(context: Context, kind: JobKind, name: str, missing: ServiceError) -> None:
    """Stop the job; raises ``ValidationException`` if it has ended, *missing* if there is none."""

    def begin(record: Record) -> None:
        if jobs.is_terminal(kind, record):
            status = record[kind.status_key]
            raise validation_error(f"The request was rejected because the {kind.noun} is in status {status}.")
        mark_stopping(kind, record, clock.now())

    try:
        records.change(context.store, kind, context.scope, name, begin)
    except KeyError as error:
        raise missing from error
    context.services.runner.stop(kind, context.scope, name)


def delete(context: Context, kind: JobKind, name: str, missing: ServiceError) -> None:
    """Forget a job that has ended, which frees its name; raises ``ResourceInUse`` for one that has not."""
    with context.store.transaction():
        record = describe(context, kind, name, missing)
        if not jobs.is_terminal(kind, record):
            status = record[kind.status_key]
            raise resource_in_use(f"The {kind.noun} {name} is {status}; only one that has ended can be deleted.")
        context.store.delete(kind.resource_type, context.scope, name)
        context.store.delete_tags(record[kind.arn_key])


def listed(context: Context, kind: JobKind, request: Request) -> tuple[list[Record], str | None]:
    """One page of a job list, whole records: the answer's shape leaves of each what a summary has."""
    query = Query(kind.resource_type, context.scope)
    common_filters(query, request)
    return page(context.store, query, request)
