"""Requests against the model, for every operation that SageMaker has."""

from __future__ import annotations

import string
from typing import Any

import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sagemaker_local.errors import ServiceError
from sagemaker_local.operations import all_operations
from sagemaker_local.protocol import model
from sagemaker_local.protocol.validation import SerializationError, validate

OPERATIONS = sorted(all_operations())
GROUP = "CreateModelPackageGroup"


def faults(operation: str, request: Any) -> str:
    """The message of the refusal."""
    with pytest.raises(ServiceError) as caught:
        validate(operation, request)
    assert caught.value.code == "ValidationException"
    return caught.value.message


def accepted(operation: str, request: Any) -> bool:
    """Whether the request passes; any other end than a ``ServiceError`` is a defect."""
    try:
        validate(operation, request)
    except ServiceError:
        return False
    return True


# Every shape of the model compiles


@pytest.mark.parametrize("operation", sorted(model.operation_names()))
def test_every_operations_request_can_be_checked(operation: str) -> None:
    required = model.input_shape(operation).required_members
    assert accepted(operation, {}) == (not required)


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if model.input_shape(name).required_members])
def test_every_missing_required_member_is_named(operation: str) -> None:
    required = model.input_shape(operation).required_members
    message = faults(operation, dict.fromkeys(required))
    assert message.count("Member must not be null") == len(required)
    for member in required:
        assert f"Value null at '{member[0].lower()}{member[1:]}' failed" in message


# Wording


def test_one_fault_is_an_error_and_two_are_errors() -> None:
    assert faults(GROUP, {}).startswith("1 validation error detected: ")
    request = {"ModelPackageGroupName": "not good", "ModelPackageGroupDescription": "x" * 1025}
    assert faults(GROUP, request).startswith("2 validation errors detected: ")


@pytest.mark.parametrize(
    ("operation", "request_body", "fault"),
    [
        (
            GROUP,
            {"ModelPackageGroupName": "a_b"},
            "Value 'a_b' at 'modelPackageGroupName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}",
        ),
        (
            GROUP,
            {"ModelPackageGroupName": ""},
            "Value '' at 'modelPackageGroupName' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1",
        ),
        (
            "ListTrainingJobs",
            {"MaxResults": 0},
            "Value '0' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1",
        ),
        (
            "ListTrainingJobs",
            {"SortOrder": "Up"},
            "Value 'Up' at 'sortOrder' failed to satisfy constraint: "
            "Member must satisfy enum value set: [Ascending, Descending]",
        ),
        (
            "AddTags",
            {"ResourceArn": "arn:aws:sagemaker:r:000000000000:x", "Tags": [{"Key": "k", "Value": "v"}, {"Key": "k"}]},
            "Value null at 'tags.2.member.value' failed to satisfy constraint: Member must not be null",
        ),
    ],
)
def test_a_fault_is_worded_as_aws_words_it(operation: str, request_body: dict[str, Any], fault: str) -> None:
    assert fault in faults(operation, request_body)


def test_a_text_that_is_too_long_is_not_matched_as_well() -> None:
    message = faults(GROUP, {"ModelPackageGroupName": "_" * 64})
    assert message.startswith("1 validation error detected: ")
    assert "length less than or equal to 63" in message


def test_members_that_the_model_does_not_have_are_ignored() -> None:
    validate(GROUP, {"ModelPackageGroupName": "g", "Unknown": {"deep": [1, None]}})


def test_a_null_member_is_an_absent_one() -> None:
    validate(GROUP, {"ModelPackageGroupName": "g", "Tags": None})


# Types


@pytest.mark.parametrize(
    ("operation", "request_body", "place"),
    [
        (GROUP, [], "$"),
        (GROUP, None, "$"),
        (GROUP, {"ModelPackageGroupName": 1}, "modelPackageGroupName"),
        (GROUP, {"ModelPackageGroupName": "g", "Tags": {"a": "b"}}, "tags"),
        (GROUP, {"ModelPackageGroupName": "g", "Tags": ["a"]}, "tags.1.member"),
        ("ListTrainingJobs", {"MaxResults": True}, "maxResults"),
        ("ListTrainingJobs", {"MaxResults": 1.0}, "maxResults"),
        ("ListTrainingJobs", {"MaxResults": 1 << 31}, "maxResults"),
        ("ListTrainingJobs", {"MaxResults": -(10**400)}, "maxResults"),
        ("ListTrainingJobs", {"CreationTimeAfter": [1]}, "creationTimeAfter"),
        ("ListTrainingJobs", {"CreationTimeAfter": "yesterday"}, "creationTimeAfter"),
        ("ListTrainingJobs", {"CreationTimeAfter": float("inf")}, "creationTimeAfter"),
        (
            GROUP,
            {"ModelPackageGroupName": "g", "ModelPackageGroupDescription": "\ud800"},
            "modelPackageGroupDescription",
        ),
        ("CreateProcessingJob", {"Environment": {"\udfff": "a"}}, "environment.key"),
    ],
)
def test_another_json_type_is_a_serialization_error_at_its_place(operation: str, request_body: Any, place: str) -> None:
    with pytest.raises(SerializationError) as caught:
        validate(operation, request_body)
    assert caught.value.code == "SerializationException"
    assert f"value at '{place}'" in caught.value.message


