"""Tags: for every operation a documented success and a documented error, which resources have them, and limits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.proof import ERROR, SUCCESS, proves
from tests.contract.refusals import invalid
from tests.support.local_aws import ACCOUNT, REGION, LocalAws, processing_request, training_request, unique

ABSENT = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/absent"


def tags(**values: str) -> list[dict[str, str]]:
    """The API's list."""
    return [{"Key": key, "Value": value} for key, value in values.items()]


def tagged_group(sm: Any, **values: str) -> str:
    """The ARN of a new group with these tags."""
    name = unique("tagged")
    return str(sm.create_model_package_group(ModelPackageGroupName=name, Tags=tags(**values))["ModelPackageGroupArn"])


@proves("AddTags", SUCCESS, "API_AddTags: adds or overwrites")
def test_tags_are_added_or_given_a_new_value(aws: LocalAws, sm: Any) -> None:
    arn = tagged_group(sm, kept="1", changed="2")
    answer = sm.add_tags(ResourceArn=arn, Tags=tags(changed="3", new=""))
    assert answer["Tags"] == tags(changed="3", kept="1", new="")
    assert sm.list_tags(ResourceArn=arn)["Tags"] == answer["Tags"]


@proves("AddTags", ERROR, "API_Tag: Key has at most 128 characters")
def test_a_key_that_is_too_long_is_refused(aws: LocalAws, sm: Any) -> None:
    message = invalid(sm.add_tags, ResourceArn=tagged_group(sm), Tags=tags(**{"k" * 129: "v"}))
    assert "at 'tags.1.member.key' failed to satisfy constraint: Member must have length less than" in message


@proves("ListTags", SUCCESS, "API_ListTags")
def test_the_tags_given_at_creation_are_listed(aws: LocalAws, sm: Any) -> None:
    assert sm.list_tags(ResourceArn=tagged_group(sm, a="1", b="2"))["Tags"] == tags(a="1", b="2")


@proves("ListTags", ERROR, "API_ListTags: MaxResults is at least 50")
def test_a_page_of_tags_has_at_least_fifty(aws: LocalAws, sm: Any) -> None:
    message = invalid(sm.list_tags, ResourceArn=tagged_group(sm), MaxResults=49)
    assert "greater than or equal to 50" in message


@proves("DeleteTags", SUCCESS, "API_DeleteTags")
def test_tags_are_deleted_by_key(aws: LocalAws, sm: Any) -> None:
    arn = tagged_group(sm, a="1", b="2")
    sm.delete_tags(ResourceArn=arn, TagKeys=["a", "never-there"])
    assert sm.list_tags(ResourceArn=arn)["Tags"] == tags(b="2")


@proves("DeleteTags", ERROR, "API_DeleteTags: TagKeys has at least one key")
def test_deleting_no_tag_is_refused(aws: LocalAws, sm: Any) -> None:
    assert "at 'tagKeys' failed" in invalid(sm.delete_tags, ResourceArn=tagged_group(sm), TagKeys=[])


@pytest.mark.documented("API_CreateTrainingJob, API_CreateProcessingJob: Tags")
def test_jobs_are_tagged_too(aws: LocalAws, sm: Any) -> None:
    name = unique("tagged")
    training = sm.create_training_job(**training_request(name, "", Tags=tags(kind="training")))["TrainingJobArn"]
    request = processing_request(name, "", Tags=tags(kind="processing"))
    processing = sm.create_processing_job(**request)["ProcessingJobArn"]
    assert sm.list_tags(ResourceArn=training)["Tags"] == tags(kind="training")
    assert sm.list_tags(ResourceArn=processing)["Tags"] == tags(kind="processing")


@pytest.mark.documented("API_CreateModelPackage: a version uses the tags of its group")
def test_versions_have_the_tags_of_their_group_and_none_of_their_own(aws: LocalAws, sm: Any) -> None:
    group = tagged_group(sm, team="ml")
    name = group.rpartition("/")[2]
    version = sm.create_model_package(ModelPackageGroupName=name)["ModelPackageArn"]
    assert sm.list_tags(ResourceArn=version)["Tags"] == tags(team="ml")
    for refused in (
        invalid(sm.add_tags, ResourceArn=version, Tags=tags(a="1")),
        invalid(sm.delete_tags, ResourceArn=version, TagKeys=["team"]),
        invalid(sm.create_model_package, ModelPackageGroupName=name, Tags=tags(a="1")),
    ):
        assert "uses the group's tags" in refused
    sm.add_tags(ResourceArn=group, Tags=tags(team="ops"))
    assert sm.list_tags(ResourceArn=version)["Tags"] == tags(team="ops")


