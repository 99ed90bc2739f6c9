"""What can go wrong, in three families. Only a user error is sure to come again, so it is never retried."""

from enum import Enum


class Family(Enum):
    """Who can put an error right."""

    USER = "user"
    """Whoever wrote the code, the data or the settings; the same request fails the same way again."""
    CAPACITY = "capacity"
    """AWS, once instances or quota are free."""
    PLATFORM = "platform"
    """AWS or the network, usually on their own."""


USER_CODES = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "InvalidBucketName",
        "NoSuchBucket",
        "NoSuchKey",
        "ResourceNotFound",
        "ValidationError",
        "ValidationException",
    }
)
"""Error codes of the AWS APIs that the same request meets again."""
CAPACITY_WORDS = ("CapacityError", "InsufficientCapacity", "ResourceLimitExceeded")
JOB_CODE_WORDS = ("AlgorithmError", "ClientError", "No objective metrics found")
"""How SageMaker begins a FailureReason that the job's own code, data or permissions caused; the last one is a tuning
job's."""


def family_of_code(code: str) -> Family:
    """The family of an AWS API error code; codes not known to be the caller's fault may be retried."""
    if code in USER_CODES:
        return Family.USER
    return Family.CAPACITY if code in CAPACITY_WORDS else Family.PLATFORM


def family_of_job(status: str, reason: str) -> Family:
    """The family of a job's end. Whoever stops a job means it; a job over its time limit would be again."""
    if status == "Stopped" or reason.startswith(JOB_CODE_WORDS):
        return Family.USER
    return Family.CAPACITY if reason.startswith(CAPACITY_WORDS) else Family.PLATFORM


class LifecycleError(Exception):
    """Base of the errors this package raises; their texts name the thing, the place and the remedy."""

    family = Family.PLATFORM


class UserError(LifecycleError):
    """Settings, data or code that must change first."""

    family = Family.USER


class ApiError(LifecycleError):
    """AWS refused a call, or could not be reached (``code`` is then the name of the network error)."""

    def __init__(self, operation: str, code: str, message: str) -> None:
        super().__init__(f"{operation} failed with {code}: {message}")
        self.operation = operation
        self.code = code
        self.family = family_of_code(code)


def may_pass(error: BaseException) -> bool:
    """Whether it is AWS's refusal of a call, or its silence, that the same call may not meet again."""
    return isinstance(error, ApiError) and error.family is not Family.USER


class JobFailed(LifecycleError):
    """A SageMaker job ended in anything but success; the facts stay readable as attributes."""

    def __init__(self, kind: str, name: str, status: str, reason: str, log: str) -> None:
        super().__init__(f"SageMaker {kind} job {name} ended as {status}: {reason or 'no reason given'}. Log: {log}")
        self.kind = kind
        self.name = name
        self.status = status
        self.reason = reason
        self.log = log
        self.family = family_of_job(status, reason)


class WaitTimedOut(LifecycleError):
    """What a task waits for was still not done when the task's time was up; a job has been told to stop."""


class WaitFailed(LifecycleError):
    """What waits for a job in the triggerer could not go on; the job itself may well be."""


class TaskKilled(LifecycleError):
    """Airflow told the task to end."""


class EndpointFailed(LifecycleError):
    """An endpoint is not what was asked for, and would not be if it were asked for again."""

    family = Family.USER
