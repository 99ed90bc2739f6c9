"""What strikes a run of the DAG, and when. Nothing here knows the DAG's steps."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.faults.proxy import Call, Moment, Plan, Strike, cut, kill

OUTLIVED_SECONDS = 55
"""How long a call may be held: a client gives a call up that takes a minute."""


def every_create_is_cut_before_during_and_after(call: Call, times: int) -> Strike | None:
    """Each create call fails three times in a row, each time at another moment."""
    moments: tuple[Moment, ...] = ("before", "during", "after")
    return Strike(moments[times], cut) if call.creates and times < len(moments) else None


def every_task_is_killed_before_and_after_each_change_and_while_it_waits(call: Call, times: int) -> Strike | None:
    """The task dies before AWS has heard of a change, then after AWS has acted, then when it has found its job."""
    if call.changes_something and times < 2:
        return Strike("before" if times == 0 else "after", kill)
    # The first two tries found no job yet.
    return Strike("after", kill) if re.fullmatch(r"Describe\w+Job", call.operation) and times == 2 else None


class EveryStepKilled:
    """A task of a deployment dies before AWS has heard of each of its changes, then after AWS has acted; while it waits
    for an endpoint; and while it reads or asks, at the calls of these numbers (from 0) to what ends so. The triggerer
    dies around the receipt of the event."""

    ASKED: Mapping[str, tuple[int, ...]] = {
        "champion.json": (0,),  # resolve
        "-staging/invocations": (0, 2, 40),  # smoke, contract with its nine requests, latency with its hundred
        "-production/invocations": (0,),  # verify
    }

    def __call__(self, call: Call, times: int) -> Strike | None:
        """Kill where it is time."""
        if call.changes_something:
            return Strike("before" if times == 0 else "after", kill) if times < 2 else None
        waits = call.operation == "DescribeEndpoint" and times == 2
        asked = next((numbers for end, numbers in self.ASKED.items() if call.target.endswith(end)), ())
        return Strike("after", kill) if waits or times in asked else None


def before_and_after(matches: Callable[[Call], bool], act: Callable[[Call], None]) -> Plan:
    """Each boundary whose call *matches* is struck twice, whichever attempt of the step comes to it: first before AWS
    has heard of it, then after AWS has acted."""
    moments: dict[tuple[str, str], Iterator[Moment]] = {}

    def plan(call: Call, times: int) -> Strike | None:
        if not matches(call):
            return None
        moment = next(moments.setdefault((call.operation, step_of(call)), iter(("before", "after"))), None)
        return Strike(moment, act) if moment else None

    return plan


def step_of(call: Call) -> str:
    """What the call is about, whichever attempt makes it: a job's name without the attempt's number."""
    return re.sub(r"(?<=-[0-9a-f]{10})-\d+(?=$|\.json$)", "", call.target)


class Outlived:
    """The supervisor of a task that creates something is stopped at *moment* until another try is at the same thing.

    Airflow takes the task for dead meanwhile. Then both go on: two tries of one task, alive at once. ``outlived`` tells
    where it came to that.
    """

    def __init__(self, moment: Moment) -> None:
        self._moment = moment
        self.outlived: list[Call] = []
        self._held: dict[str, tuple[int, threading.Event]] = {}

    def __call__(self, call: Call, times: int) -> Strike | None:
        """Hold the first create call of each thing; whoever else asks for the thing lets it go."""
        held = self._held.get(call.target)
        if held is None and call.creates:
            self._held[call.target] = (call.caller(), threading.Event())
            return Strike(self._moment, self.supervisor_stopped, goes_on=True)
        if held is not None and not held[1].is_set() and call.caller() != held[0]:
            held[1].set()
        return None

    def supervisor_stopped(self, call: Call) -> None:
        """Stopped, until another try has come."""
        task, outlived = self._held[call.target]
        supervisor = _parent(task)
        os.kill(supervisor, signal.SIGSTOP)
        try:
            if outlived.wait(OUTLIVED_SECONDS):
                self.outlived.append(call)
        finally:
            os.kill(supervisor, signal.SIGCONT)


def _parent(pid: int) -> int:
    """The process that has started *pid*."""
    # proc(5): the command, in brackets, may hold anything; the parent is the second field after it.
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
