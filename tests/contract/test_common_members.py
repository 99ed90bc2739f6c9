"""Members that many operations have, in each of them: tags and roles."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from botocore.model import StructureShape

from sagemaker_local.operations import all_operations
from sagemaker_local.protocol import model
from tests.support.fuzzing.fixtures import world  # noqa: F401 - a fixture
from tests.support.fuzzing.recipes import recipe_of
from tests.support.fuzzing.requests import Builder, Request, member_paths, member_shape
from tests.support.fuzzing.verdicts import refused_members
from tests.support.fuzzing.world import World

TAGGING = [
    name for name in sorted(all_operations()) if name.startswith("Create") and "Tags" in model.input_shape(name).members
]
CONVENTIONS = "Tag naming and usage conventions"


def shape_of(operation: str) -> StructureShape:
    shape = model.input_shape(operation)
    assert isinstance(shape, StructureShape)
    return shape


def paths_of_roles() -> list[tuple[str, str]]:
    """Every member of every operation that names a role which jobs are to assume."""
    return [
        (operation, path)
        for operation in sorted(all_operations())
        for path in member_paths(shape_of(operation))
        if member_shape(shape_of(operation), path).name == "RoleArn"
        and not any(f"{path}.".startswith(f"{refused}.") for refused in refused_members(operation))
    ]


def request_with(world: World, operation: str, path: str, value: Any) -> Request:  # noqa: F811 - the fixture
    """A valid request but for the member at *path*."""
    recipe = recipe_of(operation)
    request = recipe.request(world)
    for member, along in recipe.along.items():
        if f"{path}.".startswith(f"{member}."):
            request = {**request, **along(world)}
    plain = {name: member for name, member in request.items() if member is not None}
    builder = Builder(world, {**recipe.given, path: value}, Random(0))
    *parents, last = path.split(".")
    whole = builder.with_member(shape_of(operation), plain, path)
    place = whole
    for name in parents:
        place = place[name][0] if isinstance(place[name], list) else place[name]
    place[last] = value
    return whole


def tags(*keys: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": f"value of {key}"} for key in keys]


@pytest.mark.documented(f"{CONVENTIONS}: at most 50 for each resource; API_AddTags, API_ListTags, API_DeleteTags")
@pytest.mark.parametrize("operation", TAGGING)
def test_whatever_is_created_with_tags_has_them_and_may_have_fifty(world: World, operation: str) -> None:  # noqa: F811
    answer = world.make(operation, request_with(world, operation, "Tags", tags("a", "b")))
    (arn,) = [value for name, value in answer.items() if name.endswith("Arn")]
    assert world.make("ListTags", {"ResourceArn": arn})["Tags"] == tags("a", "b")
    many = [f"k{number:02}" for number in range(48)]
    assert len(world.make("AddTags", {"ResourceArn": arn, "Tags": tags(*many)})["Tags"]) == 50
    refused = world.call("AddTags", {"ResourceArn": arn, "Tags": tags("one more")})
    assert (refused.code, "50" in refused.message) == ("ValidationException", True)
    world.make("DeleteTags", {"ResourceArn": arn, "TagKeys": many})
    assert world.make("ListTags", {"ResourceArn": arn})["Tags"] == tags("a", "b")


@pytest.mark.documented(f"{CONVENTIONS}: keys are unique, and aws: is reserved")
@pytest.mark.parametrize(("keys", "said"), [(("a", "a"), "Duplicate tag keys"), (("aws:mine",), "aws:mine")])
@pytest.mark.parametrize("operation", TAGGING)
def test_nothing_is_created_with_tags_that_are_none(
    world: World,  # noqa: F811
    operation: str,
    keys: tuple[str, ...],
    said: str,
) -> None:
    answer = world.call(operation, request_with(world, operation, "Tags", tags(*keys)))
    assert (answer.code, said in answer.message) == ("ValidationException", True)


@pytest.mark.documented("messages as observed in public")
@pytest.mark.parametrize(("operation", "path"), paths_of_roles())
def test_a_role_is_of_the_account_and_can_be_assumed(world: World, operation: str, path: str) -> None:  # noqa: F811
    foreign = "arn:aws:iam::111111111111:role/jobs"
    answer = world.call(operation, request_with(world, operation, path, foreign))
    assert (answer.code, answer.message) == ("ValidationException", "RoleArn: Cross-account pass role is not allowed.")
    absent = "arn:aws:iam::000000000000:role/absent"
    answer = world.call(operation, request_with(world, operation, path, absent))
    assert answer.code == "ValidationException"
    assert answer.message.startswith(f"Could not assume role {absent}. Please ensure that the role exists")
