"""Accounts and regions: a name is unique within one of each, and nothing is seen from another."""

from __future__ import annotations

import dataclasses

import pytest

from tests.contract.accounts import Account
from tests.contract.refusals import invalid
from tests.support.local_aws import TERMINAL, LocalAws, unique
from tests.support.polling import eventually


def other_region(account: Account) -> Account:
    return dataclasses.replace(account, region="eu-west-1")


@pytest.fixture(params=["account", "region"])
def pair(request: pytest.FixtureRequest, aws: LocalAws, account: Account) -> tuple[Account, Account]:
    """Two accounts, or two regions of one account."""
    return account, Account.new(aws) if request.param == "account" else other_region(account)


@pytest.mark.documented("API_CreateModelPackageGroup; ARNs hold region and account")
def test_groups_and_versions_are_those_of_their_own_scope(pair: tuple[Account, Account]) -> None:
    here, there = pair
    for place in pair:
        place.groups("same")
        arn = place.sagemaker.create_model_package(ModelPackageGroupName="same")["ModelPackageArn"]
        assert arn == place.arn("model-package/same/1")
    here.groups("only-here")
    listed = there.sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]
    assert [item["ModelPackageGroupArn"] for item in listed] == [there.arn("model-package-group/same")]
    foreign = here.arn("model-package/same/1")
    assert "does not exist" in invalid(there.sagemaker.describe_model_package, ModelPackageName=foreign)


@pytest.mark.documented("API_CreateTrainingJob: names are unique within an account and a region")
def test_jobs_are_those_of_their_own_scope(pair: tuple[Account, Account]) -> None:
    here, there = pair
    role = here.create_role()
    here.sagemaker.create_training_job(**here.training_request("same", role))
    missing = invalid(there.sagemaker.describe_training_job, TrainingJobName="same")
    assert missing == "Requested resource not found."
    assert there.sagemaker.list_training_jobs()["TrainingJobSummaries"] == []
    theirs = role if there.number == here.number else there.create_role()
    arn = there.sagemaker.create_training_job(**there.training_request("same", theirs))["TrainingJobArn"]
    assert arn == there.arn("training-job/same")
    for place in pair:
        eventually(lambda place=place: ended(place, "same"), "the job's end")


def ended(place: Account, name: str) -> bool:
    return place.sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] in TERMINAL


@pytest.mark.documented("IAM identifiers: an access key belongs to one account; sts GetCallerIdentity")
def test_an_access_key_of_twelve_digits_is_the_account_everywhere(account: Account) -> None:
    assert account.client("sts").get_caller_identity()["Account"] == account.number


@pytest.mark.documented("API_CreateModelPackage: ClientToken")
def test_a_token_means_something_else_in_another_scope(pair: tuple[Account, Account]) -> None:
    token = unique("t")
    arns = set()
    for place in pair:
        place.groups("g")
        package = place.sagemaker.create_model_package(ModelPackageGroupName="g", ClientToken=token)
        arns.add(package["ModelPackageArn"])
    assert arns == {place.arn("model-package/g/1") for place in pair}
