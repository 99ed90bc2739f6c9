"""The processes of the local stack: what each runs, and how to see that it is healthy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.content import digest, read_folder
from deploy.environments.install import STAMP
from deploy.local import environment
from deploy.local.credentials import Credentials
from deploy.local.settings import Settings

AWS = "aws"
API_SERVER = "api-server"
# Name: its sub-command. Without --skip-serve-logs the scheduler and the triggerer open fixed ports of their
# own, which two stacks would fight over; the API server reads the log files itself.
AIRFLOW = {
    API_SERVER: ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}


# Stopped one group after the other: tasks that the scheduler lets end need the API server until then, and that and
# all the rest need the AWS endpoint.
STOPPING = (("scheduler", "dag-processor", "triggerer"), (API_SERVER,), (AWS,))


@dataclass(frozen=True)
class Service:
    """One process of the stack. `version` changes with the code it has loaded: then it must be restarted."""

    name: str
    command: tuple[str, ...]
    environ: Mapping[str, str]
    version: str


def catalogue(settings: Settings, credentials: Credentials, user: Mapping[str, str]) -> list[Service]:
    """Every service of the stack, in the order of starting."""
    environ = environment.airflow(settings, credentials, user)
    code = _version(settings, "airflow", ["plugins"])
    python = settings.python("airflow")
    airflow = [
        Service(name, (python, "-m", "airflow", *arguments), environ, code) for name, arguments in AIRFLOW.items()
    ]
    return [_aws(settings, user), *airflow]


def _aws(settings: Settings, user: Mapping[str, str]) -> Service:
    options = {
        "--port": settings.aws_port,
        "--state-dir": settings.local / AWS,
        "--containers": settings.root / "include" / "containers",
        "--environments": settings.root / ".venv" / "images",
        # A canary of five minutes takes fifteen seconds.
        "--speed-up": 20,
        "--calls": settings.calls,
        # Secrets and databases of the stack are no business of a job.
        "--hide": settings.local,
    }
    arguments = [str(part) for option in options.items() for part in option]
    command = (settings.python("sagemaker_local"), "-m", "sagemaker_local", "start", "--foreground", *arguments)
    environ = environment.base(settings, "sagemaker_local", user)
    return Service(AWS, command, environ, _version(settings, "sagemaker_local", ["sagemaker_local"]))


def _version(settings: Settings, name: str, sources: Iterable[str]) -> str:
    """Of the code that a service holds in memory: its environment and the project's own modules."""
    installed = (settings.root / ".venv" / name / STAMP).read_text()
    own = [digest(read_folder(settings.root / source)) for source in sources]
    return hashlib.sha256(json.dumps([installed, *own]).encode()).hexdigest()


def log_of(settings: Settings, name: str) -> Path:
    """The log file of a service."""
    return settings.logs / f"{name}.log"
