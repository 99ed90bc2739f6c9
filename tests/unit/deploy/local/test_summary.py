from __future__ import annotations

from typing import Any

import pytest

from deploy.local.http import HttpError
from deploy.local.summary import summary

RESOLVED = {"run_uri": "s3://bucket/abalone/runs/one/"}
REPORTED = {"page": "s3://bucket/abalone/runs/one/report/report.html"}
CHECK = {"candidate": "xgboost", "rule": "mse threshold", "held": True, "reason": "mse 4.5 is below 5.2"}
UNASKED = {**CHECK, "rule": "mse against the champion", "held": None, "reason": "there is no champion yet"}
PASSED = {
    "passed": True,
    "candidate": "xgboost",
    "best": "xgboost",
    "checks": [CHECK, UNASKED],
    "metrics": {"mse": 4.5, "mae": 1.5},
}
REFUSED = {
    **PASSED,
    "passed": False,
    "candidate": None,
    "checks": [{**CHECK, "held": False, "reason": "mse 9 is not below 5.2"}],
}
REGISTERED = {
    "model_package_arn": "arn:aws:sagemaker:us-east-1:000000000000:model-package/abalone/1",
    "approval_status": "PendingManualApproval",
    "model_data": "s3://bucket/model.tar.gz",
}


class Results:
    """Stands for Airflow: what each task of a run returned."""

    def __init__(self, **results: Any) -> None:
        self.results = results

    def result(self, dag_id: str, run_id: str, task_id: str) -> Any:
        if task_id not in self.results:
            raise HttpError("GET", task_id, 404, "no such XCom")
        return self.results[task_id]


def text(**results: Any) -> str:
    return summary(Results(**results), "abalone_training", "run", "http://127.0.0.1:4566")  # type: ignore[arg-type]


def test_it_tells_metrics_verdict_version_status_artifacts_and_report() -> None:
    told = text(resolve=RESOLVED, gate=PASSED, register=REGISTERED, report=REPORTED)
    for part in (
        "xgboost: mae 1.5000, mse 4.5000",
        "passed xgboost",
        "  passed  xgboost, mse threshold: mse 4.5 is below 5.2",
        "    --    xgboost, mse against the champion: there is no champion yet",
    ):
        assert part in told
    assert f"{REGISTERED['model_package_arn']} (PendingManualApproval)" in told
    assert RESOLVED["run_uri"] in told
    assert "http://127.0.0.1:4566/bucket/abalone/runs/one/report/report.html" in told


def test_a_refused_model_is_told_with_the_reason_and_no_version() -> None:
    told = text(resolve=RESOLVED, gate=REFUSED, report=REPORTED)
    assert "refused every candidate" in told
    assert "FAILED  xgboost, mse threshold: mse 9 is not below 5.2" in told
    assert "none: a refused model is not registered" in told


def test_an_error_of_airflow_is_not_taken_for_a_skipped_task() -> None:
    class Broken(Results):
        def result(self, dag_id: str, run_id: str, task_id: str) -> Any:
            raise HttpError("GET", task_id, 500, "broken")

    with pytest.raises(HttpError, match="500"):
        summary(Broken(), "abalone_training", "run", "http://127.0.0.1:4566")  # type: ignore[arg-type]
