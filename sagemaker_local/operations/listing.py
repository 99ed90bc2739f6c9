"""List operations: filtered, sorted and paged in the database.

A page token names the last row of the page before (its sort value and row id), so that rows which come or go between
two pages neither hide nor repeat others. It also names its list, filters and order: it is good for no other.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from sagemaker_local.domain.arns import Scope
from sagemaker_local.operations import tokens
from sagemaker_local.operations.registry import Request
from sagemaker_local.protocol.timestamps import epoch_seconds
from sagemaker_local.store import Store

COLUMNS = {"Name": "name", "Version": "name", "CreationTime": "created", "Status": "status"}
_DEFAULT_PAGE = 100


@dataclass
class Query:
    """A list of resources of one kind in one scope."""

    kind: str
    scope: Scope
    columns: dict[str, str] = field(default_factory=lambda: COLUMNS)
    """SQL by the names that ``SortBy`` may have"""
    conditions: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def where(self, condition: str, value: Any) -> None:
        """Add a condition with one placeholder, unless *value* is ``None``."""
        if value is not None:
            self.conditions.append(condition)
            self.values.append(value)


def common_filters(query: Query, request: Request, name: str = "key", from_that_time: bool = False) -> None:
    """The filters that lists share: names (*name* is the SQL of it, in lower case), times, status.

    *from_that_time*: ``CreationTimeAfter`` includes its moment, as the lists of models and endpoints document it.
    """
    query.where(f"instr({name}, ?) > 0", _lowered(request.get("NameContains")))
    query.where(f"created {'>=' if from_that_time else '>'} ?", _seconds(request.get("CreationTimeAfter")))
    query.where("created < ?", _seconds(request.get("CreationTimeBefore")))
    query.where("modified > ?", _seconds(request.get("LastModifiedTimeAfter")))
    query.where("modified < ?", _seconds(request.get("LastModifiedTimeBefore")))
    query.where("status = ?", request.get("StatusEquals"))
    # Nothing here has a warm pool or a training plan, and nothing is shared by another account.
    query.where("? IS NULL", request.get("WarmPoolStatusEquals"))
    query.where("? IS NULL", request.get("TrainingPlanArnEquals"))
    query.where("? = 'SameAccount'", request.get("CrossAccountFilterOption"))


def page(store: Store, query: Query, request: Request) -> tuple[list[dict[str, Any]], str | None]:
    """One page of records, and the token of the next page if there is one.

    Sorted by ``SortBy`` (default: creation time) in ``SortOrder`` (default: ascending). Raises ``ValidationException``
    for a token that is none.
    """
    column = query.columns[request.get("SortBy", "CreationTime")]
    descending = request.get("SortOrder", "Ascending") == "Descending"
    size = request.get("MaxResults", _DEFAULT_PAGE)
    conditions = ["kind = ?", "account = ?", "region = ?", *query.conditions]
    values: list[Any] = [query.kind, *query.scope, *query.values]
    direction = "DESC" if descending else "ASC"
    mark = tokens.mark(column, direction, conditions, values)
    if request.get("NextToken"):
        conditions.append(f"({column}, id) {'<' if descending else '>'} (?, ?)")
        values.extend(_place(tokens.decoded(request["NextToken"], mark)))
    rows = store.select(
        f"SELECT record, {column}, id FROM resources WHERE {' AND '.join(conditions)}"
        f" ORDER BY {column} {direction}, id {direction} LIMIT ?",
        (*values, size + 1),
    )
    token = tokens.encoded(mark, *rows[size - 1][1:]) if len(rows) > size else None
    # Read as one: what the records have in common, such as their members' names, is then made once.
    return json.loads(f"[{','.join(row[0] for row in rows[:size])}]"), token


def _place(position: tuple[Any, int]) -> tuple[Any, int]:
    """*position*, which has a sort value: every row of a list has one."""
    if position[0] is None:
        raise tokens.invalid_token()
    return position


def _lowered(text: str | None) -> str | None:
    return None if text is None else text.lower()


def _seconds(value: float | str | None) -> float | None:
    return None if value is None else epoch_seconds(value)
