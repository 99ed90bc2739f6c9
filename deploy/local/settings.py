"""Where the local stack keeps its state and which addresses it uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.errors import Failure

ACCOUNT = "000000000000"
REGION = "us-east-1"
BUCKET = "nightshift-local"
ROLE_NAME = "nightshift-jobs"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/{ROLE_NAME}"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
ADMIN = "admin"
DEFAULT_PORTS = {"AIRFLOW_PORT": 8080, "AWS_PORT": 4566}


class InvalidSetting(Failure):
    """A setting cannot be used; the message names it and what it may be."""


@dataclass(frozen=True)
class Settings:
    """One local stack: its clone, its state folder, its two ports."""

    root: Path
    local: Path
    airflow_port: int
    aws_port: int

    @property
    def airflow_url(self) -> str:
        return f"http://127.0.0.1:{self.airflow_port}"

    @property
    def aws_url(self) -> str:
        return f"http://127.0.0.1:{self.aws_port}"

    @property
    def airflow_home(self) -> Path:
        return self.local / "airflow"

    @property
    def logs(self) -> Path:
        return self.local / "logs"

    @property
    def calls(self) -> Path:
        """Where the local AWS writes down every request: `sagemaker_local.call_log` says how."""
        return self.logs / "aws-calls.jsonl"

    @property
    def home(self) -> Path:
        """The home folder of every process of the stack, so that none reads the user's configuration."""
        return self.local / "home"

    def python(self, environment: str) -> str:
        """The interpreter of one of the project's environments."""
        return str(self.root / ".venv" / environment / "bin" / "python")


def local_folder(root: Path, environ: Mapping[str, str]) -> Path:
    """The state folder, LOCAL_DIR (relative to the clone) where set."""
    return (root / (environ.get("LOCAL_DIR") or ".local")).resolve()


def read(root: Path, environ: Mapping[str, str], running: Mapping[str, int]) -> Settings:
    """The settings of this call; a port that it does not name is the `running` stack's, or the default.

    Raises InvalidSetting for a bad port, and for one that differs from that of the running stack.
    """
    ports = {name: _port(name, environ, running.get(name, default)) for name, default in DEFAULT_PORTS.items()}
    moved = [f"{name}={running[name]}" for name, port in ports.items() if running.get(name, port) != port]
    if moved:
        raise InvalidSetting(f"the stack is up with {' '.join(moved)}. Use it there, or `make down` first to move it.")
    if len(set(ports.values())) < len(ports):
        raise InvalidSetting(f"AIRFLOW_PORT and AWS_PORT are both {ports['AWS_PORT']}; they must differ.")
    return Settings(root, local_folder(root, environ), ports["AIRFLOW_PORT"], ports["AWS_PORT"])


def _port(name: str, environ: Mapping[str, str], default: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not 1024 <= int(text) <= 65535:
        raise InvalidSetting(f"{name}={text} is not a port number from 1024 to 65535.")
    return int(text)
