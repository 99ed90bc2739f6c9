import hashlib
import json
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from mlops_sagemaker.errors import ApiError
from mlops_sagemaker.operators.register import RegisterModelOperator
from tests.unit.mlops_sagemaker.contexts import context_for
from tests.unit.mlops_sagemaker.fake_aws import FakeAws

RUN = {
    "window": {"end": "2026-03-02", "timezone": "UTC"},
    "data": {
        "manifest": "s3://b/manifest.json",
        "sha256": "d" * 64,
        "objects": 2,
        "first_day": "2026-02-01",
        "last_day": "2026-03-01",
    },
    "code": {"uri": "s3://b/code/", "sha256": "c" * 64},
    "image": {"uri": "registry/training:1", "sha256": "1" * 64},
    "release": "0123456789abcdef",
    "champion": {"model_package_arn": "arn:champion"},
    "run_type": "scheduled",
}
GATE = {
    "passed": True,
    "candidate": "xgboost",
    "reason": "all good",
    "metrics": {"mse": 4.5},
    "report": "s3://b/evaluation.json",
    "report_sha256": "e" * 64,
    "record": "s3://b/gate.json",
}
OUTPUT = {"OutputDataConfig": {"S3OutputPath": "s3://b/"}}
QUALITY = {"statistics": b'{"version": 0}', "constraints": b"{}"}


def job(kind: str, seconds: int, billable: int | None = None, model: str | None = None) -> dict[str, Any]:
    arn = f"arn:aws:sagemaker:eu-north-1:000000000000:{kind}/job"
    return {"job_name": "job", "job_arn": arn, "model_data": model, "seconds": seconds, "billable_seconds": billable}


@pytest.fixture
def aws(aws: FakeAws) -> FakeAws:
    aws.call("CreateTrainingJob", {"TrainingJobName": "job", "HyperParameters": {"eta": "0.1"}, **OUTPUT})
    aws.calls.clear()
    for folder in ("quality/xgboost", "data"):
        aws.objects.update({f"b/{folder}/{name}.json": content for name, content in QUALITY.items()})
    aws.objects.update({f"b/{name}.tar.gz": b"model" for name in ("model", "other")})
    return aws


def register(
    model_data: str = "s3://b/model.tar.gz", run_type: str = "scheduled", **gate: Any
) -> RegisterModelOperator:
    return RegisterModelOperator(
        task_id="register",
        group="abalone",
        group_description="rings",
        gate={**GATE, **gate},
        run={**RUN, "run_type": run_type},
        models={"xgboost": model_data, "forest": "", "linear": "s3://b/linear.tar.gz"},
        quality="s3://b/quality",
        data_quality="s3://b/data",
        page="s3://b/report.html",
        jobs=("preprocess", "train"),
    )


def executed(operator: RegisterModelOperator, **of_run: Any) -> dict[str, Any]:
    jobs = {
        0: job("training-job", 30, 20, operator.models["xgboost"]),
        2: job("training-job", 5, 4, "s3://b/linear.tar.gz"),
    }
    xcoms = {"preprocess": job("processing-job", 7), "train": jobs}
    return operator.execute(context_for(operator, xcoms=xcoms, **of_run))


def test_a_model_that_passed_becomes_a_version_pending_approval(aws: FakeAws) -> None:
    assert executed(register()) == {
        "model_package_arn": aws.packages[0]["ModelPackageArn"],
        "version": 1,
        "approval_status": "PendingManualApproval",
        "model_data": "s3://b/model.tar.gz",
        "group": "abalone",
    }
    assert aws.groups == {"abalone": "rings"}


def test_the_package_carries_its_whole_history(aws: FakeAws) -> None:
    executed(register(), run_id="manual__1")
    (package,) = aws.packages
    assert package["CustomerMetadataProperties"] == {
        "model_data": "s3://b/model.tar.gz",
        "model_sha256": hashlib.sha256(b"model").hexdigest(),
        "smoke": "s3://b/quality/xgboost/smoke.json",
        "distribution": "s3://b/quality/xgboost/distribution.json",
        "candidate": "xgboost",
        "candidates": "xgboost linear",
        "failed_candidates": "forest",
        "champion": "arn:champion",
        "window_end": "2026-03-02",
        "data_first_day": "2026-02-01",
        "data_last_day": "2026-03-01",
        "data_manifest": "s3://b/manifest.json",
        "data_sha256": "d" * 64,
        "code": "s3://b/code/",
        "code_sha256": "c" * 64,
        "image": "registry/training:1",
        "image_sha256": "1" * 64,
        "release": "0123456789abcdef",
        "gate": "s3://b/gate.json",
        "evaluation": "s3://b/evaluation.json",
        "evaluation_sha256": "e" * 64,
        "report": "s3://b/report.html",
        "billed_seconds": "31",
        "dag_id": "abalone_training",
        "run_id": "manual__1",
        "run_type": "scheduled",
        "registration": package["ClientToken"],
    }
    assert "mse 4.5" in package["ModelPackageDescription"]


@pytest.mark.parametrize("run_type", ["scheduled", "manual", "asset_triggered", "backfill"])
def test_what_a_backfill_registers_is_rejected_from_the_start_and_says_why(aws: FakeAws, run_type: str) -> None:
    expected = "Rejected" if run_type == "backfill" else "PendingManualApproval"
    assert executed(register(run_type=run_type))["approval_status"] == expected
    assert aws.packages[0]["CustomerMetadataProperties"]["run_type"] == run_type


