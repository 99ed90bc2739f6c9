"""boto3, newest: the samples of SageMaker's guide, its waiters, paginators and exceptions."""

from __future__ import annotations

import datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, WaiterError

from tests.conformance.aws import algorithm
from tests.support.local_aws import BUCKET, IMAGE, LocalAws, processing_request, training_request, unique
from tests.support.polling import eventually

pytestmark = pytest.mark.documented("Amazon SageMaker Developer Guide: samples for the SDK for Python (Boto3)")

QUICK = {"Delay": 1, "MaxAttempts": 60}


@pytest.fixture
def client() -> Any:
    """As every sample begins: no endpoint, no keys, no region in the code."""
    return boto3.client("sagemaker")


def test_jobs_are_waited_for_and_listed_page_by_page(client: Any) -> None:
    name = unique("boto3")
    client.create_training_job(**training_request(name, "print('hello')"))
    client.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=name, WaiterConfig=QUICK)
    client.create_processing_job(**processing_request(name, ""))
    client.get_waiter("processing_job_completed_or_stopped").wait(ProcessingJobName=name, WaiterConfig=QUICK)
    since = datetime.datetime.now() - datetime.timedelta(days=1)
    pages = client.get_paginator("list_training_jobs").paginate(
        CreationTimeAfter=since, PaginationConfig={"PageSize": 1}
    )
    assert name in [job["TrainingJobName"] for page in pages for job in page["TrainingJobSummaries"]]


def test_a_failed_job_ends_its_waiter_with_an_error(client: Any) -> None:
    name = unique("boto3")
    client.create_training_job(**training_request(name, "raise SystemExit(3)"))
    with pytest.raises(WaiterError, match="terminal failure state"):
        client.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=name, WaiterConfig=QUICK)


def test_the_built_in_algorithm_is_trained_and_tuned_on_two_instances(aws: LocalAws, client: Any, role: str) -> None:
    channels, name = algorithm.channels(aws), unique("boto3")
    client.create_training_job(**algorithm.training(name, channels, role))
    client.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=name, WaiterConfig=QUICK)
    metrics = client.describe_training_job(TrainingJobName=name)["FinalMetricDataList"]
    assert {metric["MetricName"] for metric in metrics} == {"train:auc", "validation:auc"}

    client.create_hyper_parameter_tuning_job(**algorithm.tuning(name, channels, role, 20))
    job = tuned(client, name)
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"]["Completed"] == 20
    best = job["BestTrainingJob"]
    (first,) = client.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name, SortBy="FinalObjectiveMetricValue", SortOrder="Descending", MaxResults=1
    )["TrainingJobSummaries"]
    assert first["TrainingJobName"] == best["TrainingJobName"]
    assert set(best["TunedHyperParameters"]) == {"eta", "alpha", "min_child_weight", "max_depth"}


def test_a_script_trains_in_an_image_that_aws_maintains(aws: LocalAws, client: Any, role: str) -> None:
    name = unique("boto3")
    client.create_training_job(**algorithm.script(name, aws, role))
    client.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=name, WaiterConfig=QUICK)
    (metric,) = client.describe_training_job(TrainingJobName=name)["FinalMetricDataList"]
    assert (metric["MetricName"], 0.5 < metric["Value"] < 1) == ("train:r2", True)


def tuned(client: Any, name: str) -> dict[str, Any]:
    """The tuning job once it has ended: boto3 has no waiter for it."""

    def ended() -> dict[str, Any] | None:
        job = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        return None if job["HyperParameterTuningJobStatus"] == "InProgress" else dict(job)

    return eventually(ended, f"the end of {name}", 1200)


def test_a_version_is_registered_looked_at_approved_and_deleted(aws: LocalAws, client: Any) -> None:
    group = unique("scikit-iris-detector")
    client.create_model_package_group(
        ModelPackageGroupName=group, ModelPackageGroupDescription="Sample model package group"
    )
    container = {"Image": IMAGE, "ModelDataUrl": aws.put("boto3/model.tar.gz", b"any")}
    registered = client.create_model_package(
        ModelPackageGroupName=group,
        ModelPackageDescription="Model to detect 3 different types of irises (Setosa, Versicolour, and Virginica)",
        ModelApprovalStatus="PendingManualApproval",
        InferenceSpecification={
            "Containers": [container],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )
    arn = registered["ModelPackageArn"]
    (version,) = client.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]
    assert (version["ModelPackageArn"], version["ModelApprovalStatus"]) == (arn, "PendingManualApproval")
    client.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    described = client.describe_model_package(ModelPackageName=arn)
    assert described["ModelApprovalStatus"] == "Approved"
    assert described["InferenceSpecification"]["Containers"][0]["ModelDataUrl"] == f"s3://{BUCKET}/boto3/model.tar.gz"
    client.delete_model_package(ModelPackageName=arn)
    client.delete_model_package_group(ModelPackageGroupName=group)


def test_a_name_that_is_taken_is_caught_by_its_exception(client: Any) -> None:
    request = processing_request(unique("boto3"), "")
    client.create_processing_job(**request)
    with pytest.raises(client.exceptions.ResourceInUse):
        client.create_processing_job(**request)


def test_what_the_client_does_not_check_the_service_does(client: Any) -> None:
    with pytest.raises(ClientError) as caught:
        client.create_processing_job(**processing_request("under_score", ""))
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
