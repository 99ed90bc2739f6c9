"""The whole local stack, run by its own commands: what `make run` and its like do, on ports of the test's own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from deploy.local.airflow_api import Airflow
from deploy.local.credentials import load
from deploy.local.settings import ADMIN
from tests.support.local_aws import ROOT, LocalAws, free_port
from tests.support.polling import eventually

DAG_ID = "abalone_training"
BUCKET = "nightshift-local"
RUN_SECONDS = 600
PAUSE = 0.5
"""Between two questions to Airflow's API: an answer costs it 20 ms of the processor that the run itself needs."""


class LocalStack:
    """A stack with its state in a folder of its own."""

    def __init__(self, local_dir: Path, environ: Mapping[str, str]) -> None:
        self.local_dir = local_dir
        self.airflow_port, self.aws_port = free_port(), free_port()
        self.environ = {
            **environ,
            "LOCAL_DIR": str(local_dir),
            "AIRFLOW_PORT": str(self.airflow_port),
            "AWS_PORT": str(self.aws_port),
        }

    def call(self, *command: str) -> subprocess.CompletedProcess[str]:
        """``make <command>`` without make."""
        return subprocess.run(
            [sys.executable, "-m", "deploy.local", *command],
            cwd=ROOT, env=self.environ, text=True, capture_output=True, timeout=RUN_SECONDS, check=False,
        )  # fmt: skip

    @cached_property
    def airflow(self) -> Airflow:
        """The stack's Airflow, logged in."""
        secrets = load(self.local_dir / "airflow" / "secrets.json")
        return Airflow(f"http://127.0.0.1:{self.airflow_port}", ADMIN, secrets.admin_password)

    @cached_property
    def aws(self) -> LocalAws:
        """Clients of the stack's AWS."""
        aws = LocalAws(self.local_dir / "aws", ROOT / ".venv" / "images")
        aws.port = self.aws_port
        return aws

    @property
    def calls(self) -> Path:
        """Where its AWS writes down what it is asked."""
        return self.local_dir / "logs" / "aws-calls.jsonl"

    def runs(self, kind: str = "") -> list[dict[str, Any]]:
        """The runs of the training DAG, by the time they were due; all, or those of one kind."""
        found = self.airflow.request("GET", f"dags/{DAG_ID}/dagRuns?limit=100&order_by=run_after")
        return [run for run in found["dag_runs"] if kind in ("", run["run_type"])]

    def backfilled(self, nights: int, seconds: float) -> list[dict[str, Any]]:
        """The runs of the backfills, oldest first, once there are so many and all have ended."""

        def ended() -> list[dict[str, Any]] | None:
            runs = self.runs("backfill")
            return runs if len(runs) == nights and all(run["end_date"] for run in runs) else None

        return eventually(ended, f"the end of {nights} nights' backfill", seconds, PAUSE)

    def versions(self, group: str = "abalone") -> list[dict[str, Any]]:
        """The registered versions, oldest first."""
        listed = self.aws.sagemaker.list_model_packages(ModelPackageGroupName=group, MaxResults=100)
        return list(listed["ModelPackageSummaryList"])

    def package(self, version: Mapping[str, Any]) -> Any:
        """All that the registry holds of a version."""
        return self.aws.sagemaker.describe_model_package(ModelPackageName=version["ModelPackageArn"])

    def trigger(self, conf: Mapping[str, Any], dag_id: str = DAG_ID) -> str:
        """Start a run with parameters, as the form of Airflow's UI does; returns its id."""
        return str(self.airflow.trigger(dag_id, conf))

    def finished(self, run_id: str, dag_id: str = DAG_ID) -> dict[str, str]:
        """The state of each task of a run (of mapped ones as in ``train xgboost``) once it has ended, and the run's
        own under ``run``."""

        def ended() -> dict[str, str] | None:
            state = self.airflow.run(dag_id, run_id)["state"]
            if state not in ("success", "failed"):
                return None
            tasks = self.airflow.task_instances(dag_id, run_id)
            return {"run": state, **{name_of(task): task["state"] for task in tasks}}

        return eventually(ended, f"the end of run {run_id}", RUN_SECONDS, PAUSE)

    def result(self, run_id: str, task: str) -> Any:
        """What a task of a run returned."""
        found = self.task(run_id, task)
        return self.airflow.result(DAG_ID, run_id, found["task_id"], found["map_index"])

    def log(self, run_id: str, task: str) -> str:
        """The log of a task's last attempt."""
        found = self.task(run_id, task)
        lines = self.airflow.log(DAG_ID, run_id, found["task_id"], found["try_number"], found["map_index"])
        return "\n".join(lines)

    def task(self, run_id: str, task: str) -> dict[str, Any]:
        """A task of a run, a mapped one as in ``train xgboost``."""
        return {name_of(each): each for each in self.airflow.task_instances(DAG_ID, run_id)}[task]


def name_of(task: dict[str, Any]) -> str:
    """The task's name; of a mapped one with what it is for."""
    return str(task["task_id"] if task["map_index"] < 0 else f"{task['task_id']} {task['rendered_map_index']}")


def poisoned(environ: Mapping[str, str]) -> dict[str, str]:
    """A user's shell at its worst: AWS keys, a profile, proxies and Airflow settings that must do nothing."""
    return {
        **environ,
        "AWS_PROFILE": "production",
        "AWS_ACCESS_KEY_ID": "AKIAREAL",
        "AWS_SECRET_ACCESS_KEY": "real",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_SAGEMAKER": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
        "AIRFLOW_HOME": os.devnull,
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
    }
