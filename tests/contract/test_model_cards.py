"""Model cards: versions, statuses, content, lists."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.contract.accounts import Account
from tests.contract.proof import ERROR, SUCCESS, proves
from tests.contract.refusals import invalid, refused
from tests.support.local_aws import ACCOUNT, REGION, LocalAws, unique

GUIDE = "model-cards"


def content(risk: str = "Low", **overview: Any) -> str:
    return json.dumps({"intended_uses": {"risk_rating": risk}, "model_overview": overview})


def create(sm: Any, name: str | None = None, **request: Any) -> str:
    """The name of a new card."""
    name = name or unique("card")
    sm.create_model_card(**{"ModelCardName": name, "Content": content(), "ModelCardStatus": "Draft", **request})
    return name


def arn_of(name: str) -> str:
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-card/{name}"


@proves("CreateModelCard", SUCCESS, "API_CreateModelCard")
def test_creating_a_card_answers_its_arn_and_makes_its_version_one(aws: LocalAws, sm: Any) -> None:
    name = unique("card")
    answer = sm.create_model_card(ModelCardName=name, Content=content(), ModelCardStatus="Draft")
    assert answer["ModelCardArn"] == arn_of(name)
    assert sm.describe_model_card(ModelCardName=name)["ModelCardVersion"] == 1


@proves("CreateModelCard", ERROR, "API_CreateModelCard: ConflictException")
def test_a_cards_name_is_given_once(aws: LocalAws, sm: Any) -> None:
    name = create(sm)
    request = {"ModelCardName": name.upper(), "Content": "{}", "ModelCardStatus": "Draft"}
    code, message = refused(sm.create_model_card, **request)
    assert (code, "already exists" in message) == ("ConflictException", True)


@proves("DescribeModelCard", SUCCESS, "API_DescribeModelCard")
def test_a_card_is_described_by_name_or_arn_whole(aws: LocalAws, sm: Any) -> None:
    security = {"KmsKeyId": "alias/cards"}
    name = create(sm, SecurityConfig=security, Content=content(model_id="m"))
    card = sm.describe_model_card(ModelCardName=name)
    assert set(sm.meta.service_model.operation_model("DescribeModelCard").output_shape.required_members) <= card.keys()
    assert (card["ModelCardArn"], card["ModelCardName"], card["ModelCardStatus"]) == (arn_of(name), name, "Draft")
    assert (card["Content"], card["SecurityConfig"]) == (content(model_id="m"), security)
    by_arn = sm.describe_model_card(ModelCardName=arn_of(name))
    assert {key: by_arn[key] for key in card if key != "ResponseMetadata"} == {
        key: card[key] for key in card if key != "ResponseMetadata"
    }


@proves("DescribeModelCard", ERROR, "API_DescribeModelCard: ResourceNotFound")
def test_a_card_or_version_that_does_not_exist_is_not_found(aws: LocalAws, sm: Any) -> None:
    name = unique("none")
    code, message = refused(sm.describe_model_card, ModelCardName=name)
    assert (code, message) == ("ResourceNotFound", f"Model card {arn_of(name)} does not exist.")
    create(sm, name)
    for number in (0, 2, -1, 2**31 - 1):
        code, message = refused(sm.describe_model_card, ModelCardName=name, ModelCardVersion=number)
        assert (code, message) == ("ResourceNotFound", f"Model card {arn_of(name)} has no version {number}.")


@proves("UpdateModelCard", SUCCESS, f"API_UpdateModelCard; {GUIDE}: edits result in additional versions")
def test_other_content_is_another_version_and_the_old_one_stays_as_it_was(aws: LocalAws, sm: Any) -> None:
    name = create(sm)
    first = sm.describe_model_card(ModelCardName=name)
    assert sm.update_model_card(ModelCardName=name, Content=content("High"))["ModelCardArn"] == arn_of(name)
    latest = sm.describe_model_card(ModelCardName=name)
    assert (latest["ModelCardVersion"], latest["Content"]) == (2, content("High"))
    assert latest["CreationTime"] == first["CreationTime"]
    assert latest["LastModifiedTime"] >= first["LastModifiedTime"]
    old = sm.describe_model_card(ModelCardName=name, ModelCardVersion=1)
    assert {key: old[key] for key in first if key != "ResponseMetadata"} == {
        key: first[key] for key in first if key != "ResponseMetadata"
    }


@proves("UpdateModelCard", ERROR, "API_UpdateModelCard: not both content and status in a single call")
def test_content_and_status_are_not_updated_at_once(aws: LocalAws, sm: Any) -> None:
    name = create(sm)
    both = {"Content": content("High"), "ModelCardStatus": "Approved"}
    assert "cannot be updated in a single call" in invalid(sm.update_model_card, ModelCardName=name, **both)
    assert "Either Content or ModelCardStatus" in invalid(sm.update_model_card, ModelCardName=name)
    code, _ = refused(sm.update_model_card, ModelCardName=unique("none"), ModelCardStatus="Approved")
    assert code == "ResourceNotFound"


@proves("DeleteModelCard", SUCCESS, "API_DeleteModelCard")
def test_a_deleted_card_is_gone_with_its_versions_and_tags_and_its_name_is_free(aws: LocalAws, sm: Any) -> None:
    name = create(sm, Tags=[{"Key": "a", "Value": "b"}])
    sm.update_model_card(ModelCardName=name, Content="{}")
    sm.delete_model_card(ModelCardName=name)
    assert refused(sm.describe_model_card, ModelCardName=name)[0] == "ResourceNotFound"
    create(sm, name)
    assert refused(sm.describe_model_card, ModelCardName=name, ModelCardVersion=2)[0] == "ResourceNotFound"
    assert sm.list_tags(ResourceArn=arn_of(name))["Tags"] == []
    assert len(sm.list_model_card_versions(ModelCardName=name)["ModelCardVersionSummaryList"]) == 1


@proves("DeleteModelCard", ERROR, "API_DeleteModelCard: ResourceNotFound")
def test_deleting_a_card_that_does_not_exist_is_refused(aws: LocalAws, sm: Any) -> None:
    assert refused(sm.delete_model_card, ModelCardName=unique("none"))[0] == "ResourceNotFound"


@proves("ListModelCards", SUCCESS, "API_ListModelCards")
def test_cards_are_listed_with_a_summary(aws: LocalAws, sm: Any) -> None:
    prefix = unique("list")
    names = [create(sm, f"{prefix}-{letter}") for letter in "ba"]
    sm.update_model_card(ModelCardName=names[0], ModelCardStatus="Approved")

    def listed(**request: Any) -> list[str]:
        answer = sm.list_model_cards(NameContains=prefix, **request)
        return [card["ModelCardName"] for card in answer["ModelCardSummaries"]]

    assert listed() == listed(SortBy="CreationTime", SortOrder="Ascending") == names
    assert listed(SortBy="Name") == names[::-1]
    assert listed(ModelCardStatus="Approved") == names[:1]
    (summary,) = sm.list_model_cards(NameContains=names[0])["ModelCardSummaries"]
    assert summary.keys() == {
        "ModelCardName", "ModelCardArn", "ModelCardStatus", "CreationTime", "LastModifiedTime",
    }  # fmt: skip


@proves("ListModelCards", ERROR, "API_ListModelCards: MaxResults is at most 100")
def test_a_page_of_cards_has_at_most_a_hundred(aws: LocalAws, sm: Any) -> None:
    assert "at 'maxResults' failed" in invalid(sm.list_model_cards, MaxResults=101)


@proves("ListModelCardVersions", SUCCESS, "API_ListModelCardVersions: sorted by version by default")
def test_versions_are_listed_by_their_numbers(aws: LocalAws, sm: Any) -> None:
    name = create(sm)
    for _ in range(10):
        sm.update_model_card(ModelCardName=name, Content="{}")
    sm.update_model_card(ModelCardName=name, ModelCardStatus="Approved")

    def listed(**request: Any) -> list[int]:
        pages = sm.get_paginator("list_model_card_versions").paginate(
            ModelCardName=name, PaginationConfig={"PageSize": 4}, **request
        )
        return [item["ModelCardVersion"] for page in pages for item in page["ModelCardVersionSummaryList"]]

    assert listed() == list(range(1, 12))
    assert listed(SortOrder="Descending") == list(range(11, 0, -1))
    assert listed(ModelCardStatus="Approved") == [11]


@proves("ListModelCardVersions", ERROR, "API_ListModelCardVersions: ResourceNotFound")
def test_the_versions_of_a_card_that_does_not_exist_are_no_empty_list(aws: LocalAws, sm: Any) -> None:
    assert refused(sm.list_model_card_versions, ModelCardName=unique("none"))[0] == "ResourceNotFound"


# Statuses


@pytest.mark.documented(f"{GUIDE}-faqs: a version is immutable across all attributes other than the status")
def test_another_status_is_no_other_version(aws: LocalAws) -> None:
    name = create(aws.sagemaker)
    for status in ("PendingReview", "Approved", "Draft", "Archived"):
        aws.sagemaker.update_model_card(ModelCardName=name, ModelCardStatus=status)
        card = aws.sagemaker.describe_model_card(ModelCardName=name)
        assert (card["ModelCardStatus"], card["ModelCardVersion"]) == (status, 1)


@pytest.mark.local_only
def test_the_status_of_an_old_version_is_kept(aws: LocalAws) -> None:
    name = create(aws.sagemaker, ModelCardStatus="PendingReview")
    aws.sagemaker.update_model_card(ModelCardName=name, Content="{}")
    aws.sagemaker.update_model_card(ModelCardName=name, ModelCardStatus="Approved")
    statuses = [
        aws.sagemaker.describe_model_card(ModelCardName=name, ModelCardVersion=number)["ModelCardStatus"]
        for number in (1, 2)
    ]
    assert statuses == ["PendingReview", "Approved"]


@pytest.mark.documented("API_UpdateModelCard: Archived: no more updates should be made to the model card")
def test_the_content_of_an_archived_card_cannot_be_updated(aws: LocalAws) -> None:
    name = create(aws.sagemaker, ModelCardStatus="Archived")
    assert (
        invalid(aws.sagemaker.update_model_card, ModelCardName=name, Content="{}") == "Model Card is in Archived state."
    )
    assert aws.sagemaker.describe_model_card(ModelCardName=name)["ModelCardVersion"] == 1


# Content


@pytest.mark.documented(f"{GUIDE}: model card JSON schema")
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("no JSON", "is not JSON"),
        ('{"intended_uses": {"risk_rating": "high"}}', "intended_uses.risk_rating must be one of High"),
        ('{"nonsense": 1}', "nonsense is unknown"),
    ],
)
def test_content_is_checked_against_the_schema(aws: LocalAws, given: str, said: str) -> None:
    name = create(aws.sagemaker)
    for call, request in (
        (aws.sagemaker.create_model_card, {"ModelCardName": unique("card"), "ModelCardStatus": "Draft"}),
        (aws.sagemaker.update_model_card, {"ModelCardName": name}),
    ):
        message = invalid(call, Content=given, **request)
        assert message.startswith("Content is not in the model card JSON schema: ")
        assert said in message


@pytest.mark.documented("API_DescribeModelCard: IncludedData, Content")
def test_without_the_key_little_of_the_content_is_seen(aws: LocalAws) -> None:
    name = create(aws.sagemaker, Content=content("High", model_id="m", model_owner="o"))
    describe = aws.sagemaker.describe_model_card
    assert json.loads(describe(ModelCardName=name, IncludedData="MetadataOnly")["Content"]) == {
        "intended_uses": {"risk_rating": "High"},
        "model_overview": {"model_id": "m"},
    }
    whole = describe(ModelCardName=name, IncludedData="AllData")["Content"]
    assert whole == describe(ModelCardName=name)["Content"] == content("High", model_id="m", model_owner="o")


# Versions under way, tags, scopes, search


@pytest.mark.local_only
def test_versions_made_at_once_are_all_different(aws: LocalAws) -> None:
    name = create(aws.sagemaker)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: aws.sagemaker.update_model_card(ModelCardName=name, Content="{}"), range(12)))
    versions = aws.sagemaker.list_model_card_versions(ModelCardName=name)["ModelCardVersionSummaryList"]
    assert [item["ModelCardVersion"] for item in versions] == list(range(1, 14))


@pytest.mark.documented("API_CreateModelCard: Tags")
def test_cards_are_tagged(aws: LocalAws) -> None:
    tags = [{"Key": "team", "Value": "ml"}]
    name = create(aws.sagemaker, Tags=tags)
    assert aws.sagemaker.list_tags(ResourceArn=arn_of(name))["Tags"] == tags


@pytest.mark.documented("API_ModelCard: RiskRating, ModelId")
def test_cards_are_searched_by_risk_and_model(account: Account) -> None:
    for name, risk in (("a", "Low"), ("b", "High")):
        create(
            account.sagemaker, name, Content=content(risk, model_id=f"model-{name}"), Tags=[{"Key": "k", "Value": name}]
        )
    filters = [{"Name": "RiskRating", "Operator": "Equals", "Value": "High"}]
    (found,) = account.sagemaker.search(Resource="ModelCard", SearchExpression={"Filters": filters})["Results"]
    card = found["ModelCard"]
    assert (card["ModelCardName"], card["ModelId"], card["RiskRating"]) == ("b", "model-b", "High")
    assert card["Tags"] == [{"Key": "k", "Value": "b"}]


@pytest.mark.documented("API_CreateModelCard: the name is unique")
def test_a_card_is_that_of_its_own_account(aws: LocalAws, account: Account) -> None:
    create(account.sagemaker, "same")
    other = Account.new(aws)
    assert refused(other.sagemaker.describe_model_card, ModelCardName="same")[0] == "ResourceNotFound"
    foreign = account.arn("model-card/same")
    assert refused(other.sagemaker.describe_model_card, ModelCardName=foreign)[0] == "ResourceNotFound"
