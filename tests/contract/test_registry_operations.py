"""Model package groups and model packages: for every operation a documented success and a documented error."""

from __future__ import annotations

from typing import Any

from tests.contract.proof import ERROR, SUCCESS, proves
from tests.contract.refusals import invalid, refused
from tests.support.local_aws import ACCOUNT, REGION, LocalAws, unique


def group(sm: Any) -> str:
    """A new group's name."""
    name = unique("group")
    sm.create_model_package_group(ModelPackageGroupName=name)
    return name


def version(sm: Any, name: str, **request: Any) -> str:
    """The ARN of a new version in group *name*."""
    return str(sm.create_model_package(ModelPackageGroupName=name, **request)["ModelPackageArn"])


@proves("CreateModelPackageGroup", SUCCESS, "API_CreateModelPackageGroup")
def test_creating_a_group_answers_its_arn(aws: LocalAws, sm: Any) -> None:
    name = unique("group")
    answer = sm.create_model_package_group(ModelPackageGroupName=name, ModelPackageGroupDescription="rings of abalone")
    assert answer["ModelPackageGroupArn"] == f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package-group/{name}"
    described = sm.describe_model_package_group(ModelPackageGroupName=name)
    assert described["ModelPackageGroupDescription"] == "rings of abalone"


@proves("CreateModelPackageGroup", ERROR, "API_CreateModelPackageGroup: ModelPackageGroupName")
def test_a_groups_name_has_at_most_63_characters(aws: LocalAws, sm: Any) -> None:
    message = invalid(sm.create_model_package_group, ModelPackageGroupName="g" * 64)
    assert "at 'modelPackageGroupName' failed to satisfy constraint: Member must have length" in message


@proves("DescribeModelPackageGroup", SUCCESS, "API_DescribeModelPackageGroup")
def test_a_group_is_described_by_name_or_arn(aws: LocalAws, sm: Any) -> None:
    name = group(sm)
    described = sm.describe_model_package_group(ModelPackageGroupName=name)
    assert described["ModelPackageGroupStatus"] == "Completed"
    assert described["CreatedBy"] == {}
    by_arn = sm.describe_model_package_group(ModelPackageGroupName=described["ModelPackageGroupArn"])
    assert by_arn["ModelPackageGroupName"] == name


@proves("DescribeModelPackageGroup", ERROR, "API_DescribeModelPackageGroup: ModelPackageGroupName")
def test_a_group_is_not_described_by_what_is_no_name(aws: LocalAws, sm: Any) -> None:
    assert "regular expression" in invalid(sm.describe_model_package_group, ModelPackageGroupName="not a name")


@proves("ListModelPackageGroups", SUCCESS, "API_ListModelPackageGroups")
def test_groups_are_listed_oldest_first_with_a_summary(aws: LocalAws, sm: Any) -> None:
    names = [group(sm), group(sm)]
    listed = sm.list_model_package_groups(MaxResults=100, SortBy="CreationTime")["ModelPackageGroupSummaryList"]
    assert [item["ModelPackageGroupName"] for item in listed if item["ModelPackageGroupName"] in names] == names
    assert all(item.keys() >= {"ModelPackageGroupArn", "CreationTime", "ModelPackageGroupStatus"} for item in listed)


@proves("ListModelPackageGroups", ERROR, "API_ListModelPackageGroups: SortOrder")
def test_groups_are_sorted_in_a_known_order_only(aws: LocalAws, sm: Any) -> None:
    message = invalid(sm.list_model_package_groups, SortOrder="Upwards")
    assert "at 'sortOrder' failed to satisfy constraint: Member must satisfy enum value set" in message


@proves("DeleteModelPackageGroup", SUCCESS, "API_DeleteModelPackageGroup")
def test_an_empty_group_can_be_deleted(aws: LocalAws, sm: Any) -> None:
    name = group(sm)
    sm.delete_model_package_group(ModelPackageGroupName=name)
    assert "does not exist" in invalid(sm.describe_model_package_group, ModelPackageGroupName=name)


@proves("DeleteModelPackageGroup", ERROR, "API_DeleteModelPackageGroup: ConflictException")
def test_a_group_with_versions_cannot_be_deleted(aws: LocalAws, sm: Any) -> None:
    name = group(sm)
    arn = version(sm, name)
    code, message = refused(sm.delete_model_package_group, ModelPackageGroupName=name)
    assert (code, name in message) == ("ConflictException", True)
    assert sm.describe_model_package(ModelPackageName=arn)["ModelPackageArn"] == arn


@proves("CreateModelPackage", SUCCESS, "API_CreateModelPackage")
def test_a_new_version_answers_its_arn(aws: LocalAws, sm: Any) -> None:
    name = group(sm)
    assert version(sm, name) == f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/{name}/1"
    assert version(sm, name) == f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/{name}/2"


