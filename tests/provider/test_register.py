"""SageMakerRegisterModelVersionOperator."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.providers.amazon.aws.operators.sagemaker import SageMakerRegisterModelVersionOperator
from airflow.providers.amazon.aws.utils.sagemaker import ApprovalStatus
from botocore.exceptions import ClientError

from tests.provider.tasks import run
from tests.support.local_aws import ACCOUNT, IMAGE, REGION, LocalAws, unique

pytestmark = pytest.mark.documented("apache-airflow-providers-amazon: SageMakerRegisterModelVersionOperator")

TOO_LONG = {"CustomerMetadataProperties": {"key": "x" * 257}}


def register(aws: LocalAws, group: str, **arguments: Any) -> str:
    """Run the operator; the ARN of the version that it registers."""
    model = aws.put("models/model.tar.gz", b"any")
    given = {"image_uri": IMAGE, "model_url": model, "package_group_name": group, "package_desc": "of a test"}
    return str(run(SageMakerRegisterModelVersionOperator(task_id="register", **{**given, **arguments})))


def test_the_first_version_makes_the_group_and_the_next_is_in_it(aws: LocalAws) -> None:
    group = unique("group")
    versions = [register(aws, group), register(aws, group, model_approval=ApprovalStatus.APPROVED)]
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/{group}"
    assert versions == [f"{arn}/1", f"{arn}/2"]
    first, second = (aws.sagemaker.describe_model_package(ModelPackageName=version) for version in versions)
    assert (first["ModelApprovalStatus"], second["ModelApprovalStatus"]) == ("PendingManualApproval", "Approved")
    assert first["InferenceSpecification"]["Containers"][0]["Image"] == IMAGE
    assert first["InferenceSpecification"]["SupportedContentTypes"] == ["text/csv"]
    assert first["ModelPackageDescription"] == "of a test"


def test_what_the_operator_has_no_parameter_for_comes_from_its_extras(aws: LocalAws) -> None:
    statistics = {"ContentType": "application/json", "S3Uri": aws.put("reports/statistics.json", "{}")}
    metrics = {"ModelQuality": {"Statistics": statistics}}
    version = register(
        aws, unique("group"), extras={"ModelMetrics": metrics, "CustomerMetadataProperties": {"run": "1"}}
    )
    described = aws.sagemaker.describe_model_package(ModelPackageName=version)
    assert described["ModelMetrics"] == metrics
    assert described["CustomerMetadataProperties"] == {"run": "1"}


def test_a_version_that_is_refused_takes_the_group_that_was_made_for_it_along(aws: LocalAws) -> None:
    group = unique("group")
    with pytest.raises(ClientError, match="ValidationException"):
        register(aws, group, extras=TOO_LONG)
    with pytest.raises(ClientError, match="does not exist"):
        aws.sagemaker.describe_model_package_group(ModelPackageGroupName=group)


@pytest.mark.soak
def test_a_version_that_is_refused_leaves_a_group_that_was_there(aws: LocalAws) -> None:
    group = unique("group")
    register(aws, group)
    with pytest.raises(ClientError, match="ValidationException"):
        register(aws, group, extras=TOO_LONG)
    listed = aws.sagemaker.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]
    assert [version["ModelPackageVersion"] for version in listed] == [1]


def test_an_impossible_name_of_a_group_is_refused(aws: LocalAws) -> None:
    with pytest.raises(ClientError, match=r"ValidationException.*failed to satisfy constraint"):
        register(aws, "under_score")
