from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest

from mlops_sagemaker.errors import Family
from mlops_sagemaker.jobs import FAILED, KINDS, PROCESSING, SUCCEEDED, TRAINING, JobKind

each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def describe(kind: JobKind, status: str, **more: Any) -> dict[str, Any]:
    return {kind.name_key: "job", kind.arn_key: "arn:job", kind.status_key: status, **more}


@each_kind
def test_every_name_in_the_table_is_one_of_botocores(kind: JobKind) -> None:
    client = botocore.session.get_session().create_client("sagemaker", region_name="us-east-1")
    model = client.meta.service_model
    operations = client.meta.method_to_api_mapping
    for method in (kind.create, kind.describe, kind.stop):
        assert kind.name_key in model.operation_model(operations[method]).input_shape.members
    members = model.operation_model(operations[kind.describe]).output_shape.members
    assert {kind.name_key, kind.arn_key, kind.status_key, kind.start_key, kind.end_key} <= members.keys()
    assert set(members[kind.status_key].enum) >= SUCCEEDED | FAILED
    assert members[kind.name_key].metadata["max"] == kind.max_name_length


@each_kind
@pytest.mark.parametrize(
    ("status", "terminal", "lost"),
    [
        ("InProgress", False, False),
        ("Stopping", False, True),
        ("Completed", True, False),
        ("Failed", True, True),
        ("Stopped", True, True),
    ],
)
def test_only_completed_is_success_and_stopping_is_lost_already(
    kind: JobKind, status: str, terminal: bool, lost: bool
) -> None:
    description = describe(kind, status)
    assert (kind.is_terminal(description), kind.is_lost(description)) == (terminal, lost)


@each_kind
def test_a_failure_carries_sagemakers_reason_and_the_log(kind: JobKind) -> None:
    error = kind.failure(describe(kind, "Failed", FailureReason="AlgorithmError: , exit code: 1"))
    assert (error.kind, error.name, error.status) == (kind.name, "job", "Failed")
    assert error.reason == "AlgorithmError: , exit code: 1"
    assert error.log == f"CloudWatch Logs group {kind.log_group}, streams job/"


def test_a_failed_processing_job_also_says_what_its_script_said() -> None:
    description = describe(PROCESSING, "Failed", FailureReason="AlgorithmError: , exit code: 1", ExitMessage="no rows")
    assert PROCESSING.failure(description).reason == "AlgorithmError: , exit code: 1; no rows"


def test_a_training_job_over_its_time_limit_says_so_and_is_not_tried_again() -> None:
    limit = {"StoppingCondition": {"MaxRuntimeInSeconds": 60}}
    error = TRAINING.failure(describe(TRAINING, "Stopped", SecondaryStatus="MaxRuntimeExceeded", **limit))
    assert "longer than its MaxRuntimeInSeconds of 60" in error.reason
    assert error.family is Family.USER


def test_a_training_job_leaves_its_model_and_its_bill() -> None:
    description = describe(
        TRAINING,
        "Completed",
        ModelArtifacts={"S3ModelArtifacts": "s3://b/model.tar.gz"},
        TrainingStartTime=datetime(2026, 3, 2, 2, 0, 0, tzinfo=UTC),
        TrainingEndTime=datetime(2026, 3, 2, 2, 1, 30, tzinfo=UTC),
        BillableTimeInSeconds=80,
        HyperParameters={"secret": "not for XCom"},
    )
    assert TRAINING.result(description) == {
        "job_name": "job",
        "job_arn": "arn:job",
        "status": "Completed",
        "outputs": {"model": "s3://b/model.tar.gz"},
        "model_data": "s3://b/model.tar.gz",
        "seconds": 90,
        "billable_seconds": 80,
    }


def test_a_processing_job_leaves_its_outputs_by_name() -> None:
    outputs = [{"OutputName": "report", "S3Output": {"S3Uri": "s3://b/report/"}}, {"OutputName": "features"}]
    result = PROCESSING.result(describe(PROCESSING, "Completed", ProcessingOutputConfig={"Outputs": outputs}))
    assert result["outputs"] == {"report": "s3://b/report/"}
    assert (result["model_data"], result["seconds"]) == (None, None)
