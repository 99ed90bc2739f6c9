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
HIDDEN = ("_", ".")
"""How names begin that are never taken; ``mlops_sagemaker.ingestion`` knows it."""


def ingest(stack: Stack, progress: Progress, use_case: str, file: Path) -> list[str]:
    """Bring the file and follow it; what came of it. Raises Failure where there is no such file, or a run fails."""
    if not file.is_file():
        raise Failure(f"{file} is no file: name one with FILE=<path>.")
    if file.name.startswith(HIDDEN):
        raise Failure(f"{file.name} begins as names do that writers keep to themselves: rename the file.")
    airflow, ingestion, training = stack.airflow(), f"{use_case}_ingestion", f"{use_case}_training"
    for dag_id in (training, ingestion):
        follow.wait_for_dag(airflow, dag_id, stack.settings, stack.require_alive)
    # The ingestion last: unpausing starts a run of it, and Airflow on SQLite may stand still for a minute if told
    # something in the moment in which a task starts.
    for dag_id in (training, ingestion):
        airflow.unpause(dag_id)
    looked = {run_id for run_id in airflow.latest_runs(ingestion) if _has_looked(airflow, ingestion, run_id)}
    with progress.phase(f"Running {ingestion}"):
        (where,) = stack.bring(use_case, file)
        progress.say(f"brought: {where}")
        found = partial(_settled, airflow, ingestion, name=file.name, settings=stack.settings)
        taker, settled = _first(airflow, ingestion, stack, lambda run_id: None if run_id in looked else found(run_id))
    refused = {each["file"]: each for each in settled["refused"]}
    if file.name in refused:
        return _told(refused[file.name])
    with progress.phase(f"Running {training}"):
        run_id, _ = _first(airflow, training, stack, partial(_hears_of, airflow, training, source=(ingestion, taker)))
        if follow.watch_run(airflow, training, run_id, progress.say, stack.require_alive) != "success":
            raise Failure(follow.failure_report(airflow, training, run_id, stack.settings))
    (taken,) = [each for each in settled["taken"] if each["file"] == file.name]
    told = f"Taken          {file.name}, {taken['rows']} rows: {taken['where']}"
    return [told, summary.summary(airflow, training, run_id, stack.settings.aws_url)]


def _told(refused: dict[str, Any]) -> list[str]:
    """Why a file was refused, and where it is."""
    reasons = [f"               {reason}" for reason in refused["reasons"]]
    return [f"Refused        {refused['where']}", *reasons, f"Report         {refused['report']}"]


def _has_looked(airflow: Airflow, dag_id: str, run_id: str) -> bool:
    """Whether a run has taken, or left, what was there to be taken: it takes no file that comes now."""
    return airflow.run(dag_id, run_id)["state"] in follow.FINISHED or bool(_result(airflow, dag_id, run_id, "resolve"))


def _first(airflow: Airflow, dag_id: str, stack: Stack, found: Callable[[str], Any]) -> tuple[str, Any]:
    """The first run that has what is looked for, and that. Raises Failure if none comes."""
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        stack.require_alive()
        for run_id in airflow.latest_runs(dag_id):
            if has := found(run_id):
                return run_id, has
        time.sleep(follow.POLL_SECONDS)
    raise Failure(f"no run of {dag_id} has taken the file up within {START_TIMEOUT_SECONDS:.0f} s.")


def _settled(airflow: Airflow, dag_id: str, run_id: str, name: str, settings: Settings) -> dict[str, Any] | None:
    """What a run has made of its files, if this is one of them; None until then. Raises Failure if the run fails."""
    settled: dict[str, Any] | None = _result(airflow, dag_id, run_id, "settle")
    if settled is None:
        if airflow.run(dag_id, run_id)["state"] == "failed":
            raise Failure(follow.failure_report(airflow, dag_id, run_id, settings))
        return None
    return settled if name in {each["file"] for each in (*settled["taken"], *settled["refused"])} else None


def _hears_of(airflow: Airflow, dag_id: str, run_id: str, source: tuple[str, str]) -> bool:
    """Whether a run has started because of an event of the run ``source``, perhaps among others."""
    run = airflow.run(dag_id, run_id)
    asked = run["run_type"] == "asset_triggered" and run["state"] != "queued"
    return asked and source in airflow.sources(dag_id, run_id)


def _result(airflow: Airflow, dag_id: str, run_id: str, task_id: str) -> Any | None:
    """What a task has returned, None until then."""
    try:
        return airflow.result(dag_id, run_id, task_id)
    except HttpError as error:
        if error.status != 404:
            raise
        return None
