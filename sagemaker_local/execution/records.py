"""Job records in the store: every change is one transaction with the event that tells of it."""

from __future__ import annotations

from collections.abc import Callable

from sagemaker_local.domain.arns import Scope, name_of
from sagemaker_local.domain.events import job_event
from sagemaker_local.domain.jobs import TRAINING, JobKind, Record
from sagemaker_local.store import Facets, Store


def facets(kind: JobKind, record: Record) -> Facets:
    """What lists of jobs filter and sort by; a tuning job is the parent of its training jobs."""
    parent = name_of(record["TuningJobArn"]) if kind is TRAINING and "TuningJobArn" in record else ""
    created, modified = record["CreationTime"], record["LastModifiedTime"]
    return Facets(record[kind.name_key], record[kind.status_key], created, modified, parent)


def add(store: Store, kind: JobKind, scope: Scope, record: Record, tags: dict[str, str]) -> None:
    """A new job, with its tags and its first event; raises ``NameTaken``."""
    with store.transaction():
        store.insert(kind.resource_type, scope, record, facets(kind, record))
        store.put_tags(record[kind.arn_key], tags)
        store.post(scope, job_event(kind, record, tags))


def change(store: Store, kind: JobKind, scope: Scope, name: str, mutate: Callable[[Record], None]) -> Record:
    """Let *mutate* change the job's record, store it, post the event; raises ``KeyError`` for an unknown job."""
    with store.transaction():
        record = amend(store, kind, scope, name, mutate)
        store.post(scope, job_event(kind, record, store.tags(record[kind.arn_key])))
    return record


def amend(store: Store, kind: JobKind, scope: Scope, name: str, mutate: Callable[[Record], None]) -> Record:
    """``change`` without an event: for what is no change of the job's state."""
    with store.transaction():
        record = store.get(kind.resource_type, scope, name)
        if record is None:
            raise KeyError(name)
        mutate(record)
        store.update(kind.resource_type, scope, record, facets(kind, record))
    return record
