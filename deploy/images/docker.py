"""Builds an image with the Docker of this machine."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from deploy.errors import Failure
from deploy.packaging.archive import unpack

# An index with attestations beside the image is more than SageMaker can pull.
ENVIRON = {"BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
PLATFORM = "linux/amd64"


def available() -> bool:
    """Whether there is a Docker that can build."""
    try:
        return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def log_in(ecr: Any) -> None:
    """Let Docker push to the registry, for twelve hours."""
    (given,) = ecr.get_authorization_token()["authorizationData"]
    user, _, password = base64.b64decode(given["authorizationToken"]).decode().partition(":")
    host = given["proxyEndpoint"].partition("://")[2]
    _run(["docker", "login", "--username", user, "--password-stdin", host], {}, password)


def build(context: bytes, uri: str) -> None:
    """Build the image `uri` from a zip of its context, and push it. Raises Failure with the command that failed."""
    with TemporaryDirectory() as folder:
        unpack(context, Path(folder))
        _run(["docker", "build", "--platform", PLATFORM, "--tag", uri, folder], ENVIRON)
    _run(["docker", "push", uri], {})


def _run(command: list[str], environ: Mapping[str, str], given: str | None = None) -> None:
    done = subprocess.run(command, env={**os.environ, **environ}, input=given, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"this failed, for the reason above: {' '.join(command)}")
