"""Ranges and scales: every point of the unit cube is a combination, and every combination a point."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.errors import ServiceError
from sagemaker_local.tuning.space import Categorical, Continuous, Integer, Space, read_space

UNITS = st.floats(0, 1)
CONTINUA = [
    Continuous("x", -5.0, 10.0),
    Continuous("x", 1e-6, 1.0, "Logarithmic"),
    Continuous("x", 0.0, 0.999, "ReverseLogarithmic"),
]
INTEGERS = [Integer("n", -3, 4), Integer("n", 1, 1000, "Logarithmic"), Integer("n", 7, 7)]


def ranges(kind: str, **item: Any) -> dict[str, Any]:
    return {f"{kind}ParameterRanges": [{"Name": "p", **item}]}


def refusal(request: dict[str, Any]) -> str:
    with pytest.raises(ServiceError) as caught:
        read_space(request)
    assert caught.value.code == "ValidationException"
    return caught.value.message


@pytest.mark.parametrize("parameter", CONTINUA, ids=lambda parameter: parameter.scaling)
@given(unit=UNITS)
def test_a_continuous_value_lies_in_its_range_and_is_found_again_on_its_scale(
    parameter: Continuous, unit: float
) -> None:
    text = parameter.decode(unit)
    assert parameter.low <= float(text) <= parameter.high
    assert parameter.encode(text) == pytest.approx(unit, abs=1e-6)


@pytest.mark.parametrize("parameter", CONTINUA, ids=lambda parameter: parameter.scaling)
def test_a_scale_goes_from_the_least_to_the_greatest_value(parameter: Continuous) -> None:
    assert float(parameter.decode(0.0)) == pytest.approx(parameter.low)
    assert float(parameter.decode(1.0)) == pytest.approx(parameter.high)
    values = [float(parameter.decode(step / 50)) for step in range(51)]
    assert all(one < other for one, other in pairwise(values))


def test_a_logarithmic_scale_gives_every_order_of_magnitude_the_same_room() -> None:
    parameter = Continuous("x", 1e-4, 1.0, "Logarithmic")
    assert [float(parameter.decode(unit)) for unit in (0.25, 0.5, 0.75)] == pytest.approx([1e-3, 1e-2, 1e-1])


def test_a_reverse_logarithmic_scale_does_so_towards_one() -> None:
    parameter = Continuous("x", 0.0, 0.9999, "ReverseLogarithmic")
    assert [1 - float(parameter.decode(unit)) for unit in (0.25, 0.5, 0.75)] == pytest.approx([1e-1, 1e-2, 1e-3])


@pytest.mark.parametrize("parameter", INTEGERS, ids=str)
@given(unit=UNITS)
def test_an_integer_is_one_of_its_range_and_keeps_its_place(parameter: Integer, unit: float) -> None:
    text = parameter.decode(unit)
    assert parameter.low <= int(text) <= parameter.high
    place = parameter.encode(text)
    assert place is not None
    assert parameter.decode(place) == text


def test_every_integer_of_a_linear_scale_has_the_same_room() -> None:
    parameter = Integer("n", 1, 4)
    assert [parameter.decode((step + 0.5) / 40) for step in range(40)] == [
        str(n) for n in range(1, 5) for _ in range(10)
    ]


def test_a_category_has_the_same_room_as_the_others() -> None:
    parameter = Categorical("c", ("a", "b", "c", "d"))
    assert [parameter.decode((step + 0.5) / 8) for step in range(8)] == list("aabbccdd")
    assert parameter.decode(1.0) == "d"
    assert [parameter.encode(value) for value in "abcd"] == [0.125, 0.375, 0.625, 0.875]


@pytest.mark.parametrize(
    ("parameter", "text"),
    [
        (Continuous("x", 0.0, 1.0), "1.1"),
        (Continuous("x", 0.0, 1.0), "-0.1"),
        (Continuous("x", 0.0, 1.0), "much"),
        (Continuous("x", 0.0, 1.0), "nan"),
        (Integer("n", 1, 3), "4"),
        (Integer("n", 1, 3), "0"),
        (Categorical("c", ("a",)), "b"),
    ],
    ids=str,
)
def test_what_lies_outside_has_no_place(parameter: Continuous | Integer | Categorical, text: str) -> None:
    assert parameter.encode(text) is None


# Spaces


MIXED = Space((Integer("n", 1, 2), Categorical("c", ("a", "b", "c"))))


def test_the_size_of_a_space_is_the_number_of_its_combinations() -> None:
    assert MIXED.size == 6
    assert Space(()).size == 1
    assert Space((*MIXED.parameters, Continuous("x", 0.0, 1.0))).size is None


def test_the_combinations_are_all_there_once_the_last_name_changing_first() -> None:
    every = [MIXED.combination(index) for index in range(6)]
    assert every == [{"n": n, "c": c} for n in "12" for c in "abc"]


def test_a_point_is_decoded_and_encoded_name_by_name() -> None:
    values = MIXED.decode([0.75, 0.1])
    assert values == {"n": "2", "c": "a"}
    assert MIXED.encode({**values, "other": "x"}) == [0.75, pytest.approx(1 / 6)]


@pytest.mark.parametrize("values", [{"n": "1"}, {"n": "3", "c": "a"}, {}])
def test_what_misses_a_name_or_its_range_is_no_point(values: dict[str, str]) -> None:
    assert MIXED.encode(values) is None


# Requests


def test_ranges_are_read_by_kind() -> None:
    space = read_space(
        {
            **ranges("Integer", Name="n", MinValue="1", MaxValue="5"),
            **ranges("Continuous", Name="x", MinValue="0.5", MaxValue="1.5", ScalingType="Logarithmic"),
            **ranges("Categorical", Name="c", Values=["a", "b"]),
        }
    )
    assert space.parameters == (
        Integer("n", 1, 5),
        Continuous("x", 0.5, 1.5, "Logarithmic"),
        Categorical("c", ("a", "b")),
    )


@pytest.mark.parametrize(
    ("low", "high", "scaling"),
    [("0.001", "1", "Logarithmic"), ("1", "50", "Linear"), ("0", "1000000", "Linear"), ("-10", "10", "Linear")],
)
@pytest.mark.parametrize("kind", ["Auto", None])
def test_a_wide_range_above_zero_is_logarithmic_if_that_is_left_open(
    low: str, high: str, scaling: str, kind: str | None
) -> None:
    given_ = {} if kind is None else {"ScalingType": kind}
    (parameter,) = read_space(ranges("Continuous", MinValue=low, MaxValue=high, **given_)).parameters
    assert isinstance(parameter, Continuous)
    assert parameter.scaling == scaling


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (ranges("Integer", MinValue="1.5", MaxValue="2"), "p: MinValue '1.5' is not an integer"),
        (ranges("Continuous", MinValue="0", MaxValue="lots"), "p: MaxValue 'lots' is not a number"),
        (ranges("Continuous", MinValue="0", MaxValue="inf"), "p: MaxValue 'inf' is not a number"),
        (ranges("Integer", MinValue="2", MaxValue="1"), "p: MinValue 2 is greater than MaxValue 1"),
        (ranges("Continuous", MinValue="0", MaxValue="1", ScalingType="Logarithmic"), "values greater than 0"),
        (ranges("Continuous", MinValue="0", MaxValue="1", ScalingType="ReverseLogarithmic"), "0 <= x < 1"),
        (ranges("Continuous", MinValue="-0.1", MaxValue="0.5", ScalingType="ReverseLogarithmic"), "0 <= x < 1"),
        (ranges("Integer", MinValue="0", MaxValue="0", ScalingType="ReverseLogarithmic"), "continuous ranges only"),
        (ranges("Categorical", Values=["a", "b", "a"]), "p: the value a is there more than once"),
        (
            {**ranges("Categorical", Values=["a"]), **ranges("Integer", MinValue="1", MaxValue="2")},
            "ParameterRanges has p more than once",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_ranges_that_make_no_space_are_refused(request_: dict[str, Any], reason: str) -> None:
    assert reason in refusal(request_)


def test_at_most_thirty_hyperparameters_are_searched() -> None:
    items = [{"Name": f"p{number}", "Values": ["a"]} for number in range(16)]
    numbers = [{"Name": f"n{number}", "MinValue": "1", "MaxValue": "2"} for number in range(15)]
    request = {"CategoricalParameterRanges": items, "IntegerParameterRanges": numbers}
    assert refusal(request) == "ParameterRanges has 31 hyperparameters; the limit is 30"
    assert len(read_space({**request, "IntegerParameterRanges": numbers[1:]}).parameters) == 30


def test_a_value_is_written_so_that_it_reads_the_same() -> None:
    parameter = Continuous("x", 1e-9, 1e9, "Logarithmic")
    for unit in (0.1, 0.123456789, 0.9):
        text = parameter.decode(unit)
        assert math.isfinite(float(text))
        assert repr(float(text)) == text
