"""The deployment that an approval starts: found, watched to its end, and told of."""

from __future__ import annotations

import time
from typing import Any

from deploy.errors import Failure
from deploy.local import follow
from deploy.local.airflow_api import Airflow
from deploy.local.follow import Say, Watch
from deploy.local.http import HttpError
from deploy.local.stack import Stack

START_TIMEOUT_SECONDS = 180.0
DAGS = ("deployment", "rollback")


def await_approvals(airflow: Airflow, use_case: str, stack: Stack) -> None:
    """Have the DAGs that approvals start work on them. Raises Failure if they cannot be imported."""
    for kind in DAGS:
        follow.wait_for_dag(airflow, f"{use_case}_{kind}", stack.settings, stack.require_alive)
        airflow.unpause(f"{use_case}_{kind}")


def watch(airflow: Airflow, use_case: str, arn: str, stack: Stack, say: Say) -> None:
    """Say what becomes of the deployment of a version, until it has ended. Raises Failure if it has failed."""
    dag_id = f"{use_case}_deployment"
    run_id = _started(airflow, dag_id, arn, stack.require_alive)
    if follow.watch_run(airflow, dag_id, run_id, say, stack.require_alive) != "success":
        raise Failure(follow.failure_report(airflow, dag_id, run_id, stack.settings))


def _started(airflow: Airflow, dag_id: str, arn: str, watch: Watch) -> str:
    """The run that deploys the version, once there is one. Raises Failure if none comes."""
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        watch()
        for run_id in airflow.latest_runs(dag_id):
            if _resolved(airflow, dag_id, run_id).get("model_package_arn") == arn:
                return run_id
        time.sleep(follow.POLL_SECONDS)
    raise Failure(f"no run of {dag_id} has taken up {arn} within {START_TIMEOUT_SECONDS:.0f} s; is it paused?")


def _resolved(airflow: Airflow, dag_id: str, run_id: str) -> dict[str, Any]:
    """What a run deploys; nothing for one that has not come so far, or was skipped."""
    try:
        return dict(airflow.result(dag_id, run_id, "resolve"))
    except HttpError as error:
        if error.status != 404:
            raise
        return {}
