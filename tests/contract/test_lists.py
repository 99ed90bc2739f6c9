"""Lists: filters, order, and pages that neither lose nor repeat anything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import pytest

from tests.contract.accounts import Account
from tests.contract.refusals import invalid
from tests.contract.wire import post
from tests.support.local_aws import LocalAws, unique
from tests.support.polling import eventually

NAMES = ["delta", "Alpha", "charlie", "bravo", "echo"]
HOUR = timedelta(hours=1)


def listed(account: Account, **request: Any) -> list[str]:
    """The names of groups in one answer."""
    answer = account.sagemaker.list_model_package_groups(**request)
    return [item["ModelPackageGroupName"] for item in answer["ModelPackageGroupSummaryList"]]


def paged(account: Account, **request: Any) -> list[list[str]]:
    """The names of groups, page by page, as botocore's paginator gets them."""
    pages = account.sagemaker.get_paginator("list_model_package_groups").paginate(**request)
    return [[item["ModelPackageGroupName"] for item in page["ModelPackageGroupSummaryList"]] for page in pages]


# Order


@pytest.mark.documented("API_ListModelPackageGroups: SortBy CreationTime, SortOrder Ascending are the defaults")
def test_groups_come_in_the_order_of_their_creation(account: Account) -> None:
    account.groups(*NAMES)
    assert listed(account) == listed(account, SortBy="CreationTime", SortOrder="Ascending") == NAMES
    assert listed(account, SortOrder="Descending") == NAMES[::-1]


@pytest.mark.documented("API_ListModelPackageGroups: SortBy Name")
def test_groups_are_sorted_by_name(account: Account) -> None:
    account.groups(*NAMES)
    assert listed(account, SortBy="Name") == sorted(NAMES)
    assert listed(account, SortBy="Name", SortOrder="Descending") == sorted(NAMES, reverse=True)


# Filters


@pytest.mark.documented("API_ListModelPackageGroups: NameContains")
def test_names_are_filtered_by_a_part_of_them(account: Account) -> None:
    account.groups(*NAMES)
    assert listed(account, NameContains="a") == ["delta", "Alpha", "charlie", "bravo"]
    assert listed(account, NameContains="rav") == ["bravo"]
    assert listed(account, NameContains="zulu") == []


@pytest.mark.documented("API_ListModelPackageGroups: CreationTimeAfter, CreationTimeBefore")
def test_groups_are_filtered_by_the_time_of_their_creation(account: Account) -> None:
    account.groups(*NAMES)
    now = datetime.now(UTC)
    assert listed(account, CreationTimeAfter=now - HOUR, CreationTimeBefore=now + HOUR) == NAMES
    assert listed(account, CreationTimeAfter=now + HOUR) == []
    assert listed(account, CreationTimeBefore=now - HOUR) == []


@pytest.mark.documented("API_ListModelPackageGroups: CrossAccountFilterOption")
def test_no_other_account_shares_its_groups(account: Account) -> None:
    account.groups("mine")
    assert listed(account, CrossAccountFilterOption="SameAccount") == ["mine"]
    assert listed(account, CrossAccountFilterOption="CrossAccount") == []


