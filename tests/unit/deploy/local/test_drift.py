"""The loop is followed through Airflow's runs, from the hours of drift to the deployment."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.errors import Failure
from deploy.local import drift, follow, rollout
from deploy.local.http import HttpError
from deploy.progress import Progress

HOURS = ["2026-03-02T10:00:00+00:00", "2026-03-02T11:00:00+00:00", "2026-03-02T12:00:00+00:00"]
ARN = "arn:aws:sagemaker:us-east-1:000000000000:model-package/abalone/2"


class Loop:
    """Stands for Airflow and the stack: each hour is decided on as listed, a retraining registers ``version``."""

    def __init__(self, *actions: str, version: str = ARN) -> None:
        self.actions, self.version = list(actions), version
        self.watched: list[str] = []
        self.asked: list[tuple[str, ...]] = []
        self.settings = SimpleNamespace(aws_url="http://aws", airflow_home=Path("home"))

    def airflow(self) -> Any:
        return self

    def require_alive(self) -> None: ...

    def unpause(self, dag_id: str) -> None: ...

    def traffic(self, use_case: str) -> list[str]:
        return HOURS

    def production(self, *arguments: str) -> list[str]:
        self.asked.append(arguments)
        return [f"Production     {arguments[0]}"]

    def latest_runs(self, dag_id: str) -> list[str]:
        retrained = "retrain" in self.actions[: len(self.watched)]
        return ["asset", "night", "old"] if retrained else ["old"]

    def run(self, dag_id: str, run_id: str) -> Any:
        return {"state": "success", "run_type": "asset_triggered" if run_id == "asset" else "scheduled"}

    def task_instances(self, dag_id: str, run_id: str) -> list[Any]:
        return []

    def result(self, dag_id: str, run_id: str, task_id: str) -> Any:
        if task_id == "decide":
            action = self.actions[len(self.watched) - 1]
            return {"action": action, "reason": f"it is {action}", "outcomes": {"data": "violations"}}
        if task_id == "register":
            if not self.version:
                raise HttpError("GET", task_id, 404, "skipped")
            return {
                "model_package_arn": self.version,
                "approval_status": "PendingManualApproval",
                "model_data": "s3://m",
            }
        gate = {
            "metrics": {"mse": 3.7},
            "passed": bool(self.version),
            "candidate": "forest",
            "best": "forest",
            "checks": [],
        }
        return {"gate": gate, "resolve": {"run_uri": "s3://run"}, "report": {"page": "s3://b/page.html"}}[task_id]


@pytest.fixture(autouse=True)
def no_naps(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(airflow: Any, dag_id: str, stack: Loop, say: Any, window_end: str) -> str:
        stack.watched.append(window_end)
        return "manual"

    monkeypatch.setattr(follow, "POLL_SECONDS", 0)
    monkeypatch.setattr(follow, "start", start)
    monkeypatch.setattr(follow, "wait_for_dag", lambda *_: None)
    monkeypatch.setattr(
        rollout, "watch", lambda airflow, use_case, arn, stack, say: stack.asked.append(("deployed", arn))
    )


def show(loop: Any) -> list[str]:
    return drift.show(loop, Progress(), "abalone")


def test_the_hours_are_watched_until_one_leads_to_a_retraining_whose_model_is_deployed() -> None:
    loop = Loop("none", "retrain", "none")
    lines = show(loop)
    assert loop.watched == HOURS[:2]
    assert loop.asked == [("approve", ARN), ("deployed", ARN), ("predict", "abalone")]
    assert lines[0] == "Drift          it is retrain"
    assert lines[-1] == "Production     predict"


def test_without_a_drift_event_the_reason_is_told() -> None:
    with pytest.raises(Failure, match="no drift event: it is none"):
        show(Loop("none", "none", "none"))


def test_a_retraining_that_finds_nothing_better_is_told_with_its_gate() -> None:
    with pytest.raises(Failure, match=r"the retraining found nothing better:\nDrift .*\nTest metrics"):
        show(Loop("retrain", version=""))
