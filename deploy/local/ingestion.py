"""A file is brought to the local stack: what becomes of it, up to the training that it starts."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from deploy.errors import Failure
from deploy.local import follow, summary
from deploy.local.airflow_api import Airflow
from deploy.local.http import HttpError
from deploy.local.settings import Settings
from deploy.local.stack import Stack
from deploy.progress import Progress

START_TIMEOUT_SECONDS = 180.0


def ingest(stack: Stack, progress: Progress, use_case: str, file: Path) -> list[str]:
    """Bring the file and follow it; what came of it. Raises Failure where there is no such file, or a run fails."""
    if not file.is_file():
        raise Failure(f"{file} is no file: name one with FILE=<path>.")
    airflow, ingestion, training = stack.airflow(), f"{use_case}_ingestion", f"{use_case}_training"
    for dag_id in (training, ingestion):
        follow.wait_for_dag(airflow, dag_id, stack.settings, stack.require_alive)
    # The ingestion last: unpausing starts a run of it, and Airflow on SQLite may stand still for a minute if told
    # something in the moment in which a task starts.
    for dag_id in (training, ingestion):
        airflow.unpause(dag_id)
    before = {dag_id: set(airflow.latest_runs(dag_id)) for dag_id in (ingestion, training)}
    with progress.phase(f"Running {ingestion}"):
        (where,) = stack.bring(use_case, file)
        progress.say(f"brought: {where}")
        found = partial(_settled, airflow, ingestion, name=file.name, settings=stack.settings)
        settled = _new_run(airflow, ingestion, before, stack, found)
    refused = {each["file"]: each for each in settled["refused"]}
    if file.name in refused:
        return _told(refused[file.name])
    with progress.phase(f"Running {training}"):
        run_id = _new_run(airflow, training, before, stack, partial(_by_event, airflow, training))
        if follow.watch_run(airflow, training, run_id, progress.say, stack.require_alive) != "success":
            raise Failure(follow.failure_report(airflow, training, run_id, stack.settings))
    (taken,) = [each for each in settled["taken"] if each["file"] == file.name]
    told = f"Taken          {file.name}, {taken['rows']} rows: {taken['where']}"
    return [told, summary.summary(airflow, training, run_id, stack.settings.aws_url)]


def _told(refused: dict[str, Any]) -> list[str]:
    """Why a file was refused, and where it is."""
    reasons = [f"               {reason}" for reason in refused["reasons"]]
    return [f"Refused        {refused['where']}", *reasons, f"Report         {refused['report']}"]


def _new_run(
    airflow: Airflow, dag_id: str, before: dict[str, set[str]], stack: Stack, found: Callable[[str], Any]
) -> Any:
    """What is found of the first run that was not there before and that has it. Raises Failure if none comes."""
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        stack.require_alive()
        for run_id in set(airflow.latest_runs(dag_id)) - before[dag_id]:
            if has := found(run_id):
                return has
        time.sleep(follow.POLL_SECONDS)
    raise Failure(f"no run of {dag_id} has taken the file up within {START_TIMEOUT_SECONDS:.0f} s.")


def _settled(airflow: Airflow, dag_id: str, run_id: str, name: str, settings: Settings) -> dict[str, Any] | None:
    """What a run has made of its files, if this is one of them; None until then. Raises Failure if the run fails."""
    try:
        settled: dict[str, Any] = airflow.result(dag_id, run_id, "settle")
    except HttpError as error:
        if error.status != 404:
            raise
        if airflow.run(dag_id, run_id)["state"] == "failed":
            raise Failure(follow.failure_report(airflow, dag_id, run_id, settings)) from error
        return None
    return settled if name in {each["file"] for each in (*settled["taken"], *settled["refused"])} else None


def _by_event(airflow: Airflow, dag_id: str, run_id: str) -> str | None:
    return run_id if airflow.run(dag_id, run_id)["run_type"] == "asset_triggered" else None
