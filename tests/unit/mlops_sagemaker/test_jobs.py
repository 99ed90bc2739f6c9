from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest

from mlops_sagemaker.errors import Family
from mlops_sagemaker.jobs import FAILED, KINDS, PROCESSING, SUCCEEDED, TRAINING, TRANSFORM, TUNING, JobKind

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
    assert error.log == f"CloudWatch Logs group {kind.log_group}, streams {kind.log_prefix('job')}"


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


BEST = {
    "TrainingJobName": "job-003-0123abcd",
    "TunedHyperParameters": {"eta": "0.1"},
    "FinalHyperParameterTuningJobObjectiveMetric": {"MetricName": "validation:mse", "Value": 4.5},
}
COUNTERS = {"Completed": 4, "Stopped": 1}


def tuned(**more: Any) -> dict[str, Any]:
    definition = {"OutputDataConfig": {"S3OutputPath": "s3://b/tune/"}}
    found = {"TrainingJobDefinition": definition, "TrainingJobStatusCounters": COUNTERS, **more}
    return TUNING.result(describe(TUNING, "Completed", **found))


def test_a_tuning_job_leaves_its_best_jobs_model_and_hyperparameters() -> None:
    result = tuned(BestTrainingJob=BEST)
    assert result["model_data"] == "s3://b/tune/job-003-0123abcd/output/model.tar.gz"
    assert (result["best_job_name"], result["best_value"]) == ("job-003-0123abcd", 4.5)
    assert result["best_hyperparameters"] == {"eta": "0.1"}
    assert result["training_jobs"] == COUNTERS


def test_of_several_definitions_the_best_jobs_own_says_where_its_model_lies() -> None:
    definitions = [
        {"DefinitionName": name, "OutputDataConfig": {"S3OutputPath": f"s3://b/{name}", "CompressionType": "NONE"}}
        for name in ("one", "two")
    ]
    result = tuned(
        BestTrainingJob={**BEST, "TrainingJobDefinitionName": "two"},
        TrainingJobDefinition=None,
        TrainingJobDefinitions=definitions,
    )
    assert result["model_data"] == "s3://b/two/job-003-0123abcd/output/model/"


def test_a_tuning_job_without_a_best_job_leaves_no_model() -> None:
    assert tuned()["model_data"] is None


def test_a_transform_job_leaves_its_predictions() -> None:
    output, end = {"S3OutputPath": "s3://b/predictions/"}, datetime(2026, 3, 2, 4, 0, 5, 900, tzinfo=UTC)
    result = TRANSFORM.result(describe(TRANSFORM, "Completed", TransformOutput=output, TransformEndTime=end))
    assert result["outputs"] == {"predictions": "s3://b/predictions/"}
    assert result["ended_at"] == "2026-03-02T04:00:05+00:00"