@pytest.mark.local_only
@pytest.mark.parametrize("moment", ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00", "2026-01-01T01:00:00+01:00"])
def test_a_filters_time_may_be_iso_8601(aws: LocalAws, moment: str) -> None:
    name = unique("iso")
    aws.sagemaker.create_model_package_group(ModelPackageGroupName=name)
    found = post(aws, "ListModelPackageGroups", {"NameContains": name, "CreationTimeAfter": moment})
    assert [item["ModelPackageGroupName"] for item in found.body["ModelPackageGroupSummaryList"]] == [name]


@pytest.mark.local_only
@pytest.mark.parametrize("moment", ["yesterday", "", 10**400])
def test_a_filters_time_must_be_a_time(aws: LocalAws, moment: str | int) -> None:
    answer = post(aws, "ListTrainingJobs", {"CreationTimeAfter": moment})
    assert (answer.status, answer.body["__type"]) == (400, "SerializationException")
    assert "value at 'creationTimeAfter' can not be converted to a timestamp" in answer.body["message"]


@pytest.mark.local_only
def test_a_time_beyond_all_ages_filters_like_any_other(aws: LocalAws) -> None:
    assert post(aws, "ListTrainingJobs", {"CreationTimeAfter": 10**30}).body == {"TrainingJobSummaries": []}


@pytest.mark.documented("API_ListTrainingJobs, API_ListProcessingJobs: StatusEquals, SortBy Status")
def test_jobs_are_filtered_and_sorted_by_status(aws: LocalAws) -> None:
    prefix = unique("status")
    good, bad = (aws.process(code, ProcessingJobName=f"{prefix}-{code[-2]}") for code in ("exit(0)", "exit(1)"))
    running = aws.process("import time; time.sleep(600)", ProcessingJobName=f"{prefix}-r")
    aws.processed(good), aws.processed(bad)

    def names(**request: Any) -> list[str]:
        answer = aws.sagemaker.list_processing_jobs(NameContains=prefix, **request)
        return [job["ProcessingJobName"] for job in answer["ProcessingJobSummaries"]]

    assert names(StatusEquals="Completed") == [good]
    assert names(StatusEquals="Failed") == [bad]
    assert names(StatusEquals="InProgress") == [running]
    assert names(SortBy="Status") == [good, bad, running]
    assert names(LastModifiedTimeAfter=datetime.now(UTC) + HOUR) == []
    assert names(LastModifiedTimeBefore=datetime.now(UTC) + HOUR, SortBy="Name", SortOrder="Descending") == [
        running, bad, good,
    ]  # fmt: skip
    aws.sagemaker.stop_processing_job(ProcessingJobName=running)
    eventually(lambda: names(StatusEquals="Stopped") == [running], "the stop")


@pytest.mark.documented("API_ListTrainingJobs: WarmPoolStatusEquals, TrainingPlanArnEquals")
def test_no_training_job_has_a_warm_pool_or_a_training_plan(aws: LocalAws) -> None:
    aws.train("")
    assert aws.sagemaker.list_training_jobs(WarmPoolStatusEquals="Available")["TrainingJobSummaries"] == []
    plan = "arn:aws:sagemaker:us-east-1:000000000000:training-plan/plan"
    assert aws.sagemaker.list_training_jobs(TrainingPlanArnEquals=plan)["TrainingJobSummaries"] == []


@pytest.mark.documented("API_ListModelPackages: ModelPackageType is UNVERSIONED by default")
def test_without_a_group_unversioned_packages_are_listed(account: Account) -> None:
    account.groups("group")
    sagemaker = account.sagemaker
    version = sagemaker.create_model_package(ModelPackageGroupName="group")["ModelPackageArn"]
    package = sagemaker.create_model_package(ModelPackageName="single")["ModelPackageArn"]

    def arns(**request: Any) -> list[str]:
        answer = sagemaker.list_model_packages(**request)
        return [item["ModelPackageArn"] for item in answer["ModelPackageSummaryList"]]

    assert arns() == arns(ModelPackageType="Unversioned") == [package]
    assert arns(ModelPackageType="Versioned") == [version]
    assert arns(ModelPackageType="Both") == [version, package]
    assert arns(ModelPackageGroupName="group") == arns(ModelPackageGroupName=account.arn("model-package-group/group"))
    assert arns(ModelPackageGroupName="group") == [version]
    assert arns(ModelPackageGroupName="group", ModelPackageType="Unversioned") == []
    assert arns(ModelPackageType="Both", NameContains="sing") == [package]


@pytest.mark.local_only
def test_versions_are_sorted_by_their_numbers_and_found_by_the_name_of_their_group(account: Account) -> None:
    account.groups("g1", "h")
    for group in ["g1"] * 11 + ["h"]:
        account.sagemaker.create_model_package(ModelPackageGroupName=group)

    def versions(**request: Any) -> list[str]:
        answer = account.sagemaker.list_model_packages(ModelPackageType="Versioned", SortBy="Name", **request)
        return [item["ModelPackageArn"].partition("model-package/")[2] for item in answer["ModelPackageSummaryList"]]

    assert versions() == [*(f"g1/{number}" for number in range(1, 12)), "h/1"]
    assert versions(SortOrder="Descending", MaxResults=3) == ["h/1", "g1/11", "g1/10"]
    assert versions(NameContains="1", MaxResults=1) == ["g1/1"]
    assert versions(NameContains="h") == ["h/1"]
    assert len(versions(NameContains="1")) == 11


@pytest.mark.documented("API_ListModelPackages: ModelApprovalStatus, ModelPackageGroupName, SortOrder")
def test_the_newest_approved_version_is_found_at_once(account: Account) -> None:
    account.groups("group", "other")
    statuses = ["Approved", "Rejected", "Approved", "PendingManualApproval"]
    for status in statuses:
        account.sagemaker.create_model_package(ModelPackageGroupName="group", ModelApprovalStatus=status)
    account.sagemaker.create_model_package(ModelPackageGroupName="other", ModelApprovalStatus="Approved")
    found = account.sagemaker.list_model_packages(
        ModelPackageGroupName="group", ModelApprovalStatus="Approved", SortOrder="Descending", MaxResults=1
    )
    assert [item["ModelPackageVersion"] for item in found["ModelPackageSummaryList"]] == [3]
    assert "NextToken" in found


@pytest.mark.local_only
def test_the_versions_of_a_group_that_does_not_exist_are_no_empty_list(account: Account) -> None:
    message = invalid(account.sagemaker.list_model_packages, ModelPackageGroupName="none")
    assert message == f"ModelPackageGroup {account.arn('model-package-group/none')} does not exist."


# Pages


@pytest.mark.documented("API_ListModelPackageGroups: MaxResults, NextToken")
@pytest.mark.parametrize("order", ["Ascending", "Descending"])
@pytest.mark.parametrize("key", ["Name", "CreationTime"])
def test_pages_are_full_in_order_and_end(account: Account, key: str, order: str) -> None:
    account.groups(*NAMES)
    pages = paged(account, SortBy=key, SortOrder=order, PaginationConfig={"PageSize": 2})
    assert [len(page) for page in pages] == [2, 2, 1]
    assert list(chain.from_iterable(pages)) == listed(account, SortBy=key, SortOrder=order)


@pytest.mark.documented("API_ListModelPackageGroups: NextToken is there if the answer was truncated")
def test_a_last_page_that_is_full_has_no_token(account: Account) -> None:
    account.groups("a", "b")
    assert "NextToken" not in account.sagemaker.list_model_package_groups(MaxResults=2)
    assert "NextToken" in account.sagemaker.list_model_package_groups(MaxResults=1)


@pytest.mark.local_only
@pytest.mark.parametrize("order", ["Ascending", "Descending"])
@pytest.mark.parametrize("key", ["Name", "CreationTime"])
def test_what_comes_and_goes_between_two_pages_hides_and_repeats_nothing(
    account: Account, key: str, order: str
) -> None:
    there_all_along = [f"m{number}" for number in range(6)]
    account.groups("gone", *there_all_along)
    seen, token = [], {}
    for number in range(20):
        answer = account.sagemaker.list_model_package_groups(MaxResults=2, SortBy=key, SortOrder=order, **token)
        seen += [item["ModelPackageGroupName"] for item in answer["ModelPackageGroupSummaryList"]]
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
        account.groups(f"a{number}", f"z{number}")
        if number == 0:
            account.sagemaker.delete_model_package_group(ModelPackageGroupName=seen[0])
    assert len(seen) == len(set(seen))
    assert set(there_all_along) <= set(seen)


@pytest.mark.documented("API_ListTrainingJobs: MaxResults, NextToken")
def test_jobs_are_paged_too(aws: LocalAws) -> None:
    prefix = unique("page")
    names = [aws.train("", TrainingJobName=f"{prefix}-{number}") for number in range(3)]
    pages = list(
        aws.sagemaker.get_paginator("list_training_jobs").paginate(
            NameContains=prefix, SortOrder="Ascending", PaginationConfig={"PageSize": 1}
        )
    )
    assert [job["TrainingJobName"] for page in pages for job in page["TrainingJobSummaries"]] == names
    assert len(pages) == 3


@pytest.mark.local_only
@pytest.mark.parametrize("token", ["nonsense", "bnVsbA==", "WzEsIDJd", "W1sxXSwgMl0=", "WzEuMCwgMWUzMDBd", "é"])
def test_a_token_that_was_not_issued_is_refused(sm: Any, token: str) -> None:
    assert invalid(sm.list_training_jobs, NextToken=token).startswith("Invalid pagination token because ")
    assert invalid(sm.list_model_package_groups, NextToken=token).startswith("Invalid pagination token because ")


@pytest.mark.documented("API_ListTrainingJobs: StatusEquals together with MaxResults takes the most current jobs")
def test_a_page_that_is_filtered_by_status_is_cut_of_the_most_recent_jobs(aws: LocalAws) -> None:
    prefix = unique("recent")
    names = [aws.train("exit(1)", TrainingJobName=f"{prefix}-{number}") for number in range(3)]
    for name in names:
        aws.trained(name)

    def found(**request: Any) -> list[str]:
        answer = aws.sagemaker.list_training_jobs(NameContains=prefix, **request)
        return [job["TrainingJobName"] for job in answer["TrainingJobSummaries"]]

    assert found(StatusEquals="Failed", MaxResults=2) == names[:0:-1]
    assert found(StatusEquals="Failed", MaxResults=2, SortOrder="Ascending") == names[:2]
    assert found(StatusEquals="Failed") == names
    assert found(MaxResults=2) == names[:2]


@pytest.mark.documented("API_ListTrainingJobs: StatusEquals together with MaxResults")
def test_a_page_of_training_jobs_is_cut_before_it_is_filtered_by_status(aws: LocalAws) -> None:
    prefix = unique("cut")
    good, bad = (aws.train(code, TrainingJobName=f"{prefix}-{code[-2]}") for code in ("exit(0)", "exit(1)"))
    aws.trained(good), aws.trained(bad)
    request = {"NameContains": prefix, "StatusEquals": "Failed", "SortBy": "Name"}
    first = aws.sagemaker.list_training_jobs(MaxResults=1, **request)
    assert first["TrainingJobSummaries"] == []
    second = aws.sagemaker.list_training_jobs(MaxResults=1, NextToken=first["NextToken"], **request)
    assert [job["TrainingJobName"] for job in second["TrainingJobSummaries"]] == [bad]
    whole = aws.sagemaker.list_training_jobs(**request)["TrainingJobSummaries"]
    assert [job["TrainingJobName"] for job in whole] == [bad]
