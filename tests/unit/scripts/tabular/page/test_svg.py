from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabular.page import svg
from tabular.page.svg import Interval, Labels, Scale

LABELS = Labels("Title & <more>", "across", "up")
numbers = st.floats(-1e6, 1e6)


def drawn(text: str) -> ElementTree.Element:
    """The drawing as XML, in which every place is a number."""
    assert "nan" not in re.sub(r"<(title|text).*?</\1>", "", text)
    return ElementTree.fromstring(text)


@given(numbers, st.floats(1e-3, 1e6))
def test_ticks_are_round_few_and_within_the_range(low: float, span: float) -> None:
    scale = Scale(low, low + span, 0, 100)
    ticks = scale.ticks()
    assert 2 <= len(ticks) <= 7
    assert all(low - span * 1e-6 <= tick <= low + span * (1 + 1e-6) for tick in ticks)


def test_ticks_are_steps_of_one_two_or_five() -> None:
    assert Scale(0, 1, 0, 1).ticks() == [0, 0.2, 0.4, 0.6, 0.8, 1]
    assert Scale(3.5, 5.5, 0, 1).ticks() == [3.5, 4, 4.5, 5, 5.5]
    assert Scale(-7, 88, 0, 1).ticks() == [0, 20, 40, 60, 80]


def test_a_value_has_its_place_between_the_ends() -> None:
    scale = Scale(10, 20, 0, 100)
    assert (scale(10), scale(15), scale(20)) == (0, 50, 100)
    assert Scale(5, 5, 0, 100)(5) == 0


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=20), st.booleans())
def test_curves_of_any_points_are_drawn(points: list[tuple[float, float]], diagonal: bool) -> None:
    across, up = zip(*points, strict=True)
    chart = drawn(svg.curves({"one": (across, up)}, LABELS, diagonal))
    (line,) = chart.findall("polyline")
    assert len(line.attrib["points"].split()) == len(points)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=30))
def test_bars_of_any_counts_are_drawn(counts: list[int]) -> None:
    chart = drawn(svg.bars([float(edge) for edge in range(len(counts) + 1)], {"rows": counts}, LABELS))
    heights = [float(bar.attrib["height"]) for bar in chart.findall("rect")]
    assert len(heights) == len(counts)
    assert heights[counts.index(max(counts))] == max(heights)


@pytest.mark.parametrize("ends", [(1.0, 3.0), None])
def test_a_value_is_drawn_with_its_interval_or_without_one(ends: tuple[float, float] | None) -> None:
    chart = drawn(svg.intervals([Interval("a & b", 2.0, ends)], "metric", zero=True))
    assert len(chart.findall("circle")) == 1
    assert len(chart.findall("line")) == 1 + (ends is not None)  # the place of 0, and the interval
    assert "a & b" in [text.text for text in chart.findall("text")]


def test_several_series_have_a_legend_and_one_has_none() -> None:
    one = ([0.0, 1.0], [0.0, 1.0])
    assert "second" in svg.curves({"first": one, "second": one}, LABELS, diagonal=False)
    assert "first" not in svg.curves({"first": one}, LABELS, diagonal=False)