@proves("CreateModelPackage", ERROR, "API_CreateModelPackage: Tags")
def test_a_version_has_its_groups_tags_and_takes_none_of_its_own(aws: LocalAws, sm: Any) -> None:
    request = {"ModelPackageGroupName": group(sm), "Tags": [{"Key": "k", "Value": "v"}]}
    assert "Tags" in invalid(sm.create_model_package, **request)


@proves("DescribeModelPackage", SUCCESS, "API_DescribeModelPackage")
def test_a_version_is_described_with_all_that_it_was_made_with(aws: LocalAws, sm: Any) -> None:
    name = group(sm)
    statistics = {"ContentType": "application/json", "S3Uri": "s3://bucket/evaluation.json"}
    given = {
        "ModelPackageDescription": "the first",
        "ModelMetrics": {"ModelQuality": {"Statistics": statistics}},
        "MetadataProperties": {"CommitId": "abc"},
        "CustomerMetadataProperties": {"window": "1995-11-30"},
    }
    described = sm.describe_model_package(ModelPackageName=version(sm, name, **given))
    assert {key: described[key] for key in given} == given
    shape = sm.meta.service_model.operation_model("DescribeModelPackage").output_shape
    # The model requires a name, which AWS's own example of a version does not have.
    assert set(shape.required_members) - {"ModelPackageName"} <= described.keys()
    assert "ModelPackageName" not in described
    assert (described["ModelPackageGroupName"], described["ModelPackageVersion"]) == (name, 1)
    assert described["ModelPackageStatus"] == "Completed"


@proves("DescribeModelPackage", ERROR, "API_DescribeModelPackage: ModelPackageName")
def test_a_package_is_not_described_by_what_is_no_name(aws: LocalAws, sm: Any) -> None:
    assert "regular expression" in invalid(sm.describe_model_package, ModelPackageName="a/b/c")


@proves("ListModelPackages", SUCCESS, "API_ListModelPackages")
def test_a_groups_versions_are_listed_oldest_first_with_a_summary(aws: LocalAws, sm: Any) -> None:
    name = group(sm)
    arns = [version(sm, name), version(sm, name)]
    listed = sm.list_model_packages(ModelPackageGroupName=name)["ModelPackageSummaryList"]
    assert [item["ModelPackageArn"] for item in listed] == arns
    assert [item["ModelPackageVersion"] for item in listed] == [1, 2]
    assert {item["ModelApprovalStatus"] for item in listed} == {"PendingManualApproval"}


@proves("ListModelPackages", ERROR, "API_ListModelPackages: ModelApprovalStatus")
def test_packages_are_filtered_by_a_known_approval_only(aws: LocalAws, sm: Any) -> None:
    message = invalid(sm.list_model_packages, ModelApprovalStatus="Maybe")
    assert "[Approved, Rejected, PendingManualApproval]" in message


@proves("UpdateModelPackage", SUCCESS, "API_UpdateModelPackage")
def test_a_version_is_approved_with_a_reason(aws: LocalAws, sm: Any) -> None:
    arn = version(sm, group(sm))
    answer = sm.update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="better than the champion"
    )
    assert answer["ModelPackageArn"] == arn
    described = sm.describe_model_package(ModelPackageName=arn)
    assert described["ModelApprovalStatus"] == "Approved"
    assert described["ApprovalDescription"] == "better than the champion"


@proves("UpdateModelPackage", ERROR, "API_UpdateModelPackage: ApprovalDescription")
def test_the_reason_of_an_approval_has_at_most_1024_characters(aws: LocalAws, sm: Any) -> None:
    arn = version(sm, group(sm))
    message = invalid(sm.update_model_package, ModelPackageArn=arn, ApprovalDescription="x" * 1025)
    assert "at 'approvalDescription' failed" in message


@proves("DeleteModelPackage", SUCCESS, "API_DeleteModelPackage")
def test_a_deleted_version_is_gone(aws: LocalAws, sm: Any) -> None:
    arn = version(sm, group(sm))
    sm.delete_model_package(ModelPackageName=arn)
    assert invalid(sm.describe_model_package, ModelPackageName=arn) == f"ModelPackage {arn} does not exist."


@proves("DeleteModelPackage", ERROR, "API_DeleteModelPackage: ModelPackageName")
def test_deleting_a_package_needs_its_name(aws: LocalAws, sm: Any) -> None:
    assert "Value null at 'modelPackageName' failed" in invalid(sm.delete_model_package)


