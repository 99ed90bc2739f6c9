"""The model registry: versions, idempotency, approval, metadata, identity."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.contract.accounts import Account
from tests.contract.refusals import invalid, refused
from tests.support.local_aws import ACCOUNT, REGION, LocalAws, unique


@pytest.fixture
def group(aws: LocalAws) -> str:
    """The name of a new group."""
    name = unique("Group")
    aws.sagemaker.create_model_package_group(ModelPackageGroupName=name)
    return name


def add(aws: LocalAws, group: str, **request: Any) -> str:
    """A new version's ARN."""
    return str(aws.sagemaker.create_model_package(ModelPackageGroupName=group, **request)["ModelPackageArn"])


def describe(aws: LocalAws, name: str) -> dict[str, Any]:
    return dict(aws.sagemaker.describe_model_package(ModelPackageName=name))


def properties(count: int) -> dict[str, str]:
    return {f"key-{number}": str(number) for number in range(count)}


# Versions


@pytest.mark.documented("model-registry-version: versions of a group are numbered from 1")
def test_versions_count_up_for_each_group_alone(aws: LocalAws, group: str) -> None:
    other = f"{group}-other"
    aws.sagemaker.create_model_package_group(ModelPackageGroupName=other)
    assert [describe(aws, add(aws, name))["ModelPackageVersion"] for name in (group, other, group)] == [1, 1, 2]


@pytest.mark.local_only
def test_a_deleted_versions_number_is_not_given_again(aws: LocalAws, group: str) -> None:
    arns = [add(aws, group) for _ in range(3)]
    for arn in arns[1:]:
        aws.sagemaker.delete_model_package(ModelPackageName=arn)
    assert add(aws, group).endswith(f"/{group}/4")


@pytest.mark.local_only
def test_versions_made_at_once_are_all_different(aws: LocalAws, group: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        arns = list(pool.map(lambda _: add(aws, group), range(16)))
    assert sorted(int(arn.rpartition("/")[2]) for arn in arns) == list(range(1, 17))


@pytest.mark.documented("API_CreateModelPackage: ModelPackageGroupName is a name or an ARN")
def test_a_version_is_added_to_a_group_by_its_arn(aws: LocalAws, group: str) -> None:
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package-group/{group}"
    described = describe(aws, add(aws, arn))
    assert described["ModelPackageGroupName"] == group
    assert described["ModelPackageArn"].endswith(f":model-package/{group}/1")


@pytest.mark.local_only
def test_a_version_of_a_group_that_does_not_exist_is_refused(aws: LocalAws) -> None:
    name = unique("none")
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package-group/{name}"
    message = invalid(aws.sagemaker.create_model_package, ModelPackageGroupName=name)
    assert message == f"ModelPackageGroup {arn} does not exist."


@pytest.mark.documented("API_CreateModelPackage: ModelPackageName for unversioned, ModelPackageGroupName for versioned")
def test_a_package_is_versioned_or_named_and_not_both(aws: LocalAws, group: str) -> None:
    assert invalid(aws.sagemaker.create_model_package, ModelPackageName=unique("p"), ModelPackageGroupName=group) == (
        "Both ModelPackageName and ModelPackageGroupName are provided in the input. Cannot determine which one to use."
    )
    assert "One of ModelPackageName and ModelPackageGroupName" in invalid(aws.sagemaker.create_model_package)


@pytest.mark.documented("API_CreateModelPackage: an unversioned package has neither group nor approval")
def test_an_unversioned_package_is_found_by_name_and_arn_and_has_no_approval(aws: LocalAws) -> None:
    name = unique("package")
    arn = aws.sagemaker.create_model_package(ModelPackageName=name)["ModelPackageArn"]
    assert arn == f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/{name}"
    described = describe(aws, name)
    assert described["ModelPackageArn"] == describe(aws, arn)["ModelPackageArn"] == arn
    assert described["ModelPackageName"] == name
    assert not {"ModelApprovalStatus", "ModelPackageGroupName", "ModelPackageVersion"} & described.keys()
    for call, request in (
        (aws.sagemaker.create_model_package, {"ModelPackageName": unique("package")}),
        (aws.sagemaker.update_model_package, {"ModelPackageArn": arn}),
    ):
        assert "versioned" in invalid(call, **request, ModelApprovalStatus="Approved")


@pytest.mark.local_only
def test_an_unversioned_packages_name_is_given_once(aws: LocalAws) -> None:
    name = unique("package")
    aws.sagemaker.create_model_package(ModelPackageName=name)
    for again in (name, name.upper()):
        code, message = refused(aws.sagemaker.create_model_package, ModelPackageName=again)
        assert (code, "already exists" in message) == ("ResourceInUse", True)


@pytest.mark.local_only
def test_a_groups_name_is_given_once_in_any_letter_case(aws: LocalAws, group: str) -> None:
    for again in (group, group.lower()):
        message = invalid(aws.sagemaker.create_model_package_group, ModelPackageGroupName=again)
        assert message.startswith("Model Package Group already exists: ")


@pytest.mark.local_only
def test_arns_are_found_in_any_letter_case(aws: LocalAws, group: str) -> None:
    arn = add(aws, group)
    assert describe(aws, arn.replace(group, group.lower()))["ModelPackageArn"] == arn


# The same ClientToken again


@pytest.mark.documented("API_CreateModelPackage: ClientToken makes the call idempotent")
def test_the_same_token_again_makes_no_second_version(aws: LocalAws, group: str) -> None:
    token = unique("t")
    first = add(aws, group, ClientToken=token)
    assert add(aws, group, ClientToken=token) == first
    assert add(aws, group, ClientToken=unique("t")).endswith("/2")


@pytest.mark.documented("API_CreateModelPackage: ClientToken makes the call idempotent")
def test_the_same_token_many_times_at_once_makes_one_version(aws: LocalAws, group: str) -> None:
    token = unique("t")
    with ThreadPoolExecutor(8) as pool:
        arns = set(pool.map(lambda _: add(aws, group, ClientToken=token), range(8)))
    assert len(arns) == 1
    assert len(aws.sagemaker.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]) == 1


