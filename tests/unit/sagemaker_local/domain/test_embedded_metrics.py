"""Lines of logs that are metrics, and those that only look so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sagemaker_local.domain.embedded_metrics import Datum, data

pytestmark = pytest.mark.documented("CloudWatch_Embedded_Metric_Format_Specification")

DIRECTIVE = {"Namespace": "N", "Dimensions": [["Model"]], "Metrics": [{"Name": "Drift"}]}


def line(directive: dict[str, Any] | None = None, **members: Any) -> str:
    metadata = {"Timestamp": 1500, "CloudWatchMetrics": [directive or DIRECTIVE]}
    return json.dumps({"_aws": metadata, "Model": "a/1", "Drift": 0.25, "said": "more", **members})


def test_a_value_becomes_a_metric_with_its_dimensions() -> None:
    assert data(line()) == [Datum("N", "Drift", "None", {"Model": "a/1"}, [0.25], 1.5)]


def test_each_set_of_dimensions_and_each_metric_is_one_of_its_own() -> None:
    directive = {
        "Namespace": "N",
        "Dimensions": [["Model"], []],
        "Metrics": [{"Name": "Drift"}, {"Name": "Time", "Unit": "Seconds"}],
    }
    found = [(each.name, each.unit, each.dimensions, each.values) for each in data(line(directive, Time=[1, 2.5]))]
    assert found == [
        ("Drift", "None", {"Model": "a/1"}, [0.25]),
        ("Time", "Seconds", {"Model": "a/1"}, [1.0, 2.5]),
        ("Drift", "None", {}, [0.25]),
        ("Time", "Seconds", {}, [1.0, 2.5]),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "a line",
        '{"said": "nothing of _aws"}',
        '{"_aws": ',
        '{"_aws": []}',
        '{"_aws": {"Timestamp": 1}}',
        line(Drift="0.25"),
        line(Drift=[]),
        line(Drift=[1] * 101),
        line(Model=1),
        line({**DIRECTIVE, "Dimensions": [["absent"]]}),
    ],
)
def test_what_does_not_keep_to_the_format_is_a_line_as_any_other(text: str) -> None:
    assert data(text) == []
