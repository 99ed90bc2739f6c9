"""What can go wrong. The members of a class are those that a plan gives under ``effect``, beside its ``type``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Trigger:
    """When a running program is struck: so many seconds after its start, or at a line of its output."""

    after_seconds: float = 0.0
    after_line: str = ""
    """text that the line contains; where it is given, the seconds count for nothing"""


# Of calls


@dataclass(frozen=True)
class Error:
    """The call is answered with this error and does nothing. What is left out is as AWS has it for the code."""

    code: str
    message: str = ""
    status: int = 0


@dataclass(frozen=True)
class LostResponse:
    """The call acts, and its connection is cut before it is answered."""


# Of jobs


@dataclass(frozen=True)
class SlowStart:
    """The job waits so long for its instances."""

    seconds: float


@dataclass(frozen=True)
class CapacityError:
    """There are no instances: the job fails; one on spot capacity waits for it instead, as on AWS."""


@dataclass(frozen=True)
class Exit:
    """In the place of the job's program another runs, which leaves *failure* and ends with *code*."""

    code: int
    failure: str = ""
    """text for a training job's failure file, or a processing job's exit message; it is printed too"""


@dataclass(frozen=True)
class OutOfMemory(Trigger):
    """The program is killed as the kernel kills what takes too much memory: SIGKILL, exit status 137."""


@dataclass(frozen=True)
class SpotInterruption(Trigger):
    """The spot instances are taken away; only a job on spot capacity can be struck."""


@dataclass(frozen=True)
class InternalError(Trigger):
    """SageMaker itself fails under the job (``InternalServerError``), which ``RetryStrategy`` is for."""


Effect = Error | LostResponse | SlowStart | CapacityError | Exit | OutOfMemory | SpotInterruption | InternalError

CALL_EFFECTS: dict[str, type[Effect]] = {"error": Error, "lost_response": LostResponse}
JOB_EFFECTS: dict[str, type[Effect]] = {
    "slow_start": SlowStart,
    "capacity_error": CapacityError,
    "exit": Exit,
    "out_of_memory": OutOfMemory,
    "spot_interruption": SpotInterruption,
    "internal_error": InternalError,
}