# Approval


@pytest.mark.documented("model-registry-approve: a new version is PendingManualApproval")
def test_a_new_version_waits_for_approval_unless_told_otherwise(aws: LocalAws, group: str) -> None:
    assert describe(aws, add(aws, group))["ModelApprovalStatus"] == "PendingManualApproval"
    assert describe(aws, add(aws, group, ModelApprovalStatus="Approved"))["ModelApprovalStatus"] == "Approved"


@pytest.mark.documented("model-registry-approve: the status can be changed to any other")
def test_every_approval_can_follow_every_other(aws: LocalAws, group: str) -> None:
    arn = add(aws, group)
    for status in ("Approved", "Rejected", "PendingManualApproval", "Rejected", "Approved", "Approved"):
        aws.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus=status)
        assert describe(aws, arn)["ModelApprovalStatus"] == status
    described = describe(aws, arn)
    assert described["LastModifiedTime"] >= described["CreationTime"]


@pytest.mark.local_only
def test_a_package_that_does_not_exist_is_neither_described_nor_changed_nor_deleted(aws: LocalAws, group: str) -> None:
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/{group}/7"
    gone = f"ModelPackage {arn} does not exist."
    assert invalid(aws.sagemaker.describe_model_package, ModelPackageName=arn) == gone
    assert invalid(aws.sagemaker.delete_model_package, ModelPackageName=arn) == gone
    update = aws.sagemaker.update_model_package
    assert invalid(update, ModelPackageArn=arn, ModelApprovalStatus="Approved") == gone


@pytest.mark.local_only
def test_the_arn_of_another_region_or_type_is_not_that_of_the_package_here(aws: LocalAws, group: str) -> None:
    arn = add(aws, group)
    foreign = [arn.replace(REGION, "eu-west-1"), arn.replace(ACCOUNT, "1" * 12), arn.replace("-package/", "-card/")]
    for other in foreign:
        message = invalid(aws.sagemaker.describe_model_package, ModelPackageName=other)
        assert message == f"ModelPackage {other} does not exist."


# Metadata and specifications


