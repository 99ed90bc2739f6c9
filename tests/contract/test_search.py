"""Search: resources of every kind that is stored here, whole, in order, page by page."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.accounts import Account
from tests.contract.proof import ERROR, SUCCESS, proves
from tests.contract.refusals import invalid
from tests.contract.wire import post
from tests.support.hosting import Hosting, variant
from tests.support.local_aws import LocalAws, training_request, unique
from tests.support.polling import eventually
from tests.support.tuning import tune, tuned

SEARCH = "API_Search"


def equals(name: str, value: str) -> dict[str, Any]:
    return {"Filters": [{"Name": name, "Operator": "Equals", "Value": value}]}


def tagged(**tags: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def groups(account: Account, **request: Any) -> list[str]:
    """The names of the groups that a search finds."""
    found = account.sagemaker.search(Resource="ModelPackageGroup", **request)["Results"]
    return [item["ModelPackageGroup"]["ModelPackageGroupName"] for item in found]


@pytest.fixture
def team(account: Account) -> Account:
    """An account with three groups, two of them tagged."""
    for name, tags in (("a", {"team": "ml"}), ("b", {"team": "ops"}), ("c", {})):
        account.sagemaker.create_model_package_group(
            ModelPackageGroupName=name, ModelPackageGroupDescription=f"of {name}", Tags=tagged(**tags)
        )
    return account


@proves("Search", SUCCESS, f"{SEARCH}, API_SearchRecord")
def test_a_training_job_is_found_by_its_tag_its_hyperparameter_and_its_metric(aws: LocalAws, sm: Any) -> None:
    tag = unique("tag")
    names = [
        aws.train(
            f"print('loss={loss};')",
            HyperParameters={"rate": rate},
            Tags=tagged(run=tag),
            algorithm={"MetricDefinitions": [{"Name": "loss", "Regex": "loss=(.*);"}]},
        )
        for rate, loss in (("0.1", 3.5), ("0.2", 1.5), ("0.3", 2.5))
    ]
    jobs = [aws.trained(name) for name in names]
    filters = [
        {"Name": "Tags.run", "Operator": "Equals", "Value": tag},
        {"Name": "HyperParameters.rate", "Operator": "GreaterThan", "Value": "0.15"},
        {"Name": "Metrics.loss", "Operator": "LessThan", "Value": "3"},
    ]
    answer = sm.search(
        Resource="TrainingJob", SearchExpression={"Filters": filters}, SortBy="Metrics.loss", SortOrder="Ascending"
    )
    found = [item["TrainingJob"] for item in answer["Results"]]
    assert [job["TrainingJobName"] for job in found] == names[1:]
    assert answer["TotalHits"] == {"Value": 2, "Relation": "EqualTo"}
    shape = sm.meta.service_model.shape_for("TrainingJob")
    for job, described in zip(found, jobs[1:], strict=True):
        assert job["Tags"] == tagged(run=tag)
        same = shape.members.keys() & described.keys()
        assert {key: job[key] for key in same} == {key: described[key] for key in same}


@proves("Search", ERROR, f"{SEARCH}: you must specify a valid property for the resource")
def test_what_the_resource_does_not_have_cannot_be_searched_by(aws: LocalAws, sm: Any) -> None:
    message = invalid(sm.search, Resource="TrainingJob", SearchExpression=equals("Nonsense", "1"))
    assert message == "Nonsense is not a property of the resource"
    assert "is not a property" in invalid(sm.search, Resource="TrainingJob", SortBy="Metrics")
    contains = {"Name": "TrainingJobName", "Operator": "Contains", "Value": "a"}
    message = invalid(sm.search, Resource="TrainingJob", SearchExpression={"Filters": [contains, contains]})
    assert message == "'CONTAINS' operator usage limit of 1 exceeded."


@proves("GetSearchSuggestions", SUCCESS, "API_GetSearchSuggestions: HyperParameters, Tags and Metrics")
def test_the_names_that_resources_have_are_suggested(aws: LocalAws, sm: Any) -> None:
    mark = unique("x")
    request = training_request(
        unique("t"), "", HyperParameters={f"{mark}-rate": "1"}, Tags=tagged(**{f"{mark}-tag": "1"})
    )
    sm.create_training_job(**request)

    def suggested(hint: str) -> list[str]:
        query = {"PropertyNameQuery": {"PropertyNameHint": hint}}
        answer = sm.get_search_suggestions(Resource="TrainingJob", SuggestionQuery=query)
        return [item["PropertyName"] for item in answer["PropertyNameSuggestions"]]

    assert suggested(f"HyperParameters.{mark}") == [f"HyperParameters.{mark}-rate"]
    assert suggested(f"Tags.{mark}") == [f"Tags.{mark}-tag"]
    assert suggested(mark) == []
    everything = sm.get_search_suggestions(Resource="TrainingJob")["PropertyNameSuggestions"]
    assert {"PropertyName": f"Tags.{mark}-tag"} in everything


@proves("GetSearchSuggestions", ERROR, "API_GetSearchSuggestions: Resource is required")
def test_suggestions_are_of_one_kind_of_resource(aws: LocalAws, sm: Any) -> None:
    assert "at 'resource' failed" in invalid(sm.get_search_suggestions)
    assert "does not search resource Experiment" in invalid(sm.get_search_suggestions, Resource="Experiment")


@pytest.mark.documented("API_GetSearchSuggestions: Metrics")
def test_metrics_are_suggested(aws: LocalAws) -> None:
    metric = unique("loss")
    definitions = [{"Name": metric, "Regex": "loss=(.*);"}]
    aws.trained(aws.train("print('loss=1;')", algorithm={"MetricDefinitions": definitions}))
    query = {"PropertyNameQuery": {"PropertyNameHint": "Metrics."}}
    found = aws.sagemaker.get_search_suggestions(Resource="TrainingJob", SuggestionQuery=query)
    assert {"PropertyName": f"Metrics.{metric}"} in found["PropertyNameSuggestions"]


@pytest.mark.documented(f"{SEARCH}: the default order is LastModifiedTime, Descending")
def test_without_an_expression_all_are_found_the_last_changed_first(account: Account) -> None:
    account.groups("group")
    arns = [account.sagemaker.create_model_package(ModelPackageGroupName="group")["ModelPackageArn"] for _ in range(3)]

    def found() -> list[str]:
        answer = account.sagemaker.search(Resource="ModelPackage")
        return [item["ModelPackage"]["ModelPackageArn"] for item in answer["Results"]]

    assert found() == arns[::-1]
    eventually(lambda: _approve(account, arns[0]) and found()[0] == arns[0], "a change in another millisecond")


def _approve(account: Account, arn: str) -> bool:
    return bool(account.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved"))


@pytest.mark.documented("API_SearchRecord: ModelPackage, ModelPackageGroup, with their Tags")
def test_packages_and_groups_are_found_as_they_are_described(team: Account) -> None:
    sagemaker = team.sagemaker
    metadata = {"dataset": "v7"}
    arn = sagemaker.create_model_package(ModelPackageGroupName="a", CustomerMetadataProperties=metadata)[
        "ModelPackageArn"
    ]
    (found,) = sagemaker.search(
        Resource="ModelPackage", SearchExpression=equals("CustomerMetadataProperties.dataset", "v7")
    )["Results"]
    described = sagemaker.describe_model_package(ModelPackageName=arn)
    assert found["ModelPackage"]["ModelPackageVersion"] == described["ModelPackageVersion"] == 1
    assert found["ModelPackage"]["CustomerMetadataProperties"] == metadata
    (group,) = sagemaker.search(Resource="ModelPackageGroup", SearchExpression=equals("ModelPackageGroupName", "a"))[
        "Results"
    ]
    assert group["ModelPackageGroup"]["ModelPackageGroupDescription"] == "of a"
    assert group["ModelPackageGroup"]["Tags"] == tagged(team="ml")


@pytest.mark.documented("API_CreateModelPackage: a version uses the tags of its group")
def test_versions_are_found_by_the_tags_of_their_group(team: Account) -> None:
    for name in ("a", "b"):
        team.sagemaker.create_model_package(ModelPackageGroupName=name)
    team.sagemaker.create_model_package(ModelPackageName="single", Tags=tagged(team="ml"))
    answer = team.sagemaker.search(
        Resource="ModelPackage",
        SearchExpression=equals("Tags.team", "ml"),
        SortBy="CreationTime",
        SortOrder="Ascending",
    )
    packages = [item["ModelPackage"] for item in answer["Results"]]
    assert [package["ModelPackageArn"].partition("model-package/")[2] for package in packages] == ["a/1", "single"]
    assert [package["Tags"] for package in packages] == [tagged(team="ml")] * 2


@pytest.mark.documented(f"{SEARCH}: SearchExpression with Operator Or")
def test_conditions_are_joined(team: Account) -> None:
    either = {
        "Operator": "Or",
        "Filters": [*equals("Tags.team", "ml")["Filters"], *equals("ModelPackageGroupName", "c")["Filters"]],
    }
    assert groups(team, SearchExpression=either, SortBy="ModelPackageGroupName", SortOrder="Ascending") == ["a", "c"]
    assert groups(team, SearchExpression={"SubExpressions": [either, equals("Tags.team", "ml")]}) == ["a"]


@pytest.mark.documented(f"{SEARCH}: MaxResults, NextToken, SortBy, SortOrder")
@pytest.mark.parametrize("by", ["ModelPackageGroupName", "Tags.team", "CreationTime"])
@pytest.mark.parametrize("order", ["Ascending", "Descending"])
def test_pages_are_full_in_order_and_end(team: Account, by: str, order: str) -> None:
    pages = list(
        team.sagemaker.get_paginator("search").paginate(
            Resource="ModelPackageGroup", SortBy=by, SortOrder=order, PaginationConfig={"PageSize": 2}
        )
    )
    names = [[item["ModelPackageGroup"]["ModelPackageGroupName"] for item in page["Results"]] for page in pages]
    assert [len(page) for page in names] == [2, 1]
    assert [name for page in names for name in page] == groups(team, SortBy=by, SortOrder=order)
    assert {page["TotalHits"]["Value"] for page in pages} == {3}


@pytest.mark.local_only
def test_a_token_is_good_for_its_own_search_only(team: Account) -> None:
    search = team.sagemaker.search
    token = search(Resource="ModelPackageGroup", MaxResults=1)["NextToken"]
    assert len(search(Resource="ModelPackageGroup", MaxResults=5, NextToken=token)["Results"]) == 2
    for other in ({"SortOrder": "Ascending"}, {"SearchExpression": equals("Tags.team", "ml")}):
        message = invalid(search, Resource="ModelPackageGroup", NextToken=token, **other)
        assert message.startswith("Invalid pagination token because ")
    assert invalid(search, Resource="TrainingJob", NextToken=token).startswith("Invalid pagination token because ")
    assert invalid(search, Resource="TrainingJob", NextToken="x").startswith("Invalid pagination token because ")


@pytest.mark.documented(f"{SEARCH}: VisibilityConditions")
def test_resources_with_another_value_of_a_tag_are_not_seen(team: Account) -> None:
    conditions = [{"Key": "Tags.team", "Value": "ml"}]
    assert sorted(groups(team, VisibilityConditions=conditions)) == ["a", "c"]
    message = invalid(
        team.sagemaker.search, Resource="TrainingJob", VisibilityConditions=[{"Key": "team", "Value": "x"}]
    )
    assert "Tags.<key>" in message


@pytest.mark.documented(f"{SEARCH}: CrossAccountFilterOption")
def test_no_other_account_shares_its_resources(team: Account) -> None:
    assert groups(team, CrossAccountFilterOption="CrossAccount") == []
    assert len(groups(team, CrossAccountFilterOption="SameAccount")) == 3


@pytest.mark.documented(f"{SEARCH}: the resources of the account in the region")
def test_a_search_is_of_one_account_and_region(aws: LocalAws, team: Account) -> None:
    assert groups(Account.new(aws)) == []
    assert groups(Account(aws, team.number, "eu-west-1")) == []


@pytest.mark.local_only
@pytest.mark.parametrize(
    ("depth", "code", "message"),
    [
        (60, "ValidationException", "at most 50 conditions in all; this has 61"),
        (5000, "SerializationException", "nested too deeply"),
    ],
)
def test_an_expression_is_not_nested_without_end(aws: LocalAws, depth: int, code: str, message: str) -> None:
    inmost = '{"Filters": [{"Name": "TrainingJobName", "Value": "a"}]}'
    expression = '{"SubExpressions": [' * depth + inmost + "]}" * depth
    answer = post(aws, "Search", f'{{"Resource": "TrainingJob", "SearchExpression": {expression}}}'.encode())
    assert (answer.status, answer.body["__type"]) == (400, code)
    assert message in answer.body["message"]


@pytest.mark.local_only
@pytest.mark.parametrize("resource", ["Experiment", "Pipeline", "FeatureGroup", "Project", "HubContent"])
def test_a_resource_that_is_not_stored_here_cannot_be_searched(sm: Any, resource: str) -> None:
    message = invalid(sm.search, Resource=resource)
    assert message.startswith(f"The local SageMaker does not search resource {resource}. It searches: TrainingJob, ")


@pytest.mark.documented("API_HyperParameterTuningJobSearchEntity, API_SearchRecord")
def test_a_tuning_job_is_found_by_its_strategy_with_its_best_training_job(aws: LocalAws) -> None:
    name = tune(aws, config={"Strategy": "Random"}, Tags=tagged(team="ml"))
    described = tuned(aws, name)
    filters = [
        *equals("HyperParameterTuningJobName", name)["Filters"],
        *equals("HyperParameterTuningJobConfig.Strategy", "Random")["Filters"],
        {"Name": "TrainingJobStatusCounters.Completed", "Operator": "GreaterThan", "Value": "0"},
    ]
    answer = aws.sagemaker.search(Resource="HyperParameterTuningJob", SearchExpression={"Filters": filters})
    (found,) = [item["HyperParameterTuningJob"] for item in answer["Results"]]
    assert found["BestTrainingJob"] == described["BestTrainingJob"]
    assert found["HyperParameterTuningJobStatus"] == described["HyperParameterTuningJobStatus"] == "Completed"
    assert found["Tags"] == tagged(team="ml")


@pytest.mark.documented("API_Endpoint, API_SearchRecord")
def test_an_endpoint_is_found_by_its_configuration(hosting: Hosting) -> None:
    config = hosting.config(variant(hosting.model()))
    name = hosting.endpoint(config)
    hosting.settled(name)
    expression = equals("EndpointConfigName", config)
    (found,) = hosting.sagemaker.search(Resource="Endpoint", SearchExpression=expression)["Results"]
    endpoint, described = found["Endpoint"], hosting.sagemaker.describe_endpoint(EndpointName=name)
    assert endpoint.pop("Tags") == []
    assert endpoint == {member: described[member] for member in endpoint}
    assert (endpoint["EndpointName"], endpoint["EndpointStatus"]) == (name, "InService")


@pytest.mark.documented("API_ModelDashboardModel, API_SearchRecord")
def test_a_model_is_found_with_what_there_is_of_it(hosting: Hosting) -> None:
    sagemaker, name, other = hosting.sagemaker, hosting.model(), hosting.model()
    arn = sagemaker.describe_model(ModelName=name)["ModelArn"]
    sagemaker.add_tags(ResourceArn=arn, Tags=tagged(team="ml"))
    endpoint = hosting.endpoint(hosting.config(variant(name)))
    card = unique("card")
    content = json.dumps({"model_overview": {"model_id": arn}, "intended_uses": {"risk_rating": "Low"}})
    sagemaker.create_model_card(ModelCardName=card, Content=content, ModelCardStatus="Draft")
    expression = {
        "Operator": "Or",
        "Filters": [*equals("Model.ModelName", name)["Filters"], *equals("Model.ModelName", other)["Filters"]],
    }
    found = sagemaker.search(Resource="Model", SearchExpression=expression, SortOrder="Ascending")["Results"]
    first, second = (item["Model"] for item in found)
    assert (first["Model"]["ModelName"], first["Model"]["Tags"]) == (name, tagged(team="ml"))
    assert [one["EndpointName"] for one in first["Endpoints"]] == [endpoint]
    assert (first["ModelCard"]["ModelCardName"], first["ModelCard"]["RiskRating"]) == (card, "Low")
    assert (second["Model"]["ModelName"], second["Endpoints"]) == (other, [])
    assert "ModelCard" not in second
    with_endpoint = equals("Endpoints.EndpointName", endpoint)
    (alone,) = sagemaker.search(Resource="Model", SearchExpression=with_endpoint)["Results"]
    assert alone["Model"]["Model"]["ModelName"] == name
    hidden = sagemaker.search(
        Resource="Model", SearchExpression=with_endpoint, VisibilityConditions=[{"Key": "Tags.team", "Value": "ops"}]
    )
    assert hidden["Results"] == []


@pytest.mark.local_only
def test_tags_are_found_whatever_the_letter_case_of_a_name(account: Account) -> None:
    account.sagemaker.create_model_package_group(ModelPackageGroupName="Group", Tags=tagged(team="ml"))
    assert groups(account, SearchExpression=equals("Tags.team", "ml")) == ["Group"]
