"""From trigger to end of the training DAG on the running stack, median of three."""

from __future__ import annotations

import os
import statistics

from deploy.errors import Failure
from deploy.local import follow
from deploy.local.__main__ import ROOT
from deploy.local.stack import Stack
from deploy.progress import Progress

DAG_ID = "abalone_training"
RUNS = 3


def measure(stack: Stack, progress: Progress) -> float:
    """Train once; returns the seconds from the trigger to the end, by Airflow's record. Raises Failure."""
    airflow = stack.airflow()
    run_id = follow.start(airflow, DAG_ID, stack, progress.say, anew=True)
    if follow.watch_run(airflow, DAG_ID, run_id, lambda line: None, stack.require_alive) != "success":
        raise Failure(follow.failure_report(airflow, DAG_ID, run_id, stack.settings))
    seconds = follow.seconds(airflow.run(DAG_ID, run_id))
    progress.say(f"{run_id}: {seconds:.1f} s")
    return seconds


def run(progress: Progress) -> None:
    """Measure and print. Raises Failure where the stack is down or a run failed."""
    stack = Stack(ROOT, os.environ, progress)
    stack.require_up()
    seconds = [measure(stack, progress) for _ in range(RUNS)]
    print(
        f"Trigger to end of {DAG_ID}, {RUNS} runs: median {statistics.median(seconds):.1f} s, "
        f"min {min(seconds):.1f} s, max {max(seconds):.1f} s"
    )