@pytest.mark.documented("API_UpdateModelPackage: CustomerMetadataProperties, CustomerMetadataPropertiesToRemove")
def test_metadata_is_added_replaced_and_removed(aws: LocalAws, group: str) -> None:
    arn = add(aws, group, CustomerMetadataProperties={"kept": "1", "changed": "2", "removed": "3"})
    aws.sagemaker.update_model_package(
        ModelPackageArn=arn,
        CustomerMetadataProperties={"changed": "4", "new": "5"},
        CustomerMetadataPropertiesToRemove=["removed", "never-there"],
    )
    assert describe(aws, arn)["CustomerMetadataProperties"] == {"kept": "1", "changed": "4", "new": "5"}


@pytest.mark.documented("API_DescribeModelPackage: CustomerMetadataProperties has at least one entry")
def test_metadata_of_which_all_is_removed_is_absent(aws: LocalAws, group: str) -> None:
    arn = add(aws, group, CustomerMetadataProperties={"a": "1"})
    update = aws.sagemaker.update_model_package
    update(ModelPackageArn=arn, CustomerMetadataPropertiesToRemove=["a"])
    assert "CustomerMetadataProperties" not in describe(aws, arn)
    update(ModelPackageArn=arn, CustomerMetadataProperties={"b": "2"})
    assert describe(aws, arn)["CustomerMetadataProperties"] == {"b": "2"}


@pytest.mark.documented("API_CreateModelPackage: CustomerMetadataProperties has at most 50 entries")
def test_metadata_has_at_most_fifty_entries(aws: LocalAws, group: str) -> None:
    message = invalid(
        aws.sagemaker.create_model_package, ModelPackageGroupName=group, CustomerMetadataProperties=properties(51)
    )
    assert "at 'customerMetadataProperties' failed" in message
    arn = add(aws, group, CustomerMetadataProperties=properties(50))
    update = aws.sagemaker.update_model_package
    assert "50" in invalid(update, ModelPackageArn=arn, CustomerMetadataProperties={"one": "more"})
    assert describe(aws, arn)["CustomerMetadataProperties"] == properties(50)


@pytest.mark.documented("API_CreateModelPackage: CustomerMetadataProperties: values of at most 256 characters")
def test_a_metadata_value_has_at_most_256_characters(aws: LocalAws, group: str) -> None:
    add(aws, group, CustomerMetadataProperties={"k": "x" * 256})
    too_long = {"k": "x" * 257}
    message = invalid(
        aws.sagemaker.create_model_package, ModelPackageGroupName=group, CustomerMetadataProperties=too_long
    )
    assert "customerMetadataProperties.k" in message


@pytest.mark.documented("API_UpdateModelPackage: additional inference specifications, 15 in total")
def test_additional_inference_specifications_add_up_to_fifteen(aws: LocalAws, group: str) -> None:
    image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/nightshift/bare:1"
    specifications = [{"Name": f"s{number}", "Containers": [{"Image": image}]} for number in range(15)]
    arn = add(aws, group, AdditionalInferenceSpecifications=specifications[:10])
    update = aws.sagemaker.update_model_package
    update(ModelPackageArn=arn, AdditionalInferenceSpecificationsToAdd=specifications[10:])
    assert describe(aws, arn)["AdditionalInferenceSpecifications"] == specifications
    message = invalid(update, ModelPackageArn=arn, AdditionalInferenceSpecificationsToAdd=specifications[:1])
    assert "15" in message
    assert describe(aws, arn)["AdditionalInferenceSpecifications"] == specifications


@pytest.mark.documented("API_UpdateModelPackage: ModelLifeCycle")
def test_the_life_cycle_is_replaced(aws: LocalAws, group: str) -> None:
    arn = add(aws, group)
    stage = {"Stage": "Staging", "StageStatus": "InProgress", "StageDescription": "smoke test"}
    aws.sagemaker.update_model_package(ModelPackageArn=arn, ModelLifeCycle=stage)
    assert describe(aws, arn)["ModelLifeCycle"] == stage


