"""Which resources a search has to look at: what the columns beside the records tell, the database leaves out.

A condition here may let pass more than the search's own, which is tested afterwards, and never less.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sagemaker_local.domain.search.expression import Filter
from sagemaker_local.protocol.timestamps import epoch_seconds

# Names in lower case, of the kinds whose records are stored under them: a version of a model package has its group's.
_NAMES = {f"{kind}Name": "key" for kind in ("TrainingJob", "HyperParameterTuningJob", "ModelPackageGroup", "Endpoint")}
_STATUSES = {f"{kind}Status": "status" for kind in ("TrainingJob", "HyperParameterTuningJob")}
_TIMES = {"CreationTime": "created", "LastModifiedTime": "modified"}
_COMPARISONS = {
    "Equals": "=",
    "GreaterThan": ">",
    "GreaterThanOrEqualTo": ">=",
    "LessThan": "<",
    "LessThanOrEqualTo": "<=",
}


def narrowed(resource: str, necessary: Iterable[Filter]) -> tuple[list[str], list[Any]]:
    """SQL conditions that follow from *necessary* ones, and their values. Those must have been compiled: no faults."""
    conditions: list[str] = []
    values: list[Any] = []
    for item in necessary:
        condition, some = _condition(resource, item)
        conditions += condition
        values += some
    return conditions, values


def _condition(resource: str, item: Filter) -> tuple[list[str], list[Any]]:
    name, operator = item.name, item.operator or "Equals"
    if item.value is None:
        return [], []
    if name == f"{resource}Name" and name in _NAMES:
        return _of_text(_NAMES[name], operator, item.value.lower())
    if name == f"{resource}Status" and name in _STATUSES:
        return _of_text(_STATUSES[name], operator, item.value)
    if name in _TIMES and operator in _COMPARISONS:
        return [f"{_TIMES[name]} {_COMPARISONS[operator]} ?"], [epoch_seconds(item.value)]
    return [], []


def _of_text(column: str, operator: str, value: str) -> tuple[list[str], list[Any]]:
    if operator == "Equals":
        return [f"{column} = ?"], [value]
    if operator == "Contains":
        return [f"instr({column}, ?) > 0"], [value]
    if operator == "In":
        several = value.split(",")
        return [f"{column} IN ({', '.join('?' * len(several))})"], several
    return [], []
