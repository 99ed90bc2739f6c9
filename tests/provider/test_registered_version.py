"""What our RegisterModelOperator registers, read back with a plain client."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlops_sagemaker.operators.register import RegisterModelOperator
from tests.support.local_aws import BUCKET, IMAGE, LocalAws, unique
from tests.unit.mlops_sagemaker.contexts import context_for
from tests.unit.mlops_sagemaker.operators.test_register import GATE, RUN, job

pytestmark = pytest.mark.documented("API_CreateModelPackage")


def register(aws: LocalAws, group: str, **run: Any) -> Any:
    """Register a model of a group and describe its version."""
    for name in ("statistics", "constraints"):
        aws.put(f"{group}/quality/xgboost/{name}.json", "{}")
    model = aws.put(f"{group}/model.tar.gz", b"model")
    operator = RegisterModelOperator(
        task_id="register",
        group=group,
        group_description="rings",
        gate=GATE,
        run={**RUN, "image": {"uri": IMAGE, "sha256": "1" * 64}, **run},
        models={"xgboost": model, "forest": "", "linear": f"s3://{BUCKET}/linear.tar.gz"},
        quality=f"s3://{BUCKET}/{group}/quality",
        data_quality=f"s3://{BUCKET}/{group}/quality/xgboost",
        page=f"s3://{BUCKET}/{group}/report.html",
        jobs=["train"],
    )
    context = context_for(operator, xcoms={"train": {0: job("training-job", 30, 20, model)}})
    arn = operator.execute(context)["model_package_arn"]  # type: ignore[arg-type]
    return aws.sagemaker.describe_model_package(ModelPackageName=arn)


def test_a_version_shows_its_whole_history_to_any_client(aws: LocalAws) -> None:
    group = unique("group")
    package = register(aws, group)
    quality = package["ModelMetrics"]["ModelQuality"]
    assert quality["Statistics"]["S3Uri"] == f"s3://{BUCKET}/{group}/quality/xgboost/statistics.json"
    assert package["DriftCheckBaselines"] == package["ModelMetrics"]
    assert package["MetadataProperties"]["GeneratedBy"].endswith(":training-job/job")
    card = json.loads(package["ModelCard"]["ModelCardContent"])
    assert card["evaluation_details"][0]["metric_groups"][0]["metric_data"][0]["value"] == GATE["metrics"]["mse"]
    facts = package["CustomerMetadataProperties"]
    assert (facts["candidates"], facts["failed_candidates"]) == ("xgboost linear", "forest")
    assert (facts["billed_seconds"], facts["champion"]) == ("20", "arn:champion")


def test_a_backfills_version_begins_as_rejected(aws: LocalAws) -> None:
    assert register(aws, unique("group"), run_type="backfill")["ModelApprovalStatus"] == "Rejected"
