"""The model's constraints, which the client does not check: name, length, range, pattern, enum, required."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.refusals import invalid
from tests.support.local_aws import LocalAws, processing_request, training_request, unique

JOB_NAME = "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"


def without(request: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in request.items() if name not in names}


@pytest.mark.documented("API_CreateTrainingJob: TrainingJobName")
@pytest.mark.parametrize("name", ["under_score", "-dash", "dash-", "dot.dot", "ümlaut", "two words", "line\n"])
def test_a_name_must_match_the_pattern(sm: Any, name: str) -> None:
    assert invalid(sm.create_training_job, **training_request(name, "")) == (
        f"1 validation error detected: Value '{name}' at 'trainingJobName' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {JOB_NAME}"
    )


@pytest.mark.documented("API_CreateProcessingJob: ProcessingJobName")
@pytest.mark.parametrize("name", ["a" * 63, "a", "A-1--b"])
def test_a_name_within_the_pattern_is_good(aws: LocalAws, sm: Any, name: str) -> None:
    unique_name = f"{unique('p')}-{name}"[:63].rstrip("-")
    assert sm.create_processing_job(**processing_request(unique_name, ""))["ProcessingJobArn"].endswith(unique_name)
    assert aws.processed(unique_name)["ProcessingJobStatus"] == "Completed"


@pytest.mark.documented("API_CreateTrainingJob: TrainingJobName has 1 to 63 characters")
def test_a_name_that_is_too_long_is_told_the_limit(sm: Any) -> None:
    message = invalid(sm.create_training_job, **training_request("a" * 64, ""))
    assert (
        "at 'trainingJobName' failed to satisfy constraint: Member must have length less than or equal to 63" in message
    )


@pytest.mark.documented("API_CreateTrainingJob: required members")
@pytest.mark.parametrize("member", ["TrainingJobName", "RoleArn", "OutputDataConfig", "AlgorithmSpecification"])
def test_a_required_member_must_be_there(sm: Any, member: str) -> None:
    if member == "AlgorithmSpecification":
        request = training_request(unique("x"), "")
        del request[member]["TrainingInputMode"]
        place = "algorithmSpecification.trainingInputMode"
    else:
        request = without(training_request(unique("x"), ""), member)
        place = member[0].lower() + member[1:]
    message = invalid(sm.create_training_job, **request)
    assert f"Value null at '{place}' failed to satisfy constraint: Member must not be null" in message


@pytest.mark.documented("API_CreateProcessingJob: required members")
@pytest.mark.parametrize("member", ["ProcessingJobName", "RoleArn", "AppSpecification", "ProcessingResources"])
def test_a_processing_jobs_required_member_must_be_there(sm: Any, member: str) -> None:
    message = invalid(sm.create_processing_job, **without(processing_request(unique("x"), ""), member))
    assert f"at '{member[0].lower() + member[1:]}' failed to satisfy constraint: Member must not be null" in message


@pytest.mark.documented("API_ProcessingClusterConfig: InstanceType, InstanceCount, VolumeSizeInGB")
def test_every_fault_is_in_the_one_message(sm: Any) -> None:
    cluster = {"InstanceCount": 0, "InstanceType": "ml.huge", "VolumeSizeInGB": 16_385}
    request = processing_request("no_good", "", ProcessingResources={"ClusterConfig": cluster})
    message = invalid(sm.create_processing_job, **request)
    assert message.startswith("4 validation errors detected: ")
    assert "Value 'no_good' at 'processingJobName'" in message
    place = "processingResources.clusterConfig"
    assert (
        f"Value '0' at '{place}.instanceCount' failed to satisfy constraint: Member must have value greater" in message
    )
    assert (
        f"Value 'ml.huge' at '{place}.instanceType' failed to satisfy constraint: Member must satisfy enum" in message
    )
    assert (
        f"Value '16385' at '{place}.volumeSizeInGB' failed to satisfy constraint: Member must have value less"
        in message
    )
    assert message.count("; ") == 3


@pytest.mark.documented("API_CreateTrainingJob: Environment, HyperParameters, Tags, MetricDefinitions")
@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"Environment": {"no-dash": "1"}}, "environment.key"),
        ({"Environment": {"LONG": "x" * 513}}, "environment.LONG.member"),
        ({"HyperParameters": {str(number): "1" for number in range(101)}}, "hyperParameters"),
        ({"HyperParameters": {"depth": "x" * 2501}}, "hyperParameters.depth.member"),
        ({"Tags": [{"Key": "", "Value": "v"}]}, "tags.1.member.key"),
        ({"Tags": [{"Key": "k"}]}, "tags.1.member.value"),
        ({"algorithm": {"MetricDefinitions": [{"Name": "m", "Regex": ""}]}}, "metricDefinitions.1.member.regex"),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 0}}, "stoppingCondition.maxRuntimeInSeconds"),
        ({"RoleArn": "arn:aws:iam::12:role/x"}, "roleArn"),
        ({"OutputDataConfig": {"S3OutputPath": "/local/path"}}, "outputDataConfig.s3OutputPath"),
    ],
)
def test_a_constraint_inside_is_named_by_its_place(sm: Any, changes: dict[str, Any], place: str) -> None:
    message = invalid(sm.create_training_job, **training_request(unique("x"), "", **changes))
    assert f"{place}' failed to satisfy constraint: Member must" in message


@pytest.mark.documented("API_StoppingCondition: MaxRuntimeInSeconds is at most 28 days")
def test_a_training_job_may_run_for_28_days(aws: LocalAws, sm: Any) -> None:
    longest = 28 * 24 * 3600
    aws.train("", StoppingCondition={"MaxRuntimeInSeconds": longest})
    request = training_request(unique("x"), "", StoppingCondition={"MaxRuntimeInSeconds": longest + 1})
    assert "MaxRuntimeInSeconds" in invalid(sm.create_training_job, **request)


@pytest.mark.local_only
def test_a_refused_request_leaves_nothing_behind(sm: Any) -> None:
    name = unique("refused")
    invalid(sm.create_training_job, **training_request(name, "", Environment={"no-dash": "1"}))
    assert invalid(sm.describe_training_job, TrainingJobName=name) == "Requested resource not found."
