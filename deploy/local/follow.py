"""One run of a DAG: started, watched to its end, and told of."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deploy.errors import Failure
from deploy.local.airflow_api import Airflow
from deploy.local.http import HttpError
from deploy.local.settings import Settings
from deploy.local.stack import Stack

POLL_SECONDS = 0.5
# Longer than the DAG processor's wait between two looks at a file, on a loaded machine.
PARSE_TIMEOUT_SECONDS = 300.0
FINISHED = ("success", "failed")
# States that a task passes in a moment, and that tell a reader nothing.
PASSING = (None, "scheduled", "queued")
LOG_LINES = 40

Say = Callable[[str], None]
Watch = Callable[[], None]


def start(airflow: Airflow, dag_id: str, stack: Stack, say: Say, **conf: Any) -> str:
    """Start a run of the DAG as the files now are, with the parameters in `conf`; returns its id. Raises Failure."""
    wait_for_dag(airflow, dag_id, stack.settings, stack.require_alive)
    for earlier in airflow.active_runs(dag_id):
        say(f"{earlier} has not ended yet; the new run starts after it")
    airflow.unpause(dag_id)
    return airflow.trigger(dag_id, conf)


def wait_for_dag(airflow: Airflow, dag_id: str, settings: Settings, watch: Watch) -> None:
    """Return once Airflow has read the DAG as the files now are. Raises Failure if it cannot be imported.

    `watch` is called again and again; it raises Failure when the stack dies.
    """
    changed = _last_change(settings.root / "dags", settings.root / "plugins")
    deadline = time.monotonic() + PARSE_TIMEOUT_SECONDS
    while not _is_parsed(airflow, dag_id, changed):
        watch()
        errors = airflow.import_errors()
        if errors:
            raise Failure(
                "\n".join(f"{error['filename']} cannot be imported:\n{error['stack_trace']}" for error in errors)
            )
        if time.monotonic() > deadline:
            raise Failure(
                f"Airflow found no DAG {dag_id} in its folder within {PARSE_TIMEOUT_SECONDS:.0f} s. "
                f"The log of its DAG processor: {settings.logs / 'dag-processor.log'}"
            )
        time.sleep(POLL_SECONDS)


def _last_change(*folders: Path) -> float:
    """The newest modification below the folders, as Unix time, but never in the future."""
    times = [path.stat().st_mtime for folder in folders for path in folder.rglob("*.py")]
    return min(max(times, default=0.0), time.time())


def _is_parsed(airflow: Airflow, dag_id: str, since: float) -> bool:
    try:
        parsed = airflow.dag(dag_id)["last_parsed_time"]
    except HttpError as error:
        if error.status != 404:
            raise
        return False
    return parsed is not None and datetime.fromisoformat(parsed).timestamp() >= since


def watch_run(airflow: Airflow, dag_id: str, run_id: str, say: Say, watch: Watch) -> str:
    """Say every change of a task's state until the run has ended; returns the run's last state."""
    seen: dict[tuple[str, int], tuple[Any, ...]] = {}
    while True:
        watch()
        state = airflow.run(dag_id, run_id)["state"]
        for task in sorted(airflow.task_instances(dag_id, run_id), key=_started):
            which, now = (task["task_id"], task["map_index"]), (task["state"], task["try_number"])
            if task["state"] not in PASSING and seen.get(which) != now:
                seen[which] = now
                attempt = f" (attempt {task['try_number']})" if task["try_number"] > 1 else ""
                say(f"  {_name(task):14} {task['state']}{attempt}")
        if state in FINISHED:
            return state
        time.sleep(POLL_SECONDS)


def _name(task: dict[str, Any]) -> str:
    """The task's name; of a mapped one with what tells it from the others."""
    if task["map_index"] < 0:
        return str(task["task_id"])
    return f"{task['task_id']} {task['rendered_map_index'] or task['map_index']}"


def _started(task: dict[str, Any]) -> str:
    """Sorts tasks in the order of their starts, those yet to start last."""
    return task["start_date"] or "9999"


def failure_report(airflow: Airflow, dag_id: str, run_id: str, settings: Settings) -> str:
    """Which tasks of a run failed, and the end of the log of each."""
    failed = [task for task in airflow.task_instances(dag_id, run_id) if task["state"] == "failed"]
    return "\n".join([f"run {run_id} of {dag_id} failed.", *(_failed(airflow, task, settings) for task in failed)])


def _failed(airflow: Airflow, task: dict[str, Any], settings: Settings) -> str:
    where = f"dag_id={task['dag_id']}/run_id={task['dag_run_id']}/task_id={task['task_id']}"
    where += f"/map_index={task['map_index']}" if task["map_index"] >= 0 else ""
    lines = airflow.log(task["dag_id"], task["dag_run_id"], task["task_id"], task["try_number"], task["map_index"])
    text = "\n".join(f"    {line}" for line in lines[-LOG_LINES:])
    log = settings.airflow_home / "logs" / where / f"attempt={task['try_number']}.log"
    return f"Task {_name(task)} failed. The end of its log, {log}:\n{text}"


def seconds(run: dict[str, Any]) -> float:
    """From the trigger of a finished run to its end, by Airflow's own record."""
    start, end = (datetime.fromisoformat(run[name]) for name in ("queued_at", "end_date"))
    return (end.astimezone(UTC) - start.astimezone(UTC)).total_seconds()
