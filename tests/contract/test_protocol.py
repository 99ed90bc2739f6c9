"""AWS JSON 1.1 on the wire: what is no request, and how answers look."""

from __future__ import annotations

import socket
import uuid
from typing import Any

import pytest

from tests.contract.refusals import refused
from tests.contract.wire import post
from tests.support.local_aws import LocalAws, processing_request, training_request, unique

UNSUPPORTED = {"CreateFlowDefinition": {}, "ListDomains": {}, "CreateLabelingJob": {}}


@pytest.mark.documented("CommonErrors; protocol AWS JSON 1.1: errors are __type and a message, status 400")
def test_an_error_has_its_code_in_the_body_and_a_request_id(aws: LocalAws) -> None:
    answer = post(aws, "DescribeTrainingJob", {"TrainingJobName": unique("none")})
    assert answer.status == 400
    assert answer.headers["content-type"] == "application/x-amz-json-1.1"
    assert answer.body == {"__type": "ValidationException", "message": "Requested resource not found."}
    assert uuid.UUID(answer.headers["x-amzn-requestid"]).version == 4


@pytest.mark.documented("botocore: ResponseMetadata.RequestId")
def test_every_answer_has_a_request_id_of_its_own(aws: LocalAws) -> None:
    ids = {aws.sagemaker.list_training_jobs()["ResponseMetadata"]["RequestId"] for _ in range(3)}
    assert len(ids) == 3


@pytest.mark.documented("protocol AWS JSON 1.1: timestamps are epoch seconds")
def test_timestamps_are_numbers_of_seconds(aws: LocalAws) -> None:
    name = unique("group")
    created = aws.sagemaker.create_model_package_group(ModelPackageGroupName=name)
    date = created["ResponseMetadata"]["HTTPHeaders"].get("date")
    moment = post(aws, "DescribeModelPackageGroup", {"ModelPackageGroupName": name}).body["CreationTime"]
    assert isinstance(moment, float), date
    described = aws.sagemaker.describe_model_package_group(ModelPackageGroupName=name)["CreationTime"]
    assert described.timestamp() == pytest.approx(moment, abs=0.001)


@pytest.mark.documented("protocol AWS JSON 1.1: absent members are left out")
def test_no_answer_has_a_null(aws: LocalAws) -> None:
    name = unique("group")
    aws.sagemaker.create_model_package_group(ModelPackageGroupName=name)
    body = post(aws, "DescribeModelPackageGroup", {"ModelPackageGroupName": name}).body
    assert None not in body.values()
    assert "ModelPackageGroupDescription" not in body


@pytest.mark.local_only
@pytest.mark.parametrize(
    "body",
    [b"{", b"{'a': 1}", b"\xff\xfe", b'{"CreationTimeAfter": NaN}', b'{"MaxResults": Infinity}', b"[" * 100_000],
    ids=["unfinished", "not JSON", "not UTF-8", "NaN", "Infinity", "endless nesting"],
)
def test_a_body_that_is_no_json_is_refused(aws: LocalAws, body: bytes) -> None:
    answer = post(aws, "ListTrainingJobs", body)
    assert (answer.status, answer.body["__type"]) == (400, "SerializationException")


@pytest.mark.local_only
@pytest.mark.parametrize(
    ("operation", "body", "message"),
    [
        ("ListTrainingJobs", b"[]", "ARRAY value at '$' can not be converted to a structure"),
        ("ListTrainingJobs", {"MaxResults": "5"}, "STRING value at 'maxResults' can not be converted to an integer"),
        ("ListTrainingJobs", {"MaxResults": True}, "BOOLEAN value at 'maxResults' can not be converted to an integer"),
        ("ListTrainingJobs", {"MaxResults": 1.5}, "NUMBER value at 'maxResults' can not be converted to an integer"),
        ("ListTrainingJobs", {"NameContains": 5}, "NUMBER value at 'nameContains' can not be converted to a string"),
        ("AddTags", {"ResourceArn": "x", "Tags": {}}, "OBJECT value at 'tags' can not be converted to a list"),
        ("AddTags", {"ResourceArn": "x", "Tags": [None]}, "NULL value at 'tags.1.member' can not be converted"),
        ("CreateTrainingJob", {"Environment": []}, "ARRAY value at 'environment' can not be converted to a map"),
        (
            "CreateTrainingJob",
            {"EnableNetworkIsolation": "yes"},
            "STRING value at 'enableNetworkIsolation' can not be converted to a boolean",
        ),
    ],
)
def test_a_value_of_another_json_type_is_refused_by_its_place(
    aws: LocalAws, operation: str, body: Any, message: str
) -> None:
    answer = post(aws, operation, body)
    assert answer.body["__type"] == "SerializationException"
    assert answer.body["message"].startswith(message)