def test_a_backfill_is_rejected_even_where_approval_is_automatic(aws: FakeAws) -> None:
    operators = [register(run_type=run_type) for run_type in ("manual", "backfill")]
    for operator in operators:
        operator.approval = "automatic"
    statuses = [executed(each, run_id=str(n))["approval_status"] for n, each in enumerate(operators)]
    assert statuses == ["Approved", "Rejected"]


def test_the_package_carries_what_its_quality_is_and_is_watched_by(aws: FakeAws) -> None:
    executed(register())
    (package,) = aws.packages
    quality = package["ModelMetrics"]["ModelQuality"]
    assert quality["Statistics"]["S3Uri"] == "s3://b/quality/xgboost/statistics.json"
    assert quality["Constraints"]["S3Uri"] == "s3://b/quality/xgboost/constraints.json"
    digest = hashlib.sha256(QUALITY["statistics"]).hexdigest()
    assert quality["Statistics"]["ContentDigest"] == f"sha256:{digest}"
    assert package["ModelMetrics"]["ModelDataQuality"]["Constraints"]["S3Uri"] == "s3://b/data/constraints.json"
    assert package["DriftCheckBaselines"] == package["ModelMetrics"]


def test_the_package_carries_the_job_that_made_it_and_a_card(aws: FakeAws) -> None:
    executed(register())
    (package,) = aws.packages
    arn = "arn:aws:sagemaker:eu-north-1:000000000000:training-job/job"
    assert package["MetadataProperties"] == {"GeneratedBy": arn}
    card = json.loads(package["ModelCard"]["ModelCardContent"])
    assert card["training_details"]["training_job_details"]["training_arn"] == arn
    assert card["training_details"]["training_job_details"]["hyper_parameters"] == [{"name": "eta", "value": "0.1"}]
    assert card["additional_information"]["custom_details"]["gate_reason"] == "all good"


def test_a_tuned_model_was_made_by_the_best_job_of_its_tuning(aws: FakeAws) -> None:
    best = {"TrainingJobName": "best", "HyperParameters": {"eta": "0.2"}}
    aws.call("CreateTrainingJob", {**best, **OUTPUT})
    operator = register()
    tuned = {**job("hyper-parameter-tuning-job", 60, None, "s3://b/model.tar.gz"), "best_job_name": "best"}
    operator.execute(context_for(operator, xcoms={"train": {0: tuned}}))
    (package,) = aws.packages
    assert package["MetadataProperties"]["GeneratedBy"].endswith("training-job/best")
    assert '"value": "0.2"' in package["ModelCard"]["ModelCardContent"]


@pytest.mark.parametrize("folder", ["quality/xgboost", "data"])
def test_a_model_whose_quality_or_whose_datas_was_not_written_down_is_not_registered(aws: FakeAws, folder: str) -> None:
    del aws.objects[f"b/{folder}/constraints.json"]
    with pytest.raises(AirflowFailException, match=rf"there is nothing at s3://b/{folder}/constraints\.json"):
        executed(register())
    assert not aws.packages


def test_repeating_or_clearing_the_task_adds_no_second_version(aws: FakeAws) -> None:
    results = [
        executed(operator, generation=generation, try_number=tries)
        for operator, generation, tries in [(register(), 0, 1), (register(), 0, 2), (register(), 2, 3)]
    ]
    assert results[0] == results[1] == results[2]
    assert len(aws.packages) == 1


def test_a_version_whose_answer_got_lost_is_found_by_the_next_try(aws: FakeAws) -> None:
    aws.fail("CreateModelPackage", "InternalFailure", after_acting=True)
    with pytest.raises(ApiError):
        executed(register())
    assert executed(register())["version"] == 1
    assert len(aws.packages) == 1


def test_another_model_is_another_version_and_another_run_of_one_is_not(aws: FakeAws) -> None:
    registrations = [(register(), "1"), (register("s3://b/other.tar.gz"), "1"), (register(), "2")]
    assert [executed(operator, run_id=run_id)["version"] for operator, run_id in registrations] == [1, 2, 1]


def test_what_a_backfill_has_registered_may_be_registered_by_a_night(aws: FakeAws) -> None:
    kinds = ["backfill", "scheduled", "backfill", "manual"]
    assert [executed(register(run_type=kind), run_id=kind)["version"] for kind in kinds] == [1, 2, 1, 2]


def test_a_model_that_is_gone_is_not_registered(aws: FakeAws) -> None:
    del aws.objects["b/model.tar.gz"]
    with pytest.raises(AirflowFailException, match=r"there is no model at s3://b/model\.tar\.gz"):
        executed(register())
    assert not aws.packages


@pytest.mark.parametrize("passed", [False, None, "True", 1])
def test_a_refused_model_is_skipped_with_the_reason_and_leaves_no_trace(aws: FakeAws, passed: object) -> None:
    with pytest.raises(AirflowSkipException, match="mse 7 misses the threshold <= 5"):
        executed(register(passed=passed, reason="mse 7 misses the threshold <= 5"))
    assert not aws.calls


def test_a_registry_that_refuses_is_the_users_error(aws: FakeAws) -> None:
    aws.fail("CreateModelPackage", "AccessDeniedException")
    with pytest.raises(AirflowFailException, match="create_model_package failed with AccessDeniedException"):
        executed(register())
