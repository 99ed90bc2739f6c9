"""Endpoint records in the store: every change is one transaction with the events that tell of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sagemaker_local.domain.arns import Scope
from sagemaker_local.domain.events import endpoint_deployment_event, endpoint_event
from sagemaker_local.store import Facets, Store

ENDPOINT, ASYNC_REQUEST = "endpoint", "async-request"
Record = dict[str, Any]


class Gone(LookupError):
    """There is no such endpoint any more."""


def _facets(record: Record) -> Facets:
    return Facets(record["EndpointName"], record["EndpointStatus"], record["CreationTime"], record["LastModifiedTime"])


def add(store: Store, scope: Scope, record: Record, tags: dict[str, str]) -> None:
    """A new endpoint, with its tags and its first event; raises ``NameTaken``."""
    with store.transaction():
        store.insert(ENDPOINT, scope, record, _facets(record))
        store.put_tags(record["EndpointArn"], tags)
        store.post(scope, endpoint_event(record, tags))


def change(store: Store, scope: Scope, name: str, mutate: Callable[[Record], None]) -> Record:
    """Let *mutate* change the record, store it, post the events; raises ``Gone``."""
    with store.transaction():
        record = store.get(ENDPOINT, scope, name)
        if record is None:
            raise Gone(name)
        status, deployment = record["EndpointStatus"], record.get("PendingDeploymentSummary")
        deployment = None if deployment is None else repr(deployment)
        mutate(record)
        store.update(ENDPOINT, scope, record, _facets(record))
        tags = store.tags(record["EndpointArn"])
        if record["EndpointStatus"] != status:
            store.post(scope, endpoint_event(record, tags))
        if "PendingDeploymentSummary" in record and repr(record["PendingDeploymentSummary"]) != deployment:
            store.post(scope, endpoint_deployment_event(record, tags))
    return record


def remove(store: Store, scope: Scope, name: str) -> None:
    """The endpoint, its tags and the requests that wait for it are gone, and its name is free."""
    with store.transaction():
        record = store.get(ENDPOINT, scope, name)
        if record is not None:
            store.delete(ENDPOINT, scope, name)
            store.delete_children(ASYNC_REQUEST, scope, name)
            store.delete_tags(record["EndpointArn"])
