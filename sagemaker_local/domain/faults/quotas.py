"""What AWS answers where a quota is reached, or calls come too fast."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sagemaker_local.domain.faults.effects import Error

_HOW_TO_RAISE = (
    "Please use AWS Service Quotas to request an increase for this quota. If AWS Service Quotas is not available, "
    "contact AWS support to request an increase for this quota."
)
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
    return (
        f"The account-level service limit '{kind} for {usage} usage' is 0 Instances, with current utilization of 0 "
        f"Instances and a request delta of {count} Instances. {_HOW_TO_RAISE}"
    )


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
