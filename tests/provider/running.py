"""Airflow itself, of the environment that runs the tests: all of its services, with a database of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.errors import Failure
from deploy.local import credentials, environment, processes, services
from deploy.local.airflow_api import Airflow
from deploy.local.http import HttpError
from deploy.local.settings import ADMIN, Settings
from tests.support.local_aws import ROOT, LocalAws, free_port
from tests.support.polling import eventually

OVER = ("success", "failed")
PAUSE = 0.5
"""Between two questions to Airflow's API: an answer costs it 20 ms of the processor that the run itself needs."""


class RunningAirflow:
    """As the local stack runs it, with the DAGs of a folder and further variables of the environment."""

    def __init__(self, folder: Path, dags: Path, aws: LocalAws, environ: Mapping[str, str]) -> None:
        self.settings = Settings(ROOT, folder, free_port(), aws.port)
        known = credentials.load(self.settings.airflow_home / "secrets.json")
        usual = environment.airflow(self.settings, known, os.environ)
        paths = [usual["PYTHONPATH"], str(ROOT), str(ROOT / "dags")]
        own = {"AIRFLOW__CORE__DAGS_FOLDER": str(dags), "PYTHONPATH": os.pathsep.join(paths)}
        self._environ = {**usual, **own, **environ}
        self._password = known.admin_password
        self._running: list[processes.Process] = []
        self.api = Airflow(self.settings.airflow_url, ADMIN, known.admin_password)

    def start(self, dag_id: str) -> RunningAirflow:
        """Bring it up, and let a DAG's runs begin."""
        self.settings.home.mkdir()
        passwords = environment.passwords_file(self.settings)
        credentials.write_private(passwords, f'{{"{ADMIN}": "{self._password}"}}\n')
        migrate = [*self._command, "db", "migrate"]
        subprocess.run(migrate, env=self._environ, cwd=ROOT, check=True, capture_output=True)
        for name, arguments in services.AIRFLOW.items():
            log = services.log_of(self.settings, name)
            self._running.append(processes.spawn([*self._command, *arguments], self._environ, ROOT, log))
        eventually(lambda: self._knows(dag_id), f"{dag_id} in Airflow (logs: {self.settings.logs})", 180, PAUSE)
        self.api.unpause(dag_id)
        return self

    def stop(self) -> None:
        """End everything."""
        processes.stop(self._running, 20)

    def ended(self, dag_id: str, run_id: str) -> dict[str, str]:
        """The state of each task of a run once it has ended, and the run's own under ``run``."""

        def probe() -> dict[str, str] | None:
            state = str(self.api.run(dag_id, run_id)["state"])
            tasks = self.api.task_instances(dag_id, run_id)
            return {"run": state, **{task["task_id"]: task["state"] for task in tasks}} if state in OVER else None

        return eventually(probe, f"the end of {run_id} (logs: {self.settings.logs})", 300, PAUSE)

    def answer(self, dag_id: str, run_id: str, task_id: str, option: str, reason: str) -> None:
        """Answer the question that a task asks, as its form in the UI does."""
        where = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/-1/hitlDetails"
        self.api.request("PATCH", where, {"chosen_options": [option], "params_input": {"reason": reason}})

    @property
    def _command(self) -> list[str]:
        return [sys.executable, "-m", "airflow"]

    def _knows(self, dag_id: str) -> Any:
        try:
            return self.api.dag(dag_id)["last_parsed_time"]
        except (Failure, HttpError):
            return None
