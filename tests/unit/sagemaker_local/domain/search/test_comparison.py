"""Operators by type of property."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_local.domain.search.comparison import condition
from sagemaker_local.domain.search.errors import InvalidSearch
from sagemaker_local.domain.search.properties import find
from sagemaker_local.protocol import model

JOB = model.search_shape("TrainingJob")
ORDER = ["GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo"]
MIDNIGHT = 1767225600  # 2026-01-01T00:00:00Z


def holds(record: dict[str, Any], name: str, operator: str | None, value: str | None) -> bool:
    return condition(find(JOB, name), operator, value)(record)


def channels(*names: str) -> dict[str, Any]:
    return {"InputDataConfig": [{"ChannelName": name} for name in names]}


# Text


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        (None, "abc", True),
        ("Equals", "abc", True),
        ("Equals", "ABC", False),
        ("Equals", "ab", False),
        ("NotEquals", "abc", False),
        ("NotEquals", "x", True),
        ("Contains", "b", True),
        ("Contains", "abc", True),
        ("Contains", "B", False),
        ("In", "x,abc", True),
        ("In", "abc", True),
        ("In", "ab,c", False),
        ("In", "x, abc", False),
    ],
)
def test_text_is_equal_contained_or_listed(operator: str | None, value: str, expected: bool) -> None:
    assert holds({"TrainingJobName": "abc"}, "TrainingJobName", operator, value) is expected


@pytest.mark.parametrize("operator", ORDER)
def test_text_has_no_order(operator: str) -> None:
    with pytest.raises(
        InvalidSearch, match=f"Operator {operator} is not supported for TrainingJobName, a text property"
    ):
        holds({}, "TrainingJobName", operator, "a")


def test_one_of_several_values_is_enough_and_none_may_be_equal() -> None:
    two = channels("train", "test")
    assert holds(two, "InputDataConfig.ChannelName", "Equals", "test")
    assert not holds(two, "InputDataConfig.ChannelName", "NotEquals", "test")
    assert holds(two, "InputDataConfig.ChannelName", "NotEquals", "other")


@pytest.mark.parametrize(("operator", "expected"), [("Equals", False), ("NotEquals", True), ("Contains", False)])
def test_what_is_not_there_is_equal_to_nothing(operator: str, expected: bool) -> None:
    assert holds({}, "FailureReason", operator, "x") is expected


# Existence


@pytest.mark.parametrize(
    "name", ["FailureReason", "AlgorithmSpecification", "Tags.a", "Metrics.loss", "InputDataConfig"]
)
def test_any_property_exists_or_not(name: str) -> None:
    there = {
        "FailureReason": "no",
        "AlgorithmSpecification": {"TrainingImage": "i"},
        "Tags": {"a": ""},
        "FinalMetricDataList": [{"MetricName": "loss", "Value": 0.0}],
        **channels("a"),
    }
    for record, exists in ((there, True), ({}, False), ({"InputDataConfig": [], "Tags": {}}, False)):
        assert holds(record, name, "Exists", None) is exists
        assert holds(record, name, "NotExists", None) is not exists
        assert holds(record, name, None, None) is exists


@pytest.mark.parametrize("operator", ["Exists", "NotExists"])
def test_existence_takes_no_value(operator: str) -> None:
    with pytest.raises(InvalidSearch, match="takes no Value"):
        holds({}, "FailureReason", operator, "x")


@pytest.mark.parametrize("operator", ["Equals", "NotEquals", "Contains", "In"])
def test_every_other_operator_needs_one(operator: str) -> None:
    with pytest.raises(InvalidSearch, match="needs a Value"):
        holds({}, "FailureReason", operator, None)


@pytest.mark.parametrize("operator", ["Equals", "NotEquals", "Contains", "In", *ORDER])
def test_a_structure_can_only_exist(operator: str) -> None:
    with pytest.raises(InvalidSearch, match="a structure property"):
        holds({}, "AlgorithmSpecification", operator, "x")


# Numbers


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("Equals", "0.5", True),
        ("Equals", "5e-1", True),
        ("Equals", "0", False),
        ("NotEquals", "0.5", False),
        ("GreaterThan", "0.4", True),
        ("GreaterThan", "0.5", False),
        ("GreaterThanOrEqualTo", "0.5", True),
        ("LessThan", "0.5", False),
        ("LessThan", "1", True),
        ("LessThanOrEqualTo", "0.5", True),
    ],
)
def test_numbers_compare_as_numbers(operator: str, value: str, expected: bool) -> None:
    record = {"FinalMetricDataList": [{"MetricName": "loss", "Value": 0.5}]}
    assert holds(record, "Metrics.loss", operator, value) is expected


@pytest.mark.parametrize("operator", ORDER)
def test_a_metric_that_is_not_there_has_no_order(operator: str) -> None:
    assert not holds({"FinalMetricDataList": []}, "Metrics.loss", operator, "0")


@pytest.mark.parametrize("value", ["many", "1e999", "nan", "0x10", ""])
def test_a_number_compares_with_numbers_only(value: str) -> None:
    with pytest.raises(InvalidSearch, match="must be a number"):
        holds({}, "Metrics.loss", "Equals", value)


@pytest.mark.parametrize("operator", ["Contains", "In"])
def test_a_number_contains_nothing(operator: str) -> None:
    with pytest.raises(InvalidSearch, match="a numeric property"):
        holds({}, "TrainingTimeInSeconds", operator, "1")


# Times


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("Equals", "2026-01-01T00:00:00", True),
        ("Equals", "2026-01-01T01:00:00+01:00", True),
        ("GreaterThan", "2025-12-31T23:59:59", True),
        ("LessThanOrEqualTo", "2026-01-01T00:00:00Z", True),
        ("LessThan", "2026-01-01T00:00:00", False),
    ],
)
def test_times_compare_as_moments(operator: str, value: str, expected: bool) -> None:
    assert holds({"CreationTime": float(MIDNIGHT)}, "CreationTime", operator, value) is expected


def test_a_time_compares_with_times_only() -> None:
    with pytest.raises(InvalidSearch, match="ISO 8601"):
        holds({}, "CreationTime", "Equals", "yesterday")


# Booleans


@pytest.mark.parametrize(("value", "expected"), [("true", True), ("True", True), ("false", False)])
def test_booleans_are_true_or_false(value: str, expected: bool) -> None:
    record = {"EnableNetworkIsolation": True}
    assert holds(record, "EnableNetworkIsolation", "Equals", value) is expected
    assert holds(record, "EnableNetworkIsolation", "NotEquals", value) is not expected


@pytest.mark.parametrize(("operator", "value"), [("Equals", "yes"), ("Equals", "1"), ("GreaterThan", "true")])
def test_booleans_are_nothing_else(operator: str, value: str) -> None:
    with pytest.raises(InvalidSearch):
        holds({}, "EnableNetworkIsolation", operator, value)


# Hyperparameters


@pytest.mark.parametrize(
    ("found", "operator", "value", "expected"),
    [
        ("0.3", "LessThan", "0.5", True),
        ("0.5", "LessThan", "0.5", False),
        ("1e-3", "Equals", "0.001", True),
        ("3", "Equals", "3.0", True),
        # An integer makes integers of decimals.
        ("3.7", "Equals", "3", True),
        ("3.7", "GreaterThan", "3", False),
        ("3.7", "GreaterThan", "3.0", True),
        ("-0.5", "Equals", "0", True),
        ("adam", "Equals", "adam", True),
        ("adam", "NotEquals", "adam", False),
        ("adam", "NotEquals", "1", True),
        ("adam", "Equals", "1", False),
        ("adam", "GreaterThan", "1", False),
        ("adam", "Contains", "da", True),
        ("adam", "In", "sgd,adam", True),
        ("3", "In", "2,3", True),
        ("inf", "GreaterThan", "1", False),
    ],
)
def test_hyperparameters_compare_as_numbers_where_they_are(
    found: str, operator: str, value: str, expected: bool
) -> None:
    assert holds({"HyperParameters": {"p": found}}, "HyperParameters.p", operator, value) is expected


@pytest.mark.parametrize("operator", ORDER)
def test_hyperparameters_have_an_order_among_numbers_only(operator: str) -> None:
    with pytest.raises(InvalidSearch, match="must be a number"):
        holds({}, "HyperParameters.p", operator, "adam")
