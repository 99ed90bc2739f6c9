"""What an account may have at a time, and AWS's words where it asks for more."""

from __future__ import annotations

INSTANCES_OF_A_JOB = 100
"""the most that the model lets a processing job have; here the limit of every job"""

_HOW_TO_RAISE = (
    "Please use AWS Service Quotas to request an increase for this quota. If AWS Service Quotas is not available, "
    "contact AWS support to request an increase for this quota."
)


def too_many_instances(instance_type: str, usage: str, limit: int, count: int) -> str:
    """The message of ``ResourceLimitExceeded`` for *count* instances for *usage* (``training job``, ...)."""
    return (
        f"The account-level service limit '{instance_type} for {usage} usage' is {limit} Instances, with current "
        f"utilization of 0 Instances and a request delta of {count} Instances. {_HOW_TO_RAISE}"
    )
