"""Where the fault plan reaches into a job: while it waits for its instances, and while its program runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from sagemaker_local.domain import jobs
from sagemaker_local.domain.faults.effects import (
    Effect,
    Exit,
    InternalError,
    OutOfMemory,
    SpotInterruption,
    Trigger,
)
from sagemaker_local.domain.jobs import JobKind
from sagemaker_local.execution.endings import Ended
from sagemaker_local.execution.process import Program

PROGRAM_EFFECTS = (Exit, OutOfMemory, SpotInterruption, InternalError)
_LEAVE_AND_EXIT = 'if [ -n "$1" ]; then printf %s "$1" >"$2"; printf "%s\\n" "$1"; fi; exit "$3"'


def failing_program(program: Program, exit: Exit, kind: JobKind) -> Program:
    """What runs in the place of *program*: it leaves the text where a job of that *kind* leaves such, and exits."""
    file = "failure" if kind is jobs.TRAINING else "message"
    argv = ["/bin/sh", "-c", _LEAVE_AND_EXIT, "sh", exit.failure, f"/opt/ml/output/{file}", str(exit.code)]
    return replace(program, argv=argv)


class Strike:
    """What strikes a running program, if anything does: when, and what becomes of its end."""

    def __init__(self, effect: Effect | None, kill: Callable[[], None]) -> None:
        self._effect, self._kill = effect, kill
        self._trigger = effect if isinstance(effect, Trigger) else None
        self._struck = threading.Event()

    @contextmanager
    def in_time(self) -> Iterator[None]:
        """Strikes during the block, which begins when the programs have been started."""
        if self._trigger is None or self._trigger.after_line:
            yield
            return
        timer = threading.Timer(self._trigger.after_seconds, self._strike)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()

    def hear(self, line: str) -> None:
        """A line of the output, which may be the one that the strike waits for."""
        if self._trigger is not None and self._trigger.after_line and self._trigger.after_line in line:
            self._strike()

    def _strike(self) -> None:
        if not self._struck.is_set():
            self._struck.set()
            self._kill()

    def verdict(self, ended: Ended) -> Ended:
        """How the job's programs have ended, seen with what struck them."""
        if not self._struck.is_set() or ended.exit_code == 0:
            return ended
        return replace(ended, struck_by=self._effect)
