"""A name that is taken: the code and the message of every operation that creates something."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_local.operations import all_operations
from tests.support.fuzzing.fixtures import world  # noqa: F401 - a fixture
from tests.support.fuzzing.recipes import recipe_of
from tests.support.fuzzing.world import World

UNIQUE = "{} names must be unique within an AWS account and region, and a {} with this name already exists ({{arn}})"
JOB = "ResourceInUse"
# By operation: the code, and the message in which {arn} is the ARN of what is there.
TAKEN = {
    "CreateTrainingJob": (JOB, UNIQUE.format("Training job", "training job")),
    "CreateProcessingJob": (JOB, UNIQUE.format("Processing job", "processing job")),
    "CreateTransformJob": (JOB, UNIQUE.format("Transform job", "transform job")),
    "CreateHyperParameterTuningJob": (JOB, UNIQUE.format("Tuning job", "tuning job")),
    "CreateModelPackageGroup": ("ValidationException", "Model Package Group already exists: {arn}"),
    "CreateModelPackage": ("ResourceInUse", "Model Package already exists: {arn}"),
    "CreateModel": ("ValidationException", 'Cannot create already existing model "{arn}".'),
    "CreateEndpointConfig": ("ValidationException", 'Cannot create already existing endpoint configuration "{arn}".'),
    "CreateEndpoint": ("ValidationException", 'Cannot create already existing endpoint "{arn}".'),
    "CreateModelCard": ("ConflictException", "Model card {arn} already exists."),
}
# What makes the recipe's request one of a name.
NAMED: dict[str, dict[str, Any]] = {
    "CreateModelPackage": {"ModelPackageName": "taken", "ModelPackageGroupName": None},
}


@pytest.mark.local_only
def test_every_operation_that_creates_something_is_in_the_table() -> None:
    creating = {name for name in all_operations() if name.startswith("Create")}
    assert creating == TAKEN.keys(), f"say in TAKEN what {sorted(creating ^ TAKEN.keys())} answer for a taken name"


@pytest.mark.documented("API reference: errors; messages as observed in public")
@pytest.mark.parametrize("operation", TAKEN)
def test_a_taken_name_is_told_as_aws_tells_it(world: World, operation: str) -> None:  # noqa: F811 - the fixture
    request = {**recipe_of(operation).request(world), **NAMED.get(operation, {})}
    created = world.make(operation, request)
    (arn,) = [value for name, value in created.items() if name.endswith("Arn")]
    code, message = TAKEN[operation]
    again = world.call(operation, request)
    assert (again.code, again.message) == (code, message.format(arn=arn))
