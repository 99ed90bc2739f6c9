"""The whole loop on the local stack: traffic drifts, that is found, a training starts, what is better is promoted."""

from __future__ import annotations

import time
from typing import Any

from deploy.errors import Failure
from deploy.local import follow, rollout, summary
from deploy.local.airflow_api import Airflow
from deploy.local.stack import Stack
from deploy.progress import Progress

START_TIMEOUT_SECONDS = 180.0


def show(stack: Stack, progress: Progress, use_case: str) -> list[str]:
    """Go through it; what came of it. Raises Failure where the loop is not closed."""
    airflow = stack.airflow()
    rollout.await_approvals(airflow, use_case, stack)
    training = f"{use_case}_training"
    follow.wait_for_dag(airflow, training, stack.settings, stack.require_alive)
    airflow.unpause(training)
    before = set(airflow.latest_runs(training))
    with progress.phase("Asking production in hours of drift"):
        hours = stack.traffic(use_case)
    decision = _watched(airflow, f"{use_case}_monitoring", hours, stack, progress)
    with progress.phase(f"Running {training}"):
        run_id = _started(airflow, training, before, stack)
        if follow.watch_run(airflow, training, run_id, progress.say, stack.require_alive) != "success":
            raise Failure(follow.failure_report(airflow, training, run_id, stack.settings))
    version = summary.registered(airflow, training, run_id)
    told = [f"Drift          {decision['reason']}", summary.summary(airflow, training, run_id, stack.settings.aws_url)]
    if not version:
        raise Failure("\n".join(["the retraining found nothing better:", *told]))
    with progress.phase(f"Running {use_case}_deployment"):
        stack.production("approve", version)
        rollout.watch(airflow, use_case, version, stack, progress.say)
    return [*told, *stack.production("predict", use_case)]


def _watched(airflow: Airflow, dag_id: str, hours: list[str], stack: Stack, progress: Progress) -> dict[str, Any]:
    """The decision to retrain. Raises Failure if no hour leads to it."""
    with progress.phase(f"Running {dag_id}, an hour at a time"):
        for hour in hours:
            run_id = follow.start(airflow, dag_id, stack, progress.say, window_end=hour)
            if follow.watch_run(airflow, dag_id, run_id, progress.say, stack.require_alive) != "success":
                raise Failure(follow.failure_report(airflow, dag_id, run_id, stack.settings))
            decision: dict[str, Any] = airflow.result(dag_id, run_id, "decide")
            progress.say(f"the hour before {hour}: {decision['outcomes']}; {decision['reason']}")
            if decision["action"] == "retrain":
                return decision
    raise Failure(
        f"no drift event: {decision['reason']}. Within a day of the last one, or of these hours, there is none."
    )


def _started(airflow: Airflow, dag_id: str, before: set[str], stack: Stack) -> str:
    """The run that the event has started. Raises Failure if none comes."""
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        stack.require_alive()
        for run_id in set(airflow.latest_runs(dag_id)) - before:
            if airflow.run(dag_id, run_id)["run_type"] == "asset_triggered":
                return run_id
        time.sleep(follow.POLL_SECONDS)
    raise Failure(
        f"no run of {dag_id} has followed the drift event within {START_TIMEOUT_SECONDS:.0f} s; is it paused?"
    )
