"""`docker compose up`, from nothing to a prediction of production, by Celery workers one of which is killed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compose.stack import UP_SECONDS, ComposeStack
from tests.support.polling import eventually
from tests.support.stack import DAG_ID, PAUSE, RUN_SECONDS

pytestmark = [pytest.mark.local_only, pytest.mark.timeout(3000)]

LASTING = {"postgres", "redis", "aws", "api-server", "scheduler", "dag-processor", "triggerer", "worker"}
DEPLOYMENT = "abalone_deployment"
ROW = "I,0.47,0.345,0.14,0.4615,0.229,0.1105,0.116"


def up(stack: ComposeStack) -> None:
    """Return once every service that lasts is healthy."""

    def healthy() -> bool:
        states = stack.states()
        assert "unhealthy" not in states.values(), states
        return all(states.get(name) == "healthy" for name in LASTING)

    eventually(healthy, "the health of all services", UP_SECONDS, 2)


def ready(stack: ComposeStack, dag_id: str) -> None:
    """Return once the DAG is there, and worked on."""
    there = "its DAG processor has seen it"
    eventually(lambda: dag_id in {dag["dag_id"] for dag in stack.airflow.request("GET", "dags")["dags"]}, there, 300, 2)
    stack.airflow.unpause(dag_id)


def jobs(stack: ComposeStack) -> dict[str, int]:
    """How many processing and training jobs there are."""
    client = stack.aws.sagemaker
    return {
        "processing": len(client.list_processing_jobs(MaxResults=100)["ProcessingJobSummaries"]),
        "training": len(client.list_training_jobs(MaxResults=100)["TrainingJobSummaries"]),
    }


def deployed(stack: ComposeStack) -> dict[str, Any] | None:
    """The run that the approval started, once it has ended."""
    runs = stack.airflow.request("GET", f"dags/{DEPLOYMENT}/dagRuns")["dag_runs"]
    return next((run for run in runs if run["state"] in ("success", "failed") and _took_up(stack, run)), None)


def _took_up(stack: ComposeStack, run: dict[str, Any]) -> bool:
    tasks = stack.airflow.task_instances(DEPLOYMENT, run["dag_run_id"])
    return {task["task_id"]: task["state"] for task in tasks}.get("resolve") != "skipped"


def test_all_comes_up_and_a_run_outlives_its_worker(stack: ComposeStack) -> None:
    up(stack)
    for dag_id in (DEPLOYMENT, "abalone_rollback", DAG_ID):
        ready(stack, dag_id)
    run = stack.trigger({"approval": "automatic"})
    eventually(lambda: jobs(stack)["training"] > 0, "the first training job", RUN_SECONDS, PAUSE)

    stack.compose("kill", "worker")
    stack.compose("up", "--detach", "--no-deps", "worker")

    states = stack.finished(run)
    assert states.pop("run") == "success", states
    assert states.pop("rebaseline") == "skipped", "nothing has drifted"
    assert set(states.values()) == {"success"}, states
    # One job a step: validate, preprocess, evaluate, report, and three candidates.
    assert jobs(stack) == {"processing": 4, "training": 3}
    (version,) = stack.versions()
    assert version["ModelApprovalStatus"] == "Approved"


def test_the_approval_brings_it_into_production(stack: ComposeStack) -> None:
    run = eventually(lambda: deployed(stack), "the end of the deployment", RUN_SECONDS, 2)
    assert run["state"] == "success"
    runtime = stack.aws.client("sagemaker-runtime")
    answer = runtime.invoke_endpoint(EndpointName="abalone-production", Body=ROW, ContentType="text/csv")
    assert 0 < float(answer["Body"].read()) < 40


def test_jobs_are_isolated_from_each_other(stack: ComposeStack) -> None:
    assert "isolation of jobs: namespaces" in stack.compose("logs", "aws")
