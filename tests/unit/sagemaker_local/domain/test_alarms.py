"""States of alarms: the guide's tables of how missing data is treated, newest value last as printed there."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_local.domain import alarms

STATES = {"OK": "OK", "ALARM": "ALARM", "INSUFFICIENT": "INSUFFICIENT_DATA", "retained": None}
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
PAGE = "alarm-evaluation: example tables"


def alarm(**members: Any) -> dict[str, Any]:
    plain = {"ComparisonOperator": "GreaterThanThreshold", "Threshold": 1.0, "EvaluationPeriods": 3}
    return {**plain, **members}


def values(printed: str) -> list[float | None]:
    """``0`` is not breaching, ``X`` is, ``-`` is missing."""
    return [{"0": 0.0, "X": 2.0, "-": None}[letter] for letter in printed.split()][::-1]


THREE_OF_THREE = [
    ("0 - X - X", "OK OK OK OK"),
    ("- - - - 0", "OK OK OK OK"),
    ("- - - - -", "INSUFFICIENT retained ALARM OK"),
    ("0 X X - X", "ALARM ALARM ALARM ALARM"),
    ("- - X - -", "ALARM retained ALARM OK"),
]
TWO_OF_THREE = [
    ("0 - X - X", "ALARM ALARM ALARM ALARM"),
    ("0 0 X 0 X", "ALARM ALARM ALARM ALARM"),
    ("0 - X - -", "OK OK ALARM OK"),
    ("- - - - 0", "OK OK ALARM OK"),
    ("- - - - X", "ALARM retained ALARM OK"),
]


@pytest.mark.documented(PAGE)
@pytest.mark.parametrize(
    ("needed", "printed", "states"),
    [*((3, *row) for row in THREE_OF_THREE), *((2, *row) for row in TWO_OF_THREE)],
)
def test_the_guides_tables(needed: int, printed: str, states: str) -> None:
    for treatment, state in zip(TREATMENTS, states.split(), strict=True):
        given = alarm(DatapointsToAlarm=needed, TreatMissingData=treatment)
        assert alarms.state(given, values(printed)) == STATES[state], treatment


@pytest.mark.parametrize(
    ("comparison", "value", "state"),
    [
        ("GreaterThanThreshold", 1.0, "OK"),
        ("GreaterThanOrEqualToThreshold", 1.0, "ALARM"),
        ("LessThanThreshold", 1.0, "OK"),
        ("LessThanOrEqualToThreshold", 1.0, "ALARM"),
        ("LessThanThreshold", 0.5, "ALARM"),
        ("LessThanLowerThreshold", 0.5, None),
    ],
)
def test_comparisons(comparison: str, value: float, state: str | None) -> None:
    assert alarms.state(alarm(ComparisonOperator=comparison, EvaluationPeriods=1), [value, None, None]) == state


def test_all_datapoints_count_unless_fewer_are_enough() -> None:
    assert alarms.state(alarm(), values("X X X 0 X")) == "OK"
    assert alarms.state(alarm(DatapointsToAlarm=1), values("0 0 0 X 0")) == "ALARM"
    assert alarms.periods_looked_at(alarm()) == 5
