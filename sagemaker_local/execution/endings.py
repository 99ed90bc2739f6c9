"""How the run of a job's programs can end, and how a flow says that its job goes no further."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sagemaker_local.domain.faults.effects import Effect, InternalError, OutOfMemory, SpotInterruption
from sagemaker_local.execution.dataset import TransferError
from sagemaker_local.execution.launcher import NOT_EXECUTABLE, NOT_FOUND
from sagemaker_local.execution.process import Sandbox

_OUT_OF_MEMORY = (
    "ClientError: Please use an instance type with more memory, or reduce the size of job data processed on an "
    "instance."
)


class JobFailed(Exception):
    """The job ends ``Failed``; the text is its ``FailureReason``, with AWS's prefix for whose fault it is."""


class PlatformFailed(Exception):
    """The job was run down by what runs it, through no fault of its own."""


class Interrupted(Exception):
    """The job's spot instances were taken away."""


class Cancelled(Exception):
    """The job was stopped between two steps."""


@contextmanager
def failing_with(what: str) -> Iterator[None]:
    """A ``TransferError`` in the block fails the job, as the client's fault: *what* went wrong, and why."""
    try:
        yield
    except TransferError as error:
        raise JobFailed(f"ClientError: {what}:{error}") from error


@dataclass(frozen=True)
class Ended:
    """How a job's programs ended: 0 if all did well, else what the first to fail ended with, and where."""

    exit_code: int
    instance: Sandbox
    last_line: str
    struck_by: Effect | None = None
    """what killed the programs, where it was the fault plan"""


def failure(ended: Ended, text: str = "") -> Exception:
    """What to raise for programs that failed; *text* is what they left in their failure file."""
    match ended.struck_by:
        case SpotInterruption():
            return Interrupted()
        case InternalError():
            return PlatformFailed()
        case OutOfMemory():
            return JobFailed(_OUT_OF_MEMORY)
    return algorithm_error(ended, text)


def algorithm_error(ended: Ended, text: str = "") -> JobFailed:
    """The program failed: AWS's wording, and for a program that could not be started the launcher's reason."""
    reason = f"AlgorithmError: {text}, exit code: {ended.exit_code}"
    not_started = ended.exit_code in (NOT_EXECUTABLE, NOT_FOUND) and ended.last_line.startswith("exec: ")
    return JobFailed(f"{reason} ({ended.last_line})" if not_started else reason)
