import json
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from mlops_sagemaker.operators.registry import ModelApprovalOperator, ModelCardOperator
from tests.unit.mlops_sagemaker.contexts import context_for
from tests.unit.mlops_sagemaker.fake_aws import FakeAws


def run(operator: Any) -> Any:
    return operator.execute(context_for(operator))


def registered(aws: FakeAws) -> str:
    request = {"ModelPackageGroupName": "abalone", "ModelApprovalStatus": "PendingManualApproval"}
    return str(aws.call("CreateModelPackage", request)["ModelPackageArn"])


def approval(package: str, status: str = "Approved", why: str = "by policy") -> ModelApprovalOperator:
    return ModelApprovalOperator(task_id="approve", package=package, status=status, description=why)


def test_a_package_is_approved_once_with_the_reason(aws: FakeAws) -> None:
    package = registered(aws)
    for _ in range(2):
        assert run(approval(package))["approval_status"] == "Approved"
    (asked,) = aws.asked("UpdateModelPackage")
    assert (asked["ModelApprovalStatus"], asked["ApprovalDescription"]) == ("Approved", "by policy")


def test_another_opinion_is_another_update(aws: FakeAws) -> None:
    package = registered(aws)
    run(approval(package))
    run(approval(package, "Rejected", "drifts"))
    assert [asked["ModelApprovalStatus"] for asked in aws.asked("UpdateModelPackage")] == ["Approved", "Rejected"]


def test_a_package_that_is_not_there_is_named(aws: FakeAws) -> None:
    with pytest.raises(AirflowFailException, match="there is no model package arn:none"):
        run(approval("arn:none"))


def card(status: str = "Draft", **content: Any) -> ModelCardOperator:
    return ModelCardOperator(task_id="card", card_name="abalone", content=content, status=status)


def test_a_card_is_created_left_alone_and_given_a_new_version(aws: FakeAws) -> None:
    versions = [run(card(x=1))["version"], run(card(x=1))["version"], run(card(x=2))["version"]]
    assert versions == [1, 1, 2]
    assert (len(aws.asked("CreateModelCard")), len(aws.asked("UpdateModelCard"))) == (1, 1)


@pytest.mark.parametrize(("before", "after"), [("Draft", "Archived"), ("Archived", "Draft")])
def test_content_and_status_are_updated_while_the_card_is_not_archived(aws: FakeAws, before: str, after: str) -> None:
    run(card(before, x=1))
    assert run(card(after, x=2))["version"] == 2
    first, second = ("Content" in asked for asked in aws.asked("UpdateModelCard"))
    assert (first, second) == ((True, False) if before == "Draft" else (False, True))
    assert aws.things["abalone"]["ModelCardStatus"] == after


@pytest.fixture
def patient_connection(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection without settings of its own for how often calls are repeated."""
    extra = {"endpoint_url": aws.url, "region_name": "eu-north-1"}
    connection = {"conn_type": "aws", "login": "test", "password": "test", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps(connection))


@pytest.mark.usefixtures("patient_connection")
@pytest.mark.parametrize(("after_acting", "asked"), [(True, 1), (False, 2)], ids=["answer lost", "throttled"])
def test_an_update_that_was_not_answered_makes_one_version(aws: FakeAws, after_acting: bool, asked: int) -> None:
    run(card(x=1))
    aws.fail("UpdateModelCard", "ThrottlingException", after_acting=after_acting)
    assert run(card(x=2))["version"] == 2
    assert len(aws.asked("UpdateModelCard")) == asked
