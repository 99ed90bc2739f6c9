"""A sample of all requests that can be made from botocore's shapes; ``make soak`` makes all of them."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_local.operations import all_operations
from tests.support.fuzzing.fixtures import world  # noqa: F401 - a fixture
from tests.support.fuzzing.fuzzer import Fault, Fuzzer
from tests.support.fuzzing.recipes import RECIPES, recipe_of
from tests.support.fuzzing.wire import Answer
from tests.support.fuzzing.world import World

MODEL = "botocore: the shapes of SageMaker's requests"
OPERATIONS = sorted(all_operations())
SEED, MEMBERS, REQUESTS = 1, 30, 100


class Gullible(World):
    """A service that accepts everything, and shows nothing of it."""

    def __init__(self, answer: Answer) -> None:
        self.data, self.answer = "s3://b/k", answer

    def call(self, operation: str, request: Any) -> Answer:
        return self.answer

    def make(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        return {"ModelPackageArn": "arn", "ModelPackageGroupArn": "arn"}

    once = make

    def name(self) -> str:
        return "name"


def told(faults: list[Fault]) -> str:
    """The first faults, as a failed test shows them."""
    return "\n".join([f"{len(faults)} faults", *map(str, faults[:20])]) if faults else ""


@pytest.mark.local_only
def test_every_operation_has_a_recipe_for_valid_requests() -> None:
    for operation in OPERATIONS:
        recipe_of(operation)
    assert RECIPES.keys() <= set(OPERATIONS)


@pytest.mark.documented(MODEL)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_the_model_allows_is_accepted_and_shown_again_or_refused_by_name(world: World, operation: str) -> None:  # noqa: F811
    fuzzer = Fuzzer(world, operation, SEED)
    paths = fuzzer.paths()[:MEMBERS]
    assert told([*fuzzer.faults_of_valid(paths), *fuzzer.faults_of_strangers(paths[:3])]) == ""


@pytest.mark.documented(MODEL)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_is_broken_in_one_place_is_refused_for_that_place(world: World, operation: str) -> None:  # noqa: F811
    fuzzer = Fuzzer(world, operation, SEED)
    assert told(fuzzer.faults_of_broken(fuzzer.broken(fuzzer.paths())[:REQUESTS])) == ""


@pytest.mark.local_only
@pytest.mark.parametrize("status", [200, 500])
def test_a_service_that_accepts_everything_or_fails_is_found_out(status: int) -> None:
    gullible = Gullible(Answer(status, {}))
    for operation in ("CreateModelPackage", "ListTrainingJobs"):
        fuzzer = Fuzzer(gullible, operation, SEED)
        broken = fuzzer.broken(fuzzer.paths())
        assert len(broken) > 50
        assert len(fuzzer.faults_of_broken(broken)) == len(broken)


@pytest.mark.local_only
def test_a_service_that_forgets_what_it_accepted_is_found_out() -> None:
    fuzzer = Fuzzer(Gullible(Answer(200, {"ModelPackageArn": "arn"})), "CreateModelPackage", SEED)
    assert "shows ModelPackageGroupName as None" in told(list(fuzzer.faults_of_valid(["Domain"])))
    assert "should be refused because" in told(list(fuzzer.faults_of_valid(["ManagedStorageType"])))
