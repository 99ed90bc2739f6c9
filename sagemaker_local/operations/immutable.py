"""What models and endpoint configurations share: they are made, listed and deleted, and never changed."""

from __future__ import annotations

from dataclasses import dataclass

from sagemaker_local import clock
from sagemaker_local.errors import validation_error
from sagemaker_local.operations.listing import Query, common_filters, page
from sagemaker_local.operations.registry import Context, Request
from sagemaker_local.store import Facets, NameTaken, Record


@dataclass(frozen=True)
class Kind:
    """One of the two."""

    resource_type: str
    """in ARNs"""
    noun: str
    """in messages"""
    member: str
    """in the names of its own members, as in ``ModelName``"""


def new_record(context: Context, kind: Kind, request: Request) -> Record:
    """A resource as its Create request makes it."""
    return {
        **{key: value for key, value in request.items() if key != "Tags"},
        f"{kind.member}Arn": context.scope.arn(kind.resource_type, request[f"{kind.member}Name"]),
        "CreationTime": clock.now(),
        "EnableNetworkIsolation": request.get("EnableNetworkIsolation", False),
    }


def add(context: Context, kind: Kind, record: Record, tags: dict[str, str]) -> Request:
    """Store it; answers its ARN. Raises ``ValidationException`` for a name that is taken."""
    arn, now = record[f"{kind.member}Arn"], record["CreationTime"]
    try:
        with context.store.transaction():
            facets = Facets(record[f"{kind.member}Name"], "", now, now)
            context.store.insert(kind.resource_type, context.scope, record, facets)
            context.store.put_tags(arn, tags)
    except NameTaken as error:
        raise validation_error(f'Cannot create already existing {kind.noun} "{arn}".') from error
    return {f"{kind.member}Arn": arn}


def existing(context: Context, kind: Kind, name: str) -> Record:
    """The one of that name; raises ``ValidationException``."""
    record = context.store.get(kind.resource_type, context.scope, name)
    if record is None:
        raise validation_error(f'Could not find {kind.noun} "{context.scope.arn(kind.resource_type, name)}".')
    return record


def listed(context: Context, kind: Kind, request: Request) -> Request:
    """One page, the newest first."""
    query = Query(kind.resource_type, context.scope)
    common_filters(query, request, from_that_time=True)
    found, token = page(context.store, query, {"SortOrder": "Descending", **request})
    return {f"{kind.member}s": found, "NextToken": token}


def delete(context: Context, kind: Kind, name: str) -> Record:
    """Forget it, which frees its name; returns what it was. Raises ``ValidationException``."""
    with context.store.transaction():
        record = existing(context, kind, name)
        context.store.delete(kind.resource_type, context.scope, name)
        context.store.delete_tags(record[f"{kind.member}Arn"])
    return record
