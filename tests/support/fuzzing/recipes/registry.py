"""Model packages, their groups, model cards, tags, and the search for all of them."""

from __future__ import annotations

from tests.support.fuzzing.recipes.recipe import Recipe, Request
from tests.support.fuzzing.world import World


def _group(world: World) -> Request:
    return {"ModelPackageGroupName": world.name()}


def _existing_group(world: World) -> Request:
    request = _group(world)
    world.make("CreateModelPackageGroup", request)
    return request


def _one_group(world: World) -> Request:
    request = {"ModelPackageGroupName": "the-group"}
    world.once("CreateModelPackageGroup", request)
    return request


def _version(world: World) -> str:
    return str(world.make("CreateModelPackage", _one_group(world))["ModelPackageArn"])


def _group_with_policy(world: World) -> Request:
    request = _existing_group(world)
    world.make("PutModelPackageGroupPolicy", {**request, "ResourcePolicy": _POLICY})
    return request


def _card(world: World) -> Request:
    return {"ModelCardName": world.name(), "Content": "{}", "ModelCardStatus": "Draft"}


def _existing_card(world: World) -> Request:
    request = _card(world)
    world.make("CreateModelCard", request)
    return {"ModelCardName": request["ModelCardName"]}


def _alone(world: World) -> Request:
    return {"ModelPackageGroupName": None, "ModelPackageName": world.name()}


def _tagged(world: World) -> str:
    return str(world.once("CreateModelPackageGroup", {"ModelPackageGroupName": "tagged"})["ModelPackageGroupArn"])


def _described_package(_: Request, answer: Request) -> tuple[str, Request]:
    return "DescribeModelPackage", {"ModelPackageName": answer["ModelPackageArn"]}


_CHANNELS = "InputDataConfig"
_CONTENT = '{"intended_uses": {"risk_rating": "High"}}'
_PACKAGE_CARD = {"ModelCardContent": _CONTENT, "ModelCardStatus": "Draft"}
_POLICY = '{"Version": "2012-10-17", "Statement": []}'

RECIPES = {
    "CreateModelPackageGroup": Recipe(_group),
    "DescribeModelPackageGroup": Recipe(_one_group),
    "DeleteModelPackageGroup": Recipe(_existing_group),
    "CreateModelPackage": Recipe(
        _one_group,
        {"ModelPackageModelCard": _PACKAGE_CARD, "ModelCard.ModelCardContent": _CONTENT},
        along={"ModelPackageName": _alone, "Tags": _alone},
        described=_described_package,
    ),
    "BatchDescribeModelPackage": Recipe(lambda world: {"ModelPackageArnList": [_version(world)]}),
    "PutModelPackageGroupPolicy": Recipe(lambda world: {**_one_group(world), "ResourcePolicy": _POLICY}),
    "GetModelPackageGroupPolicy": Recipe(_group_with_policy),
    "DeleteModelPackageGroupPolicy": Recipe(_group_with_policy),
    "DescribeModelPackage": Recipe(lambda world: {"ModelPackageName": _version(world)}),
    "UpdateModelPackage": Recipe(
        lambda world: {"ModelPackageArn": _version(world)},
        {
            "CustomerMetadataPropertiesToRemove": ["not-there"],
            "ModelPackageModelCard": _PACKAGE_CARD,
            "ModelCard.ModelCardContent": _CONTENT,
        },
        described=_described_package,
    ),
    "DeleteModelPackage": Recipe(lambda world: {"ModelPackageName": _version(world)}),
    "ListModelPackages": Recipe(
        lambda _: {}, {"ModelPackageGroupName": lambda world: _one_group(world)["ModelPackageGroupName"]}
    ),
    "CreateModelCard": Recipe(_card),
    "DescribeModelCard": Recipe(_existing_card, {"ModelCardVersion": 1}),
    "UpdateModelCard": Recipe(
        lambda world: {**_existing_card(world), "ModelCardStatus": "Approved"},
        {"Content": _CONTENT},
        along={"Content": lambda _: {"ModelCardStatus": None}},
    ),
    "DeleteModelCard": Recipe(_existing_card),
    "ListModelCardVersions": Recipe(_existing_card),
    "Search": Recipe(
        lambda _: {"Resource": "TrainingJob"},
        {
            "SortBy": "Metrics.loss",
            "Filter": {"Name": "TrainingJobName", "Operator": "Equals", "Value": "a"},
            "NestedFilters": {"NestedPropertyName": _CHANNELS, "Filters": [{"Name": f"{_CHANNELS}.ChannelName"}]},
            "SearchExpression.NestedFilters.Filters.Operator": "Exists",
            "VisibilityConditions": [{"Key": "Tags.team", "Value": "ml"}],
        },
    ),
    "GetSearchSuggestions": Recipe(lambda _: {"Resource": "TrainingJob"}),
    "AddTags": Recipe(lambda world: {"ResourceArn": _tagged(world), "Tags": [{"Key": "k", "Value": "v"}]}),
    "ListTags": Recipe(lambda world: {"ResourceArn": _tagged(world)}),
    "DeleteTags": Recipe(lambda world: {"ResourceArn": _tagged(world), "TagKeys": ["k"]}),
}
