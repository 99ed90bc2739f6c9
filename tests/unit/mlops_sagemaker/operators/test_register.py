from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from mlops_sagemaker.errors import ApiError
from mlops_sagemaker.operators.register import RegisterModelOperator
from tests.unit.mlops_sagemaker.contexts import context_for
from tests.unit.mlops_sagemaker.fake_aws import FakeAws

RUN = {
    "window": {"end": "2026-03-02", "timezone": "UTC"},
    "data": {"manifest": "s3://b/manifest.json", "sha256": "d" * 64},
    "code": {"uri": "s3://b/code/", "sha256": "c" * 64},
    "image": {"uri": "registry/training:1", "sha256": "1" * 64},
    "release": "0123456789abcdef",
    "run_type": "scheduled",
}
GATE = {
    "passed": True,
    "reason": "all good",
    "metrics": {"mse": 4.5},
    "report": "s3://b/evaluation.json",
    "report_sha256": "e" * 64,
    "record": "s3://b/gate.json",
}


def register(
    model_data: str = "s3://b/model.tar.gz", run_type: str = "scheduled", **gate: Any
) -> RegisterModelOperator:
    return RegisterModelOperator(
        task_id="register",
        group="abalone",
        group_description="rings",
        gate={**GATE, **gate},
        run={**RUN, "run_type": run_type},
        model_data=model_data,
    )


def test_a_model_that_passed_becomes_a_version_pending_approval(aws: FakeAws) -> None:
    operator = register()
    result = operator.execute(context_for(operator))
    assert result == {
        "model_package_arn": aws.packages[0]["ModelPackageArn"],
        "version": 1,
        "approval_status": "PendingManualApproval",
        "model_data": "s3://b/model.tar.gz",
        "group": "abalone",
    }
    assert aws.groups == {"abalone": "rings"}


def test_the_package_carries_report_window_data_code_image_release_and_gate(aws: FakeAws) -> None:
    operator = register()
    operator.execute(context_for(operator, run_id="manual__1"))
    (package,) = aws.packages
    assert package["CustomerMetadataProperties"] == {
        "model_data": "s3://b/model.tar.gz",
        "window_end": "2026-03-02",
        "data_manifest": "s3://b/manifest.json",
        "data_sha256": "d" * 64,
        "code_sha256": "c" * 64,
        "image": "registry/training:1",
        "release": "0123456789abcdef",
        "gate": "s3://b/gate.json",
        "dag_id": "abalone_training",
        "run_id": "manual__1",
        "run_type": "scheduled",
        "registration": package["ClientToken"],
    }
    assert package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"] == "s3://b/evaluation.json"
    assert "mse 4.5" in package["ModelPackageDescription"]


@pytest.mark.parametrize("run_type", ["scheduled", "manual", "asset_triggered", "backfill"])
def test_what_a_backfill_registers_is_rejected_from_the_start_and_says_why(aws: FakeAws, run_type: str) -> None:
    operator = register(run_type=run_type)
    expected = "Rejected" if run_type == "backfill" else "PendingManualApproval"
    assert operator.execute(context_for(operator))["approval_status"] == expected
    assert aws.packages[0]["CustomerMetadataProperties"]["run_type"] == run_type


def test_repeating_or_clearing_the_task_adds_no_second_version(aws: FakeAws) -> None:
    results = [
        operator.execute(context_for(operator, generation=generation, try_number=tries))
        for operator, generation, tries in [(register(), 0, 1), (register(), 0, 2), (register(), 2, 3)]
    ]
    assert results[0] == results[1] == results[2]
    assert len(aws.packages) == 1


def test_a_version_whose_answer_got_lost_is_found_by_the_next_try(aws: FakeAws) -> None:
    aws.fail("CreateModelPackage", "InternalFailure", after_acting=True)
    operator = register()
    with pytest.raises(ApiError):
        operator.execute(context_for(operator))
    assert operator.execute(context_for(operator))["version"] == 1
    assert len(aws.packages) == 1


def test_another_model_or_another_run_is_another_version(aws: FakeAws) -> None:
    for operator, run_id in [(register(), "1"), (register("s3://b/other.tar.gz"), "1"), (register(), "2")]:
        operator.execute(context_for(operator, run_id=run_id))
    assert [package["ModelPackageVersion"] for package in aws.packages] == [1, 2, 3]


@pytest.mark.parametrize("passed", [False, None, "True", 1])
def test_a_refused_model_is_skipped_with_the_reason_and_leaves_no_trace(aws: FakeAws, passed: object) -> None:
    operator = register(passed=passed, reason="mse 7 misses the threshold <= 5")
    with pytest.raises(AirflowSkipException, match="mse 7 misses the threshold <= 5"):
        operator.execute(context_for(operator))
    assert not aws.calls


def test_a_registry_that_refuses_is_the_users_error(aws: FakeAws) -> None:
    aws.fail("CreateModelPackage", "AccessDeniedException")
    operator = register()
    with pytest.raises(AirflowFailException, match="create_model_package failed with AccessDeniedException"):
        operator.execute(context_for(operator))
