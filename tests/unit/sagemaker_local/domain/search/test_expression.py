"""Expressions, nested filters and visibility."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemaker_local.domain.search.errors import InvalidSearch
from sagemaker_local.domain.search.expression import compiled, pair, visible
from sagemaker_local.protocol import model

JOB = model.search_shape("TrainingJob")
NAME, STATUS = "TrainingJobName", "TrainingJobStatus"
CHANNEL, URI = "InputDataConfig.ChannelName", "InputDataConfig.DataSource.S3DataSource.S3Uri"


def equals(name: str, value: str) -> dict[str, str]:
    return {"Name": name, "Operator": "Equals", "Value": value}


def holds(expression: dict[str, Any], record: dict[str, Any]) -> bool:
    return compiled(JOB, expression).holds(record)


def with_channels(**uris: str) -> dict[str, Any]:
    return {
        "InputDataConfig": [
            {"ChannelName": name, "DataSource": {"S3DataSource": {"S3Uri": uri}}} for name, uri in uris.items()
        ]
    }


def test_all_conditions_hold_unless_one_is_enough() -> None:
    both = [equals(NAME, "a"), equals(STATUS, "Failed")]
    record = {NAME: "a", STATUS: "Completed"}
    assert not holds({"Filters": both}, record)
    assert not holds({"Filters": both, "Operator": "And"}, record)
    assert holds({"Filters": both, "Operator": "Or"}, record)


def test_an_operator_joins_filters_nested_filters_and_subexpressions() -> None:
    expression = {
        "Filters": [equals(NAME, "a")],
        "NestedFilters": [{"NestedPropertyName": "InputDataConfig", "Filters": [equals(CHANNEL, "train")]}],
        "SubExpressions": [{"Filters": [equals(STATUS, "Failed")]}],
    }
    records = [{NAME: "a"}, with_channels(train="s3://b"), {STATUS: "Failed"}]
    whole = {key: value for record in records for key, value in record.items()}
    assert holds(expression, whole)
    for record in records:
        assert not holds(expression, record)
        assert holds({**expression, "Operator": "Or"}, record)
    assert not holds({**expression, "Operator": "Or"}, {NAME: "b"})


def test_conditions_that_every_match_meets_are_known() -> None:
    name, status = equals(NAME, "a"), equals(STATUS, "Failed")
    assert compiled(JOB, {"Filters": [name], "SubExpressions": [{"Filters": [status]}]}).necessary == (
        (NAME, "Equals", "a"),
        (STATUS, "Equals", "Failed"),
    )
    assert compiled(JOB, {"Filters": [name, status], "Operator": "Or"}).necessary == ()
    inner = {"Filters": [status, name], "Operator": "Or"}
    assert compiled(JOB, {"Filters": [name], "SubExpressions": [inner]}).necessary == ((NAME, "Equals", "a"),)


def test_a_single_element_satisfies_all_nested_filters() -> None:
    nested = {"NestedPropertyName": "InputDataConfig", "Filters": [equals(CHANNEL, "train"), equals(URI, "s3://a")]}
    flat = {"Filters": [equals(CHANNEL, "train"), equals(URI, "s3://a")]}
    one, two = with_channels(train="s3://a", test="s3://b"), with_channels(train="s3://b", test="s3://a")
    assert holds({"NestedFilters": [nested]}, one)
    assert not holds({"NestedFilters": [nested]}, two)
    assert holds(flat, one)
    assert holds(flat, two)


def test_two_nested_filters_may_be_satisfied_by_two_elements() -> None:
    nested = [
        {"NestedPropertyName": "InputDataConfig", "Filters": [equals(CHANNEL, "train")]},
        {"NestedPropertyName": "InputDataConfig", "Filters": [equals(URI, "s3://b")]},
    ]
    assert holds({"NestedFilters": nested}, with_channels(train="s3://a", test="s3://b"))


def test_subexpressions_nest() -> None:
    either = {"Operator": "Or", "Filters": [equals(NAME, "a"), equals(NAME, "b")]}
    expression = {"SubExpressions": [either, {"SubExpressions": [{"Filters": [equals(STATUS, "Failed")]}]}]}
    assert holds(expression, {NAME: "b", STATUS: "Failed"})
    assert not holds(expression, {NAME: "c", STATUS: "Failed"})


def test_a_predicate_says_what_it_looks_at() -> None:
    expression = {
        "Filters": [equals("Metrics.loss", "1"), equals("Tags.a", "b")],
        "NestedFilters": [{"NestedPropertyName": "InputDataConfig", "Filters": [equals(CHANNEL, "train")]}],
        "SubExpressions": [{"Filters": [equals(STATUS, "Failed")]}],
    }
    members = compiled(JOB, expression).members
    assert members == {"FinalMetricDataList", "Tags", "InputDataConfig", "TrainingJobStatus"}


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ({}, "at least one of Filters, NestedFilters and SubExpressions"),
        ({"SubExpressions": [{}]}, "at least one of"),
        ({"Filters": [equals("Nonsense", "1")]}, "Nonsense is not a property"),
        ({"SubExpressions": [{"Filters": [equals("Nonsense", "1")]}]}, "Nonsense is not a property"),
        (
            {"NestedFilters": [{"NestedPropertyName": "InputDataConfig", "Filters": [equals("ChannelName", "a")]}]},
            "ChannelName is not a property inside of NestedPropertyName InputDataConfig",
        ),
        (
            {"NestedFilters": [{"NestedPropertyName": "TrainingJobName", "Filters": [equals(CHANNEL, "a")]}]},
            "TrainingJobName is not a list of structures",
        ),
        (
            {"Filters": [{"Name": name, "Operator": "Contains", "Value": "a"} for name in (NAME, STATUS)]},
            "'CONTAINS' operator usage limit of 1 exceeded.",
        ),
        (
            {
                "Filters": [{"Name": NAME, "Operator": "Contains", "Value": "a"}],
                "SubExpressions": [{"Filters": [{"Name": NAME, "Operator": "Contains", "Value": "b"}]}],
            },
            "'CONTAINS' operator usage limit of 1 exceeded.",
        ),
        ({"SubExpressions": [{"Filters": [equals(NAME, "a")] * 17}] * 3}, "at most 50 conditions in all; this has 54"),
    ],
)
def test_what_is_wrong_with_an_expression_is_said(expression: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidSearch) as caught:
        compiled(JOB, expression)
    assert message in str(caught.value)


def test_fifty_conditions_are_not_too_many() -> None:
    expression = {
        "SubExpressions": [{"Filters": [equals(NAME, "a")] * 16}] * 2 + [{"Filters": [equals(NAME, "a")] * 15}]
    }
    assert holds(expression, {NAME: "a"})


# Against a naive evaluation

VALUES = ["a", "b"]
PROPERTIES = [NAME, STATUS, "Tags.t", "HyperParameters.h"]
FILTERS = st.builds(lambda name, value: equals(name, value), st.sampled_from(PROPERTIES), st.sampled_from(VALUES))
EXPRESSIONS = st.recursive(
    st.fixed_dictionaries({"Filters": st.lists(FILTERS, min_size=1, max_size=3)}),
    lambda inner: st.fixed_dictionaries(
        {"SubExpressions": st.lists(inner, min_size=1, max_size=2)},
        optional={"Filters": st.lists(FILTERS, min_size=1, max_size=2), "Operator": st.sampled_from(["And", "Or"])},
    ),
    max_leaves=5,
)
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        NAME: st.sampled_from(VALUES),
        STATUS: st.sampled_from(VALUES),
        "Tags": st.dictionaries(st.just("t"), st.sampled_from(VALUES)),
        "HyperParameters": st.dictionaries(st.just("h"), st.sampled_from(VALUES)),
    },
)


def naive(expression: dict[str, Any], record: dict[str, Any]) -> bool:
    flat = {**record, "Tags.t": record.get("Tags", {}).get("t")}
    flat["HyperParameters.h"] = record.get("HyperParameters", {}).get("h")
    results = [flat.get(item["Name"]) == item["Value"] for item in expression.get("Filters", [])]
    results += [naive(item, record) for item in expression.get("SubExpressions", [])]
    return True in results if expression.get("Operator") == "Or" else False not in results


@settings(max_examples=200, deadline=None, derandomize=True)
@given(expression=EXPRESSIONS, record=RECORDS)
def test_an_expression_says_what_a_naive_evaluation_says(expression: dict[str, Any], record: dict[str, Any]) -> None:
    assert holds(expression, record) is naive(expression, record)


# Visibility


def test_a_resource_is_seen_unless_it_has_another_value() -> None:
    conditions = [pair({"Key": "Tags.team", "Value": "ml"}), pair({"Key": "Tags.a.b", "Value": ""})]
    assert visible({}, conditions)
    assert visible({"team": "ml", "other": "x"}, conditions)
    assert visible({"a.b": ""}, conditions)
    assert not visible({"team": "ops"}, conditions)
    assert not visible({"team": "ml", "a.b": "x"}, conditions)


@pytest.mark.parametrize(
    "item", [{}, {"Key": "team", "Value": "ml"}, {"Key": "Tags.", "Value": "ml"}, {"Key": "Tags.team"}, {"Value": "ml"}]
)
def test_a_visibility_condition_is_of_a_tag(item: dict[str, str]) -> None:
    with pytest.raises(InvalidSearch, match=r"Tags\.<key>"):
        pair(item)
