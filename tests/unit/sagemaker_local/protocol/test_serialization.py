"""Answers hold what the model has, and nothing absent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.model import DenormalizedStructureBuilder

from sagemaker_local.protocol.serialization import filtered, serialize

SHAPE = (
    DenormalizedStructureBuilder()
    .with_members(
        {
            "Name": {"type": "string"},
            "Number": {"type": "integer"},
            "Flag": {"type": "boolean"},
            "Inner": {"type": "structure", "members": {"Path": {"type": "string"}}},
            "Items": {"type": "list", "member": {"type": "structure", "members": {"Key": {"type": "string"}}}},
            "Map": {"type": "map", "key": {"type": "string"}, "value": {"type": "string"}},
        }
    )
    .build_model()
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({}, {}),
        ({"Name": "a", "Secret": "b"}, {"Name": "a"}),
        ({"Name": None, "Number": 0, "Flag": False}, {"Number": 0, "Flag": False}),
        ({"Inner": {"Path": "p", "Other": 1}}, {"Inner": {"Path": "p"}}),
        ({"Inner": {"Path": None}}, {"Inner": {}}),
        ({"Items": [{"Key": "k", "x": 1}, {}]}, {"Items": [{"Key": "k"}, {}]}),
        ({"Items": [], "Map": {}}, {"Items": [], "Map": {}}),
        ({"Map": {"anything": "stays"}}, {"Map": {"anything": "stays"}}),
    ],
)
def test_unknown_members_and_nulls_are_left_out(value: dict[str, Any], expected: dict[str, Any]) -> None:
    assert filtered(value, SHAPE) == expected


def test_members_come_in_the_models_order() -> None:
    assert list(filtered({"Flag": True, "Name": "a", "Number": 1}, SHAPE)) == ["Name", "Number", "Flag"]


def test_filtering_changes_nothing_that_it_is_given() -> None:
    value = {"Inner": {"Path": "p", "Other": 1}, "Items": [{"Key": "k", "x": 1}]}
    before = json.dumps(value)
    filtered(value, SHAPE)
    assert json.dumps(value) == before


def test_timestamps_stay_epoch_seconds() -> None:
    answer = {"ModelPackageGroupName": "g", "CreationTime": 1583831889.05}
    body = json.loads(serialize("DescribeModelPackageGroup", answer))
    assert body == answer


@pytest.mark.parametrize("result", [None, {}, {"Anything": 1}])
def test_an_operation_without_an_answer_answers_an_empty_object(result: dict[str, Any] | None) -> None:
    assert serialize("StopTrainingJob", result) == b"{}"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_cannot_hold_is_an_error_and_not_sent(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        serialize("DescribeModelPackageGroup", {"CreationTime": value})