# Patterns


@pytest.mark.parametrize("name", ["a", "A1", "a--b", "9", "a" * 63])
def test_a_name_within_the_pattern_passes(name: str) -> None:
    validate(GROUP, {"ModelPackageGroupName": name})


@pytest.mark.parametrize("name", ["-a", "a-", "a b", "a\n", "\na", "ä", "a.b", "a/b"])
def test_the_whole_name_must_match(name: str) -> None:
    assert "regular expression" in faults(GROUP, {"ModelPackageGroupName": name})


@pytest.mark.parametrize("value", ["", "grün", "日本語", "a b", "a:/=+-@_.", "½", "\u00a0"])
def test_a_tags_value_may_hold_letters_digits_and_spaces_of_any_script(value: str) -> None:
    validate(GROUP, {"ModelPackageGroupName": "g", "Tags": [{"Key": "k", "Value": value}]})


@pytest.mark.parametrize("value", ["a,b", "a;b", "🙂", "\t"])
def test_a_tags_value_may_not_hold_other_signs(value: str) -> None:
    request = {"ModelPackageGroupName": "g", "Tags": [{"Key": "k", "Value": value}]}
    assert "at 'tags.1.member.value'" in faults(GROUP, request)


@pytest.mark.parametrize("character", ["a", "é", "🙂", "\U0010ffff", "\n"])
def test_characters_beyond_the_basic_plane_match_where_the_model_lets_them(character: str) -> None:
    description = {"PipelineName": "p", "ClientRequestToken": "t" * 32, "RoleArn": "arn:aws:iam::000000000000:role/r"}
    assert accepted("CreatePipeline", {**description, "PipelineDefinition": f"{{{character}}}"})


@pytest.mark.parametrize("text", ["a" * 62 + "!", "1" * 300 + "_"])
def test_a_pattern_that_backtracks_without_end_on_hostile_text_ends_in_a_fault(text: str) -> None:
    request = {
        "Name": "quota",
        "ComputeQuotaTarget": {"TeamName": text},
        "ClusterArn": "arn:aws:sagemaker:us-east-1:000000000000:cluster/abcdefghijkl",
    }
    message = faults("CreateComputeQuota", request)
    assert "at 'computeQuotaTarget.teamName' failed to satisfy constraint: Member must satisfy regular" in message


# Properties


LARGEST = {"integer": (1 << 31) - 1, "long": (1 << 63) - 1}


def valid(shape: Shape) -> st.SearchStrategy[Any]:
    """Values that meet everything that the model asks of *shape*, except for patterns."""
    if isinstance(shape, StructureShape):
        required = {name: valid(member) for name, member in shape.members.items() if name in shape.required_members}
        return st.fixed_dictionaries(required)
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max")
    if isinstance(shape, ListShape):
        return st.lists(valid(shape.member), min_size=low, max_size=min(high or 3, low + 2))
    if isinstance(shape, MapShape):
        return st.just({})
    if getattr(shape, "enum", None):
        return st.sampled_from(shape.enum)
    if shape.type_name == "boolean":
        return st.booleans()
    if shape.type_name in ("integer", "long"):
        return st.integers(low, min(high or LARGEST[shape.type_name], LARGEST[shape.type_name]))
    if shape.type_name in ("float", "double", "timestamp"):
        return st.floats(min_value=low, max_value=high, allow_nan=False, allow_infinity=False)
    return st.text(string.ascii_lowercase, min_size=low, max_size=min(high or 20, low + 10))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=12,
)


def almost(shape: Shape, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values that have the members of *shape*, holding what they should or something else."""
    if isinstance(shape, StructureShape) and depth < 4:
        inner = {name: almost(member, depth + 1) for name, member in shape.members.items()}
        return st.fixed_dictionaries({}, optional=inner) | JSON
    if isinstance(shape, ListShape) and depth < 4:
        return st.lists(almost(shape.member, depth + 1), max_size=2) | JSON
    return JSON


@pytest.mark.parametrize("operation", OPERATIONS)
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_request_within_the_model_has_no_fault_but_in_patterns(operation: str, data: st.DataObject) -> None:
    request = data.draw(valid(model.input_shape(operation)))
    try:
        validate(operation, request)
    except ServiceError as error:
        found = error.message.partition(" detected: ")[2]
        assert all("regular expression pattern" in fault for fault in found.split("; Value"))


@pytest.mark.parametrize("operation", OPERATIONS)
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_request_ends_in_an_answer_or_a_service_error_whatever_unknown_members_it_has(
    operation: str, data: st.DataObject
) -> None:
    request = data.draw(almost(model.input_shape(operation)))
    with_more = {**request, "Unknown": data.draw(JSON)} if isinstance(request, dict) else request
    assert accepted(operation, request) == accepted(operation, with_more)
