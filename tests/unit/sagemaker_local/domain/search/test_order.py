"""The order of results."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemaker_local.domain.search.errors import InvalidSearch
from sagemaker_local.domain.search.order import Position, ordered, position, sortable
from sagemaker_local.domain.search.properties import find
from sagemaker_local.protocol import model

JOB = model.search_shape("TrainingJob")


def rows(by: str, records: list[dict[str, Any]], descending: bool = False) -> list[int]:
    """The records' numbers, in order."""
    found = sortable(find(JOB, by))
    positions = [position(found, number, record) for number, record in enumerate(records, start=1)]
    return [one.row for one in ordered(positions, descending)]


def test_text_numbers_and_times_are_sorted_each_in_its_way() -> None:
    assert rows("TrainingJobName", [{"TrainingJobName": name} for name in ("b10", "a", "b9")]) == [2, 1, 3]
    assert rows("CreationTime", [{"CreationTime": moment} for moment in (10.0, 9.0, 100.0)]) == [2, 1, 3]
    metrics = [{"FinalMetricDataList": [{"MetricName": "m", "Value": value}]} for value in (10, 9.5, -1)]
    assert rows("Metrics.m", metrics) == [3, 2, 1]
    assert rows("EnableNetworkIsolation", [{"EnableNetworkIsolation": value} for value in (True, False)]) == [2, 1]


def test_hyperparameters_that_are_numbers_are_sorted_as_such_and_before_text() -> None:
    records = [{"HyperParameters": {"p": value}} for value in ("10", "adam", "9", "1e-3")]
    assert rows("HyperParameters.p", records) == [4, 3, 1, 2]
    assert rows("HyperParameters.p", records, descending=True) == [2, 1, 3, 4]


@pytest.mark.parametrize("descending", [False, True])
def test_what_lacks_the_property_is_last(descending: bool) -> None:
    records = [{}, {"TrainingJobName": "a"}, {}, {"TrainingJobName": "b"}]
    assert rows("TrainingJobName", records, descending) == ([4, 2, 3, 1] if descending else [2, 4, 1, 3])


def test_equals_are_sorted_by_their_creation() -> None:
    assert rows("TrainingJobStatus", [{"TrainingJobStatus": "Failed"}] * 3) == [1, 2, 3]
    assert rows("TrainingJobStatus", [{"TrainingJobStatus": "Failed"}] * 3, descending=True) == [3, 2, 1]


def test_of_several_values_the_first_counts() -> None:
    records = [{"InputDataConfig": [{"ChannelName": name} for name in names]} for names in ("ba", "ab")]
    assert rows("InputDataConfig.ChannelName", records) == [2, 1]


@pytest.mark.parametrize("name", ["AlgorithmSpecification", "InputDataConfig", "HyperParameters"])
def test_a_structure_has_no_order(name: str) -> None:
    with pytest.raises(InvalidSearch, match="has no order"):
        sortable(find(JOB, name))


VALUES = st.none() | st.floats(-2, 2) | st.sampled_from(["", "a", "b"])


@settings(max_examples=200, deadline=None, derandomize=True)
@given(values=st.lists(VALUES, min_size=1, max_size=8), descending=st.booleans(), data=st.data())
def test_what_follows_a_position_is_the_rest_of_the_order_whether_it_is_there_or_not(
    values: list[Any], descending: bool, data: st.DataObject
) -> None:
    positions = [Position(value, row) for row, value in enumerate(values, start=1)]
    whole = ordered(positions, descending)
    cut = data.draw(st.integers(0, len(whole) - 1))
    assert set(whole) == set(positions)
    assert ordered(positions, descending, whole[cut]) == whole[cut + 1 :]
    without = [one for one in positions if one != whole[cut]]
    assert ordered(without, descending, whole[cut]) == whole[cut + 1 :]
