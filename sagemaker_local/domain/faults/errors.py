"""The errors of a plan, with what AWS has for their codes where the plan says nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sagemaker_local.domain.faults.effects import Error
from sagemaker_local.domain.quotas import too_many_instances

_DEFAULTS = {
    "ThrottlingException": ("Rate exceeded", 400),
    "InternalFailure": ("The request processing has failed because of an unknown error, exception or failure.", 500),
    "ServiceUnavailable": ("The request has failed due to a temporary failure of the server.", 503),
}


def completed(error: Error, operation: str, request: dict[str, Any]) -> Error:
    """*error* with the message and status that AWS has for its code, where the plan gives none."""
    message, status = _DEFAULTS.get(error.code, (f"{error.code} by the fault plan", 400))
    if error.code == "ResourceLimitExceeded":
        message = _quota(operation, request)
    return Error(error.code, error.message or message, error.status or status)


def _quota(operation: str, request: dict[str, Any]) -> str:
    """The text of a quota for instances of which there are none, for those that *request* asks for."""
    usage = " ".join(re.findall("[A-Z][a-z]+", operation)[1:]).lower()
    if request.get("EnableManagedSpotTraining"):
        usage = f"spot {usage}"
    kind, count = next(_instances(request), ("ml.m5.xlarge", 1))
    return too_many_instances(kind, usage, 0, count)


def _instances(value: Any) -> Iterator[tuple[str, int]]:
    """Every type of instance that is asked for, and how many."""
    if isinstance(value, list):
        for item in value:
            yield from _instances(item)
    elif isinstance(value, dict):
        if "InstanceType" in value:
            yield value["InstanceType"], value.get("InstanceCount") or value.get("InitialInstanceCount") or 1
        for item in value.values():
            yield from _instances(item)
