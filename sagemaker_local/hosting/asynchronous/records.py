"""Acknowledged requests in the store, until their end is told."""

from __future__ import annotations

from typing import NamedTuple

from sagemaker_local.domain.arns import Scope
from sagemaker_local.domain.asynchronous import AsyncRequest
from sagemaker_local.hosting.records import ASYNC_REQUEST
from sagemaker_local.store import Facets, Store


class Waiting(NamedTuple):
    """What a queue remembers of a request: the rest is read when its turn has come."""

    id: str
    received: float
    """epoch seconds"""
    ttl_seconds: int


def keep(store: Store, scope: Scope, request: AsyncRequest) -> None:
    """Store a request: from now on it is not lost."""
    facets = Facets(request.id, "", request.received, request.received, request.endpoint_name)
    store.insert(ASYNC_REQUEST, scope, request.record(), facets)


def read(store: Store, scope: Scope, id: str) -> AsyncRequest | None:
    """The request; ``None`` if it has gone with its endpoint."""
    record = store.get(ASYNC_REQUEST, scope, id)
    return None if record is None else AsyncRequest.read(record)


def remove(store: Store, scope: Scope, id: str) -> None:
    """Its end has been told."""
    store.delete(ASYNC_REQUEST, scope, id)


def kept(store: Store) -> list[tuple[Scope, str, Waiting]]:
    """Scope and endpoint of every request that is not done, in the order in which they came."""
    return [
        (scope, request.endpoint_name, waiting(request))
        for scope, record in store.in_states(ASYNC_REQUEST, ("",))
        for request in [AsyncRequest.read(record)]
    ]


def waiting(request: AsyncRequest) -> Waiting:
    """What the queue remembers of it."""
    return Waiting(request.id, request.received, request.ttl_seconds)
