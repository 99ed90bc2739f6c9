"""What a training run came to, in a few lines."""

from __future__ import annotations

from typing import Any

from deploy.local.airflow_api import Airflow
from deploy.local.http import HttpError


def summary(airflow: Airflow, dag_id: str, run_id: str, aws_url: str) -> str:
    """Metrics, verdict, model version, artifacts and report of a finished training run."""
    found = {task: _result(airflow, dag_id, run_id, task) for task in ("resolve", "gate", "register", "report")}
    return "\n".join(
        [
            *_gate(found["gate"]),
            *_model(found["register"]),
            f"Artifacts      {found['resolve']['run_uri']}",
            f"Report         {found['report']['page'].replace('s3:/', aws_url, 1)}",
        ]
    )


def approved(airflow: Airflow, dag_id: str, run_id: str) -> str:
    """ARN of the version that a finished training run has registered as approved, empty if there is none."""
    version = _result(airflow, dag_id, run_id, "register")
    return str(version["model_package_arn"]) if version.get("approval_status") == "Approved" else ""


def registered(airflow: Airflow, dag_id: str, run_id: str) -> str:
    """ARN of the version that a finished training run has registered, empty if there is none."""
    return str(_result(airflow, dag_id, run_id, "register").get("model_package_arn", ""))


def _result(airflow: Airflow, dag_id: str, run_id: str, task_id: str) -> dict[str, Any]:
    """What a task returned; nothing for one that was skipped."""
    try:
        return airflow.result(dag_id, run_id, task_id)
    except HttpError as error:
        if error.status != 404:
            raise
        return {}


def _gate(gate: dict[str, Any]) -> list[str]:
    metrics = [f"{name} {value:.4f}" for name, value in sorted(gate.get("metrics", {}).items())]
    verdict = f"passed {gate['candidate']}" if gate["passed"] else "refused every candidate"
    return [
        f"Test metrics   {gate['best']}: {', '.join(metrics)}",
        f"Gate           {verdict}",
        *(f"  {_state(check)}  {check['candidate']}, {check['rule']}: {check['reason']}" for check in gate["checks"]),
    ]


def _state(check: dict[str, Any]) -> str:
    if check["held"] is None:
        return "  --  "
    return "passed" if check["held"] else "FAILED"


def _model(model: dict[str, Any]) -> list[str]:
    if not model:
        return ["Model version  none: a refused model is not registered"]
    return [
        f"Model version  {model['model_package_arn']} ({model['approval_status']})",
        f"Model data     {model['model_data']}",
    ]
