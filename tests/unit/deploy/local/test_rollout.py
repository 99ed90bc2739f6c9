"""The deployment of a version is found among the runs by what it has resolved."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.errors import Failure
from deploy.local import follow, rollout
from deploy.local.http import HttpError

ARN = "arn:aws:sagemaker:us-east-1:000000000000:model-package/abalone/2"
STACK: Any = SimpleNamespace(require_alive=lambda: None, settings=SimpleNamespace(airflow_home=Path("home")))


class Runs:
    """Stands for Airflow: each look at the latest runs shows one more; what they deploy, None for nothing yet."""

    def __init__(self, state: str, *deployed: str | None) -> None:
        self.state, self.deployed, self.looks = state, deployed, 0

    def latest_runs(self, dag_id: str) -> list[str]:
        self.looks += 1
        return [str(number) for number in reversed(range(min(self.looks, len(self.deployed))))]

    def result(self, dag_id: str, run_id: str, task_id: str) -> Any:
        arn = self.deployed[int(run_id)]
        if arn is None:
            raise HttpError("GET", task_id, 404, "nothing")
        return {"model_package_arn": arn}

    def run(self, dag_id: str, run_id: str) -> Any:
        return {"state": self.state}

    def task_instances(self, dag_id: str, run_id: str) -> list[Any]:
        return []


@pytest.fixture(autouse=True)
def no_naps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "POLL_SECONDS", 0)
    monkeypatch.setattr(rollout, "START_TIMEOUT_SECONDS", 0.5)


def watch(airflow: Any) -> None:
    rollout.watch(airflow, "abalone", ARN, STACK, lambda _: None)


def test_the_run_that_takes_up_the_version_is_waited_for() -> None:
    airflow = Runs("success", "arn:other", None, ARN)
    watch(airflow)
    assert airflow.looks == 3


def test_a_deployment_that_failed_is_a_failure() -> None:
    with pytest.raises(Failure, match="run 0 of abalone_deployment failed"):
        watch(Runs("failed", ARN))


def test_a_version_that_nobody_takes_up_is_a_failure() -> None:
    with pytest.raises(Failure, match=f"no run of abalone_deployment has taken up {ARN}"):
        watch(Runs("success", "arn:other"))
