"""`python -m bench`: from trigger to end of the training DAG on the running stack, median of three."""

from __future__ import annotations

import os
import platform
import statistics
import sys
from pathlib import Path

from deploy.errors import Failure
from deploy.local import follow
from deploy.local.__main__ import DAG_ID, ROOT
from deploy.local.stack import Stack
from deploy.progress import Progress

RUNS = 3


def measure(stack: Stack, progress: Progress) -> float:
    """Train once; returns the seconds from the trigger to the end, by Airflow's record. Raises Failure."""
    airflow = stack.airflow()
    run_id = follow.start(airflow, DAG_ID, stack, progress.say)
    if follow.watch_run(airflow, DAG_ID, run_id, lambda line: None, stack.require_alive) != "success":
        raise Failure(follow.failure_report(airflow, DAG_ID, run_id, stack.settings))
    seconds = follow.seconds(airflow.run(DAG_ID, run_id))
    progress.say(f"{run_id}: {seconds:.1f} s")
    return seconds


def machine() -> str:
    """What the numbers were measured on."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    system, python = platform.platform(), platform.python_version()
    return f"{_processor()}, {os.cpu_count()} cores, {system}, Python {python}, load {load}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def main() -> int:
    """Measure and print; 1 where the stack is down or a run failed."""
    progress = Progress()
    try:
        stack = Stack(ROOT, os.environ, progress)
        stack.require_up()
        print(f"Machine: {machine()}")
        seconds = [measure(stack, progress) for _ in range(RUNS)]
    except Failure as error:
        print(f"\nerror: {error}", file=sys.stderr)
        return 1
    print(
        f"Trigger to end of {DAG_ID}, {RUNS} runs: median {statistics.median(seconds):.1f} s, "
        f"min {min(seconds):.1f} s, max {max(seconds):.1f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