@pytest.mark.local_only
def test_an_operation_that_sagemaker_does_not_have_is_refused(aws: LocalAws) -> None:
    answer = post(aws, "TrainFaster", {})
    assert answer.status == 400
    assert answer.body["__type"] == "UnknownOperationException"
    assert "TrainFaster" in answer.body["message"]


@pytest.mark.local_only
@pytest.mark.parametrize("operation", UNSUPPORTED)
def test_an_operation_that_is_not_supported_here_says_which_are(aws: LocalAws, operation: str) -> None:
    answer = post(aws, operation, UNSUPPORTED[operation])
    assert answer.body["__type"] == "UnknownOperationException"
    assert f"does not support {operation}" in answer.body["message"]
    assert "CreateTrainingJob" in answer.body["message"]


@pytest.mark.local_only
def test_a_client_sees_an_unsupported_operation_as_an_error_of_that_code(aws: LocalAws) -> None:
    code, message = refused(aws.sagemaker.list_domains)
    assert (code, "ListDomains" in message) == ("UnknownOperationException", True)


@pytest.mark.documented("CommonErrors: MissingAuthenticationToken")
def test_an_unsigned_request_is_refused(aws: LocalAws) -> None:
    answer = post(aws, "ListTrainingJobs", {}, signature=None)
    assert (answer.status, answer.body["__type"]) == (403, "MissingAuthenticationTokenException")


@pytest.mark.local_only
def test_a_request_that_is_too_large_is_refused(aws: LocalAws) -> None:
    answer = post(aws, "ListTrainingJobs", b'{"NextToken": "' + b"x" * (9 << 20) + b'"}')
    assert (answer.status, answer.body["__type"]) == (413, "RequestEntityTooLargeException")


@pytest.mark.local_only
def test_a_null_is_the_same_as_nothing(aws: LocalAws) -> None:
    name = unique("nulls")
    training = dict.fromkeys(("InputDataConfig", "HyperParameters", "Environment", "StoppingCondition", "Tags"))
    assert post(aws, "CreateTrainingJob", {**training_request(name, ""), **training}).status == 200
    processing = dict.fromkeys(("ProcessingInputs", "ProcessingOutputConfig", "NetworkConfig", "Environment", "Tags"))
    assert post(aws, "CreateProcessingJob", {**processing_request(name, ""), **processing}).status == 200
    group = {"ModelPackageGroupName": name, "ModelPackageGroupDescription": None, "Tags": None}
    assert post(aws, "CreateModelPackageGroup", group).status == 200
    package = {"ModelPackageGroupName": name, "ModelPackageName": None, "ClientToken": None, "ModelMetrics": None}
    assert post(aws, "CreateModelPackage", package).status == 200
    assert aws.trained(name)["StoppingCondition"] == {"MaxRuntimeInSeconds": 86_400}
    assert aws.processed(name)["ProcessingJobStatus"] == "Completed"


@pytest.mark.local_only
def test_members_that_the_request_does_not_have_are_ignored_also_where_the_answer_has_them(aws: LocalAws) -> None:
    name = unique("unknown")
    invented = {"FailureReason": "mine", "AutoMLJobArn": "mine", "FinalMetricDataList": "mine", "Nonsense": {"a": [1]}}
    assert post(aws, "CreateTrainingJob", {**training_request(name, ""), **invented}).status == 200
    assert aws.trained(name)["TrainingJobStatus"] == "Completed"
    body = post(aws, "DescribeTrainingJob", {"TrainingJobName": name, "AndMore": 1}).body
    assert not {"FailureReason", "AutoMLJobArn", "Nonsense"} & body.keys()
    assert body["FinalMetricDataList"] == []


@pytest.mark.local_only
def test_the_server_does_not_close_a_connection_after_five_idle_seconds(aws: LocalAws) -> None:
    """Closed just as a request comes over it, it would lose the answer to what was done, and the client ask again."""
    with socket.create_connection(("127.0.0.1", aws.port), timeout=60) as connection:
        connection.sendall(b"HEAD / HTTP/1.1\r\nhost: s3\r\n\r\n")
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 ")
        connection.settimeout(6.0)  # general HTTP servers give up after five
        with pytest.raises(TimeoutError):
            connection.recv(1)
