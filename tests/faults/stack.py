"""Airflow and the local SageMaker as `make up` starts them, with a door between them that can slam."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from deploy.local import credentials, environment, processes, services
from deploy.local.airflow_api import Airflow
from deploy.local.processes import Process
from deploy.local.services import Service
from deploy.local.settings import ADMIN, Settings
from tests.faults.proxy import Proxy
from tests.support.local_aws import ROOT, LocalAws, free_port
from tests.support.polling import eventually

DAG_ID = "abalone_training"
GROUP = "abalone"
RUN_SECONDS = 900
OWN_SETTINGS = Path(__file__).with_name("settings")
STACK_SETTINGS = ROOT / "deploy" / "local" / "config" / "airflow_local_settings.py"
# Airflow looks after the dead within minutes; here within seconds.
WATCHFUL = {
    # A worker that is stopped takes no task from the next.
    "AIRFLOW__CORE__PARALLELISM": "8",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "2",
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "2",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "8",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "2",
    "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "1",
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "8",
}


class FaultyStack:
    """Everything that runs the training DAG; what dies of it is started again, as a service manager would."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(ROOT, folder, free_port(), free_port())
        self._credentials = credentials.load(self.settings.airflow_home / "secrets.json")
        self.door = Proxy(self.settings.aws_port)
        self._running: dict[str, Process] = {}
        self._over = threading.Event()
        self._keeper = threading.Thread(target=self._keep_alive, daemon=True)

    @cached_property
    def airflow(self) -> Airflow:
        return Airflow(self.settings.airflow_url, ADMIN, self._credentials.admin_password)

    @cached_property
    def aws(self) -> LocalAws:
        """Clients that do not go through the door."""
        aws = LocalAws(self.settings.local / "aws", ROOT / ".venv" / "images")
        aws.port = self.settings.aws_port
        return aws

    def start(self) -> FaultyStack:
        """Bring everything up, with the sample data and a release."""
        home = self.settings.airflow_home
        home.mkdir(exist_ok=True)
        self.settings.home.mkdir()
        password = f'{{"{ADMIN}": "{self._credentials.admin_password}"}}\n'
        credentials.write_private(environment.passwords_file(self.settings), password)
        self._start(self._services[services.AWS])
        eventually(self._aws_answers, f"an answer of the local AWS (logs: {self.settings.logs})", 120)
        self._call("-m", "deploy.local.provision", through_the_door=False)
        self._call("-m", "airflow", "db", "migrate")
        for name in services.AIRFLOW:
            self._start(self._services[name])
        self._keeper.start()
        eventually(self._parsed, f"the DAG in Airflow (logs: {self.settings.logs})", 300)
        self.airflow.unpause(DAG_ID)
        return self

    def stop(self) -> None:
        """End everything."""
        self._over.set()
        if self._keeper.is_alive():
            self._keeper.join()
        processes.stop(self._running.values(), 20)
        self.door.close()

    def kill(self, name: str) -> None:
        """``kill -9`` of a service and of all it has started; it comes back by itself."""
        for process in processes.session(self._running[name]):
            try:
                os.kill(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue  # it ended between the look and the kill

    @contextmanager
    def deferring(self) -> Iterator[None]:
        """Within the block tasks wait in the triggerer from their first moment on."""
        mark = self.settings.airflow_home / "deferring"
        mark.touch()
        try:
            yield
        finally:
            mark.unlink()

    def is_of(self, name: str, pid: int) -> bool:
        """Whether a process is a service, or one that the service has started."""
        return any(process.pid == pid for process in processes.session(self._running[name]))

    def trigger(self) -> str:
        """Start a run that starts its own jobs, whatever an earlier one has made; returns its id."""
        return self.airflow.trigger(DAG_ID, {"anew": True})

    def ended(self, run_id: str, dag_id: str = DAG_ID) -> str:
        """The state of the run once it has ended."""

        def probe() -> str | None:
            time.sleep(0.5)  # the API server has enough to do
            state = str(self.airflow.run(dag_id, run_id)["state"])
            return state if state in ("success", "failed") else None

        return eventually(lambda: _patiently(probe), f"the end of {run_id} (logs: {self.settings.logs})", RUN_SECONDS)

    @cached_property
    def _services(self) -> dict[str, Service]:
        found = services.catalogue(self.settings, self._credentials, os.environ)
        return {service.name: service for service in found}

    def _environ(self, service: Service) -> dict[str, str]:
        if service.name == services.AWS:
            return dict(service.environ)
        own = {
            "AWS_ENDPOINT_URL": self.door.url,
            "PYTHONPATH": str(OWN_SETTINGS),
            "STACK_SETTINGS": str(STACK_SETTINGS),
        }
        return {**service.environ, **WATCHFUL, **own}

    def _start(self, service: Service) -> None:
        log = services.log_of(self.settings, service.name)
        self._running[service.name] = processes.spawn(service.command, self._environ(service), ROOT, log)

    def _keep_alive(self) -> None:
        while not self._over.wait(0.2):
            for name, process in list(self._running.items()):
                if not process.alive():
                    self._start(self._services[name])

    def _call(self, *arguments: str, through_the_door: bool = True) -> None:
        environ = self._environ(self._services["scheduler"])
        if not through_the_door:
            environ["AWS_ENDPOINT_URL"] = self.settings.aws_url
        command = [self.settings.python("airflow"), *arguments]
        ended = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr

    def _aws_answers(self) -> bool:
        return bool(_patiently(lambda: self.aws.client("sts").get_caller_identity()))

    def _parsed(self) -> bool:
        return bool(_patiently(lambda: self.airflow.dag(DAG_ID)["last_parsed_time"]))


def _patiently(ask: Any) -> Any:
    """What *ask* answers, None while nobody does."""
    try:
        return ask()
    except Exception:
        time.sleep(0.2)
        return None
