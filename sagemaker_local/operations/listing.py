"""List operations: filtered, sorted and paged in the database.

A page token names the last row of the page before (its sort value and row id), so that rows which come or go between
two pages neither hide nor repeat others.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from sagemaker_local.domain.arns import Scope
from sagemaker_local.errors import ServiceError, validation_error
from sagemaker_local.operations.registry import Request
from sagemaker_local.protocol.timestamps import epoch_seconds
from sagemaker_local.store import Store

_COLUMNS = {"Name": "name", "CreationTime": "created", "Status": "status"}
_DEFAULT_PAGE = 100
_ROW_IDS = 1 << 63  # SQLite's row ids are below it


@dataclass
class Query:
    """A list of resources of one kind in one scope."""

    kind: str
    scope: Scope
    conditions: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def where(self, condition: str, value: Any) -> None:
        """Add a condition with one placeholder, unless *value* is ``None``."""
        if value is not None:
            self.conditions.append(condition)
            self.values.append(value)


def common_filters(query: Query, request: Request) -> None:
    """The filters that lists share: names, creation and modification times, status."""
    query.where("instr(key, ?) > 0", _lowered(request.get("NameContains")))
    query.where("created > ?", _seconds(request.get("CreationTimeAfter")))
    query.where("created < ?", _seconds(request.get("CreationTimeBefore")))
    query.where("modified > ?", _seconds(request.get("LastModifiedTimeAfter")))
    query.where("modified < ?", _seconds(request.get("LastModifiedTimeBefore")))
    query.where("status = ?", request.get("StatusEquals"))


def page(store: Store, query: Query, request: Request) -> tuple[list[dict[str, Any]], str | None]:
    """One page of records, and the token of the next page if there is one.

    Sorted by ``SortBy`` (default: creation time) in ``SortOrder`` (default: ascending). Raises ``ValidationException``
    for a token that is none.
    """
    column = _COLUMNS[request.get("SortBy", "CreationTime")]
    descending = request.get("SortOrder", "Ascending") == "Descending"
    size = request.get("MaxResults", _DEFAULT_PAGE)
    conditions = ["kind = ?", "account = ?", "region = ?", *query.conditions]
    values: list[Any] = [query.kind, *query.scope, *query.values]
    if request.get("NextToken"):
        conditions.append(f"({column}, id) {'<' if descending else '>'} (?, ?)")
        values.extend(_decoded(request["NextToken"]))
    direction = "DESC" if descending else "ASC"
    rows = store.select(
        f"SELECT record, {column}, id FROM resources WHERE {' AND '.join(conditions)}"
        f" ORDER BY {column} {direction}, id {direction} LIMIT ?",
        (*values, size + 1),
    )
    token = _encoded(rows[size - 1][1:]) if len(rows) > size else None
    return [json.loads(row[0]) for row in rows[:size]], token


def _encoded(position: tuple[Any, ...]) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def _decoded(token: str) -> tuple[Any, int]:
    try:
        value, row_id = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, TypeError, RecursionError) as error:
        raise invalid_token() from error
    if not isinstance(value, str | float) or not isinstance(row_id, int) or not 0 < row_id < _ROW_IDS:
        raise invalid_token()
    return value, row_id


def invalid_token() -> ServiceError:
    """The answer to a ``NextToken`` that did not come from this operation."""
    return validation_error('Invalid pagination token because "it was not issued by this operation"')


def _lowered(text: str | None) -> str | None:
    return None if text is None else text.lower()


def _seconds(value: float | str | None) -> float | None:
    return None if value is None else epoch_seconds(value)