@pytest.mark.local_only
def test_validation_by_a_batch_transform_is_refused_by_name(aws: LocalAws, group: str) -> None:
    source = {"SourceAlgorithms": [{"AlgorithmName": "mine"}]}
    message = invalid(
        aws.sagemaker.create_model_package, ModelPackageGroupName=group, SourceAlgorithmSpecification=source
    )
    assert "SourceAlgorithmSpecification is not supported" in message


@pytest.mark.documented("API_UpdateModelPackage: ClientToken makes the call idempotent")
def test_the_same_update_again_changes_nothing(aws: LocalAws, group: str) -> None:
    arn, token = add(aws, group), unique("t")
    update = aws.sagemaker.update_model_package
    update(ModelPackageArn=arn, ModelApprovalStatus="Approved", ClientToken=token)
    update(ModelPackageArn=arn, ModelApprovalStatus="Rejected", ClientToken=unique("t"))
    again = update(ModelPackageArn=arn, ModelApprovalStatus="Approved", ClientToken=token)
    assert again["ModelPackageArn"] == arn
    assert describe(aws, arn)["ModelApprovalStatus"] == "Rejected"


@pytest.mark.documented("API_CreateModelPackage: SourceUri clones a model package")
def test_a_clone_has_the_inference_specification_of_its_source(aws: LocalAws, group: str) -> None:
    image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/nightshift/bare:1"
    specification = {"Containers": [{"Image": image}], "SupportedContentTypes": ["text/csv"]}
    source = add(aws, group, InferenceSpecification=specification)
    described = describe(aws, add(aws, group, SourceUri=source))
    assert (described["InferenceSpecification"], described["SourceUri"]) == (specification, source)
    own = {"Containers": [{"Image": image, "ModelDataUrl": "s3://b/model.tar.gz"}]}
    clone = add(aws, group, SourceUri=source, InferenceSpecification=own)
    assert describe(aws, clone)["InferenceSpecification"] == own
    empty = describe(aws, add(aws, group, SourceUri=add(aws, group)))
    assert "InferenceSpecification" not in empty


@pytest.mark.local_only
def test_a_clone_needs_its_source_and_other_sources_are_recorded(aws: LocalAws, group: str) -> None:
    absent = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/{group}/9"
    message = invalid(aws.sagemaker.create_model_package, ModelPackageGroupName=group, SourceUri=absent)
    assert message == f"ModelPackage {absent} does not exist."
    for source in (absent.replace(ACCOUNT, "1" * 12), "s3://bucket/model.tar.gz"):
        assert describe(aws, add(aws, group, SourceUri=source))["SourceUri"] == source


@pytest.mark.local_only
def test_an_unversioned_package_has_no_environment(aws: LocalAws, group: str) -> None:
    container = {"Image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/nightshift/bare:1", "Environment": {"A": "b"}}
    specification = {"Containers": [container]}
    add(aws, group, InferenceSpecification=specification)
    request = {"ModelPackageName": unique("package"), "InferenceSpecification": specification}
    message = invalid(aws.sagemaker.create_model_package, **request)
    assert message == "Environment variable map cannot be specified when using non-versioned ModelPackages"


@pytest.mark.documented("model-registry-details: CertifyForMarketplace is False in what DescribeModelPackage answers")
def test_no_package_is_for_the_marketplace_unless_told_so(aws: LocalAws, group: str) -> None:
    assert describe(aws, add(aws, group))["CertifyForMarketplace"] is False
    assert describe(aws, add(aws, group, CertifyForMarketplace=True))["CertifyForMarketplace"] is True


# The card of a package

SCHEMA = "model-registry-details: model package model card schema"


def card(risk: str = "Low", status: str = "Draft") -> dict[str, str]:
    content = {"intended_uses": {"risk_rating": risk}, "model_overview": {"model_creator": "ml"}}
    return {"ModelCardContent": json.dumps(content), "ModelCardStatus": status}


