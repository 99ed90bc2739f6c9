"""The containers of docker-compose.yaml as a stack: the same Airflow and local AWS, at published ports."""

from __future__ import annotations

import json
import subprocess
from functools import cached_property

from deploy.local.airflow_api import Airflow
from deploy.local.settings import ADMIN
from tests.support.local_aws import ROOT
from tests.support.stack import LocalStack

PROJECT = "nightshift-test"
UP_SECONDS = 900


class ComposeStack(LocalStack):
    """A stack of containers, under a name of its own beside one that a developer may have running."""

    def compose(self, *arguments: str) -> str:
        """What ``docker compose <arguments>`` prints; fails where it fails."""
        done = subprocess.run(
            ["docker", "compose", "--project-name", PROJECT, *arguments],
            cwd=ROOT, env=self.environ, text=True, capture_output=True, timeout=UP_SECONDS, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    def states(self) -> dict[str, str]:
        """The health of every service, or its state where it has no health check."""
        lines = self.compose("ps", "--all", "--format", "json").splitlines()
        return {each["Service"]: each["Health"] or each["State"] for each in map(json.loads, lines)}

    @cached_property
    def airflow(self) -> Airflow:
        """Its Airflow, logged in as a user of it would be."""
        password = self.compose("exec", "-T", "api-server", "cat", "/run/nightshift/admin_password")
        return Airflow(f"http://127.0.0.1:{self.airflow_port}", ADMIN, password)
