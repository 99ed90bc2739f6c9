"""Settings of the server, and its separation from the user's AWS set-up."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ACCOUNT = "000000000000"
REGION = "us-east-1"


@dataclass(frozen=True)
class Settings:
    """What ``serve`` was told."""

    port: int
    data_dir: Path
    """all state: SageMaker's database, the emulator's files, the folders of running jobs"""
    containers: Path
    """the folder whose sub folders are the images"""
    environments: Path
    """where the images' Python environments are installed"""
    uv: Path | None
    """installs missing environments; without it they must be there"""
    max_jobs: int
    """jobs that run at the same time; more wait"""
    hidden: tuple[Path, ...]
    """folders that jobs must not see, beside the data folder and the user's home"""
    isolation: str
    """``auto`` (namespaces where the system allows them) or ``none``"""
    stop_grace_seconds: float
    """between SIGTERM and SIGKILL: 120 s on AWS"""

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"


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
