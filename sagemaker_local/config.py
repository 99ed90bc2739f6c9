"""Settings of the server, and its separation from the user's AWS set-up."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ACCOUNT = "000000000000"
REGION = "us-east-1"
LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"
LOCAL_PATH = "/_local/"
"""below it lie the addresses of the server itself"""
HEALTH_PATH = f"{LOCAL_PATH}health"
# Names of our own: the user's AWS keys are never taken for keys to something else.
S3_ACCESS_KEY, S3_SECRET_KEY = "SAGEMAKER_LOCAL_S3_ACCESS_KEY_ID", "SAGEMAKER_LOCAL_S3_SECRET_ACCESS_KEY"


@dataclass(frozen=True)
class S3Endpoint:
    """Where S3 is, if not here, and the keys to it."""

    url: str
    access_key: str | None = None
    """the keys that jobs' data is moved with, and that jobs find in their environment; ``None``: the usual dummies"""
    secret_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Settings:
    """What the server was told."""

    port: int
    state_dir: Path
    """all state: SageMaker's database, the emulator's files, the folders of running jobs"""
    containers: Path | None
    """the folder whose sub folders are the user's images, if there are any"""
    environments: Path
    """where the images' Python environments are installed"""
    max_jobs: int
    """jobs that run at the same time; more wait"""
    hidden: tuple[Path, ...]
    """folders that jobs must not see, beside the state folder and the user's home"""
    isolation: str
    """``auto`` (namespaces where the system allows them) or ``none``"""
    stop_grace_seconds: float
    """between SIGTERM and SIGKILL of a job: 120 s on AWS"""
    speed_up: float
    """AWS's waits for endpoints (health checks, baking, ...) are this many times shorter"""
    s3: S3Endpoint | None = None
    """``None``: S3 is this server's own"""
    faults: Path | None = None
    """the fault plan; without it the stored one is in force"""
    calls: Path | None = None
    """where requests are written down; ``None``: nowhere"""
    host: str = LOOPBACK
    """the address that it listens at; whoever reaches it runs programs here"""

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def options(self) -> dict[str, str]:
        """The same as options of the command line, for people and for comparison; no secrets."""
        given = {
            "--host": self.host,
            "--port": self.port,
            "--containers": self.containers,
            "--environments": self.environments,
            "--max-jobs": self.max_jobs,
            "--hide": ", ".join(map(str, self.hidden)),
            "--isolation": self.isolation,
            "--stop-grace": f"{self.stop_grace_seconds:g}",
            "--faults": self.faults,
            "--calls": self.calls,
            "--speed-up": f"{self.speed_up:g}",
            "--s3-endpoint": self.s3 and self.s3.url,
        }
        return {name: str(value) for name, value in given.items() if value}


def environments_folder(environ: Mapping[str, str]) -> Path:
    """Where images are installed unless said otherwise: a cache, which all servers of the user share."""
    base = environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "sagemaker-local" / "images"


def detach_from_users_aws() -> None:
    """Clear every AWS and proxy variable of this process: neither it nor a job can reach real AWS through them."""
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            del os.environ[name]
    os.environ.update(
        {
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "*",
        }
    )
