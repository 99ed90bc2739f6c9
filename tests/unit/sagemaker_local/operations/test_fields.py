"""The table of members is complete, has nothing extra, and refuses by name what it says it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape

from sagemaker_local.errors import ServiceError
from sagemaker_local.operations import every_name
from sagemaker_local.operations.fields import FIELDS, HONOURED, RECORDED, REFUSED, refuse_unsupported
from sagemaker_local.protocol import model

PATHS = [(operation, path) for operation, fields in FIELDS.items() for path in fields]


def structure(shape: Shape) -> StructureShape:
    """The structure that *shape* is, or is a list or map of."""
    while not isinstance(shape, StructureShape):
        assert isinstance(shape, ListShape | MapShape), f"{shape.name} holds no structure"
        shape = shape.member if isinstance(shape, ListShape) else shape.value
    return shape


def at(operation: str, path: str) -> StructureShape:
    """The structure at *path* of the request; the request itself at the empty path."""
    shape = structure(model.input_shape(operation))
    for name in filter(None, path.split(".")):
        shape = structure(shape.members[name])
    return shape


def in_lists(operation: str, path: str, value: Any) -> dict[str, Any]:
    """A request with *value* at *path*; where the model has a list, in the second of two elements."""
    shape: Shape = model.input_shape(operation)
    names = path.split(".")
    request: dict[str, Any] = {}
    place = request
    for name in names[:-1]:
        shape = structure(shape).members[name]
        inner: dict[str, Any] = {}
        place[name] = [{}, inner] if isinstance(shape, ListShape) else inner
        place = inner
    place[names[-1]] = value
    return request


def parents(operation: str) -> set[str]:
    """The paths of the structures whose members the table names, the request itself included."""
    return {path.rpartition(".")[0] for path in FIELDS[operation]}


@pytest.mark.parametrize("operation", FIELDS)
def test_every_structure_named_has_all_its_members_in_the_table_and_no_others(operation: str) -> None:
    for parent in parents(operation):
        named = {path.rpartition(".")[2] for path in FIELDS[operation] if path.rpartition(".")[0] == parent}
        assert named == at(operation, parent).members.keys(), f"{operation}: {parent or 'the request'}"


@pytest.mark.parametrize("operation", FIELDS)
def test_a_structure_with_named_members_is_itself_in_the_table(operation: str) -> None:
    assert parents(operation) - {""} <= FIELDS[operation].keys()


def test_every_operation_that_creates_or_changes_has_a_table() -> None:
    operations = set(every_name())
    changing = {name for name in operations if name.startswith(("Create", "Update", "Put", "Register"))}
    assert changing <= FIELDS.keys() <= operations


def test_every_member_is_treated_in_one_of_three_ways() -> None:
    assert {treatment for fields in FIELDS.values() for treatment in fields.values()} == {HONOURED, RECORDED, REFUSED}


@pytest.mark.parametrize(("operation", "path"), PATHS)
def test_a_member_is_refused_by_its_path_exactly_if_the_table_says_so(operation: str, path: str) -> None:
    request = in_lists(operation, path, "given")
    if FIELDS[operation][path] == REFUSED:
        with pytest.raises(ServiceError) as caught:
            refuse_unsupported(operation, request)
        assert caught.value.code == "ValidationException"
        assert caught.value.message.startswith(f"{path} is not supported by the local SageMaker")
    else:
        refuse_unsupported(operation, request)


@pytest.mark.parametrize("value", [None, False, {}, []])
def test_a_refused_member_that_asks_for_nothing_passes(value: object) -> None:
    refuse_unsupported("CreateTrainingJob", {"EnableManagedSpotTraining": value, "CheckpointConfig": value})