@pytest.mark.documented(SCHEMA)
def test_a_packages_card_is_of_its_schema(aws: LocalAws, group: str) -> None:
    arn = add(aws, group, ModelCard=card())
    assert describe(aws, arn)["ModelCard"] == card()
    other = {"ModelCardContent": '{"model_overview": {"model_id": "m"}}', "ModelCardStatus": "Draft"}
    for call, request in (
        (aws.sagemaker.create_model_package, {"ModelPackageGroupName": group}),
        (aws.sagemaker.update_model_package, {"ModelPackageArn": arn}),
    ):
        message = invalid(call, ModelCard=other, **request)
        assert message.startswith("ModelCard.ModelCardContent is not in the model package model card schema: ")
        assert "model_overview.model_id is unknown" in message
    assert describe(aws, arn)["ModelCard"] == card()


@pytest.mark.documented("API_UpdateModelPackage: ModelCard")
def test_a_packages_card_is_updated_in_part(aws: LocalAws, group: str) -> None:
    arn = add(aws, group)
    update = aws.sagemaker.update_model_package
    update(ModelPackageArn=arn, ModelCard=card())
    update(ModelPackageArn=arn, ModelCard={"ModelCardStatus": "Approved"})
    assert describe(aws, arn)["ModelCard"] == card(status="Approved")
    update(ModelPackageArn=arn, ModelCard={"ModelCardContent": card("High")["ModelCardContent"]})
    assert describe(aws, arn)["ModelCard"] == card("High", "Approved")


@pytest.mark.documented("API_ModelPackageModelCard: Archived: Model Card is in Archived state")
def test_the_content_of_an_archived_card_cannot_be_updated(aws: LocalAws, group: str) -> None:
    arn = add(aws, group, ModelCard=card(status="Archived"))
    update = aws.sagemaker.update_model_package
    assert invalid(update, ModelPackageArn=arn, ModelCard=card("High")) == "Model Card is in Archived state."
    update(ModelPackageArn=arn, ModelCard={"ModelCardStatus": "Draft"})
    update(ModelPackageArn=arn, ModelCard=card("High"))
    assert describe(aws, arn)["ModelCard"] == card("High")


@pytest.mark.documented(
    "API_DescribeModelPackage: IncludedData MetadataOnly sanitizes ModelCardContent, and nothing else"
)
def test_without_the_key_little_of_the_card_is_seen(aws: LocalAws, group: str) -> None:
    arn = add(aws, group, ModelCard=card("High", "Approved"), CustomerMetadataProperties={"a": "b"})
    seen = aws.sagemaker.describe_model_package(ModelPackageName=arn, IncludedData="MetadataOnly")
    assert seen["ModelCard"]["ModelCardStatus"] == "Approved"
    assert json.loads(seen["ModelCard"]["ModelCardContent"]) == {"intended_uses": {"risk_rating": "High"}}
    whole = aws.sagemaker.describe_model_package(ModelPackageName=arn, IncludedData="AllData")
    assert whole["ModelCard"] == card("High", "Approved")
    others = whole.keys() - {"ModelCard", "ResponseMetadata"}
    assert {name: seen[name] for name in others} == {name: whole[name] for name in others}
    without = aws.sagemaker.describe_model_package(ModelPackageName=add(aws, group), IncludedData="MetadataOnly")
    assert "ModelCard" not in without


# Deleting groups


@pytest.mark.documented("API_DeleteModelPackageGroup: ConflictException")
def test_a_group_is_deleted_once_its_last_version_is(aws: LocalAws, group: str) -> None:
    arn = add(aws, group)
    with pytest.raises(aws.sagemaker.exceptions.ConflictException):
        aws.sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    aws.sagemaker.delete_model_package(ModelPackageName=arn)
    aws.sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    assert invalid(aws.sagemaker.delete_model_package_group, ModelPackageGroupName=group).endswith("does not exist.")


@pytest.mark.local_only
def test_a_group_made_again_does_not_give_old_version_numbers_to_new_models(account: Account) -> None:
    sagemaker = account.sagemaker
    account.groups("again")
    arn = sagemaker.create_model_package(ModelPackageGroupName="again")["ModelPackageArn"]
    sagemaker.delete_model_package(ModelPackageName=arn)
    sagemaker.delete_model_package_group(ModelPackageGroupName="again")
    account.groups("again")
    assert sagemaker.create_model_package(ModelPackageGroupName="again")["ModelPackageArn"] != arn