@proves("BatchDescribeModelPackage", SUCCESS, "API_BatchDescribeModelPackage")
def test_versions_are_described_together(aws: LocalAws, sm: Any) -> None:
    name = group(sm)
    image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/nightshift/bare:1"
    arns = [version(sm, name, InferenceSpecification={"Containers": [{"Image": image}]}) for _ in range(2)]
    answer = sm.batch_describe_model_package(ModelPackageArnList=arns)
    assert answer["ModelPackageSummaries"].keys() == set(arns)
    shape = sm.meta.service_model.shape_for("BatchDescribeModelPackageSummary")
    summary = answer["ModelPackageSummaries"][arns[1]]
    assert set(shape.required_members) <= summary.keys()
    assert (summary["ModelPackageVersion"], summary["ModelPackageGroupName"]) == (2, name)
    assert answer["BatchDescribeModelPackageErrorMap"] == {}


@proves("BatchDescribeModelPackage", ERROR, "API_BatchDescribeModelPackage: 1 to 100 ARNs")
def test_what_cannot_be_described_is_told_one_by_one(aws: LocalAws, sm: Any) -> None:
    there = version(sm, group(sm))
    absent = there.rpartition("/")[0] + "/7"
    single = sm.create_model_package(ModelPackageName=unique("single"))["ModelPackageArn"]
    answer = sm.batch_describe_model_package(ModelPackageArnList=[there, absent, single])
    assert answer["ModelPackageSummaries"].keys() == {there}
    errors = answer["BatchDescribeModelPackageErrorMap"]
    assert errors == {
        absent: {"ErrorCode": "ValidationException", "ErrorResponse": f"ModelPackage {absent} does not exist."},
        single: {"ErrorCode": "ValidationException", "ErrorResponse": f"ModelPackage {single} is not versioned."},
    }
    assert "at 'modelPackageArnList' failed" in invalid(sm.batch_describe_model_package, ModelPackageArnList=[])


POLICY = '{"Version": "2012-10-17", "Statement": []}'


@proves("PutModelPackageGroupPolicy", SUCCESS, "API_PutModelPackageGroupPolicy")
def test_a_groups_policy_is_put_and_replaced(aws: LocalAws, sm: Any) -> None:
    name = group(sm)
    for policy in ("{}", POLICY):
        answer = sm.put_model_package_group_policy(ModelPackageGroupName=name, ResourcePolicy=policy)
        assert answer["ModelPackageGroupArn"].endswith(f":model-package-group/{name}")
        assert sm.get_model_package_group_policy(ModelPackageGroupName=name)["ResourcePolicy"] == policy
    assert "ResourcePolicy" not in sm.describe_model_package_group(ModelPackageGroupName=name)


@proves("PutModelPackageGroupPolicy", ERROR, "terraform: Cannot find Model Package Group")
def test_a_policy_is_a_json_object_of_a_group_that_exists(aws: LocalAws, sm: Any) -> None:
    put = sm.put_model_package_group_policy
    message = invalid(put, ModelPackageGroupName="none", ResourcePolicy=POLICY)
    assert message == f"Cannot find Model Package Group: arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package-group/none"
    name = group(sm)
    for policy in ("{", "[]", "null", "[" * 20_000):
        assert "ResourcePolicy" in invalid(put, ModelPackageGroupName=name, ResourcePolicy=policy)


@proves("GetModelPackageGroupPolicy", SUCCESS, "API_GetModelPackageGroupPolicy")
def test_a_policy_is_given_back_as_it_was_put(aws: LocalAws, sm: Any) -> None:
    name, policy = group(sm), '{ "Statement" : [ ] }'
    sm.put_model_package_group_policy(ModelPackageGroupName=name, ResourcePolicy=policy)
    assert sm.get_model_package_group_policy(ModelPackageGroupName=name)["ResourcePolicy"] == policy


@proves("GetModelPackageGroupPolicy", ERROR, "terraform: Cannot find resource policy")
def test_a_group_without_a_policy_has_none_to_get(aws: LocalAws, sm: Any) -> None:
    name = group(sm)
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package-group/{name}"
    assert invalid(sm.get_model_package_group_policy, ModelPackageGroupName=name) == (
        f"Cannot find resource policy for: {arn}"
    )


@proves("DeleteModelPackageGroupPolicy", SUCCESS, "API_DeleteModelPackageGroupPolicy")
def test_a_deleted_policy_is_gone(aws: LocalAws, sm: Any) -> None:
    name = group(sm)
    sm.put_model_package_group_policy(ModelPackageGroupName=name, ResourcePolicy=POLICY)
    sm.delete_model_package_group_policy(ModelPackageGroupName=name)
    assert "Cannot find resource policy" in invalid(sm.get_model_package_group_policy, ModelPackageGroupName=name)


@proves("DeleteModelPackageGroupPolicy", ERROR, "terraform: Cannot find resource policy")
def test_a_policy_that_is_not_there_cannot_be_deleted(aws: LocalAws, sm: Any) -> None:
    delete = sm.delete_model_package_group_policy
    assert "Cannot find resource policy" in invalid(delete, ModelPackageGroupName=group(sm))
    assert "Cannot find Model Package Group" in invalid(delete, ModelPackageGroupName=unique("none"))
