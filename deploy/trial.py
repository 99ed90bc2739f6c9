"""Trains once in an environment, to see that everything there works together: `python -m deploy.trial ENV`.

What it trains is held back by the gate or registered like any night's, and waits for a person's approval.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from deploy.aws_errors import told
from deploy.errors import Failure
from deploy.release.account import session_of
from deploy.release.mwaa import Environment
from deploy.settings import ENVIRONMENTS, read

POLL_SECONDS = 30.0
# Seven jobs of some four minutes each, and Airflow between them.
LIMIT_SECONDS = 2400.0
ENDED = ("success", "failed")


def trial(airflow: Environment, dag_id: str, say: Callable[[str], None]) -> None:
    """Run a DAG once and wait for its end. Raises Failure unless it succeeds in time."""
    airflow.api("PATCH", f"/dags/{dag_id}", body={"is_paused": False})
    run_id = str(airflow.api("POST", f"/dags/{dag_id}/dagRuns", body={"logical_date": None})["dag_run_id"])
    say(f"{dag_id}: {run_id} has started")
    state = _end(airflow, dag_id, run_id)
    if state != "success":
        raise Failure(f"{dag_id}: {run_id} has failed; its tasks' logs: CloudWatch, group airflow-{airflow.name}-Task")
    say(f"{dag_id}: {run_id} has succeeded")


def _end(airflow: Environment, dag_id: str, run_id: str) -> str:
    """The state that a run ends in. Raises Failure where it does not."""
    for _ in range(int(LIMIT_SECONDS / POLL_SECONDS)):
        # Among the latest: a run's own path is longer than InvokeRestApi takes.
        runs = airflow.api("GET", f"/dags/{dag_id}/dagRuns", query={"order_by": "-run_after"})["dag_runs"]
        states = [str(run["state"]) for run in runs if run["dag_run_id"] == run_id]
        if states and states[0] in ENDED:
            return states[0]
        airflow.sleep(POLL_SECONDS)
    raise Failure(f"{dag_id}: {run_id} has not ended within {LIMIT_SECONDS / 60:.0f} minutes")


def main() -> None:
    """Try it; as whom, boto3's environment says."""
    parser = argparse.ArgumentParser(prog="python -m deploy.trial", description=__doc__.splitlines()[0])
    parser.add_argument("environment", choices=ENVIRONMENTS)
    parser.add_argument("--use-case", default="abalone", help="what is trained (default: %(default)s)")
    given = parser.parse_args()
    try:
        settings = read(given.environment)
        with told():
            airflow = Environment(session_of(settings).client("mwaa"), settings.prefix)
            trial(airflow, f"{given.use_case}_training", print)
    except Failure as error:
        parser.exit(1, f"error: {error}\n")


if __name__ == "__main__":
    main()