@pytest.mark.documented("API_CreateModelPackage: Tags, of an unversioned package")
def test_unversioned_packages_are_tagged_too(aws: LocalAws, sm: Any) -> None:
    arn = sm.create_model_package(ModelPackageName=unique("tagged"), Tags=tags(a="1"))["ModelPackageArn"]
    assert sm.list_tags(ResourceArn=arn)["Tags"] == tags(a="1")


@pytest.mark.local_only
def test_tags_are_one_page_so_that_no_token_is_good(aws: LocalAws, sm: Any) -> None:
    message = invalid(sm.list_tags, ResourceArn=tagged_group(sm), NextToken="more")
    assert message.startswith("Invalid pagination token because ")


@pytest.mark.documented("API_Tag: keys are unique per resource")
def test_a_key_given_twice_is_refused(aws: LocalAws, sm: Any) -> None:
    assert "Duplicate tag keys" in invalid(sm.add_tags, ResourceArn=tagged_group(sm), Tags=tags(a="1") + tags(a="2"))


@pytest.mark.documented("Tag naming and usage conventions: the prefix aws: is reserved")
@pytest.mark.parametrize("key", ["aws:cloudformation:stack-name", "AWS:mine"])
def test_the_prefix_of_aws_is_refused(aws: LocalAws, sm: Any, key: str) -> None:
    arn = tagged_group(sm)
    assert key in invalid(sm.add_tags, ResourceArn=arn, Tags=tags(**{key: "1"}))
    assert sm.list_tags(ResourceArn=arn)["Tags"] == []


@pytest.mark.documented("Tag naming and usage conventions: 50 tags per resource")
def test_a_resource_has_at_most_fifty_tags(aws: LocalAws, sm: Any) -> None:
    arn = tagged_group(sm, **{f"k{number}": "" for number in range(50)})
    assert "50" in invalid(sm.add_tags, ResourceArn=arn, Tags=tags(one_more=""))
    sm.add_tags(ResourceArn=arn, Tags=tags(k0="changed"))
    listed = sm.list_tags(ResourceArn=arn)["Tags"]
    assert len(listed) == 50
    assert {"Key": "k0", "Value": "changed"} in listed


@pytest.mark.local_only
@pytest.mark.parametrize(
    "arn",
    [
        ABSENT,
        ABSENT.replace("training-job", "model-package-group"),
        ABSENT.replace("training-job/absent", "endpoint/absent"),
        f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job",
    ],
)
def test_a_resource_that_is_not_there_has_no_tags(aws: LocalAws, sm: Any, arn: str) -> None:
    assert invalid(sm.list_tags, ResourceArn=arn) == f"Could not find resource {arn}."
    assert invalid(sm.add_tags, ResourceArn=arn, Tags=tags(a="1")) == f"Could not find resource {arn}."
    assert invalid(sm.delete_tags, ResourceArn=arn, TagKeys=["a"]) == f"Could not find resource {arn}."


@pytest.mark.local_only
def test_the_arn_of_another_account_or_region_is_not_that_of_the_resource_here(aws: LocalAws, sm: Any) -> None:
    arn = tagged_group(sm)
    for foreign in (arn.replace(ACCOUNT, "1" * 12), arn.replace(REGION, "eu-west-1")):
        assert invalid(sm.add_tags, ResourceArn=foreign, Tags=tags(a="1")) == f"Could not find resource {foreign}."


@pytest.mark.local_only
def test_arns_are_compared_without_case(aws: LocalAws, sm: Any) -> None:
    arn = tagged_group(sm, a="1")
    head, _, name = arn.rpartition("/")
    assert sm.list_tags(ResourceArn=f"{head}/{name.upper()}")["Tags"] == tags(a="1")


@pytest.mark.local_only
def test_a_deleted_resource_takes_its_tags_along(aws: LocalAws, sm: Any) -> None:
    arn = tagged_group(sm, a="1")
    name = arn.rpartition("/")[2]
    sm.delete_model_package_group(ModelPackageGroupName=name)
    sm.create_model_package_group(ModelPackageGroupName=name)
    assert sm.list_tags(ResourceArn=arn)["Tags"] == []
