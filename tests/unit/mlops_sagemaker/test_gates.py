import copy
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_sagemaker import gates
from mlops_sagemaker.gates import Policy

POLICY = Policy(metrics="regression_metrics", metric="mse", threshold=5.0, min_rows=300, champion=True)
HOSTILE = [
    math.nan,
    math.inf,
    -math.inf,
    None,
    "",
    "4.5",
    "NaN",
    True,
    False,
    [],
    {},
    [4.5],
    {"mse": 4.5},
    -0.1,
]
MISSING = object()
DECIDING = [
    ("rows",),
    ("regression_metrics",),
    ("regression_metrics", "mse"),
    ("regression_metrics", "mse", "value"),
    ("baseline",),
    ("baseline", "regression_metrics"),
    ("baseline", "regression_metrics", "mse"),
    ("baseline", "regression_metrics", "mse", "value"),
    ("champion",),
    ("champion", "regression_metrics"),
    ("champion", "regression_metrics", "mse"),
    ("champion", "regression_metrics", "mse", "value"),
]
"""Every place of a report that the verdict depends on."""

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["mse", "value", "rows"]), inner),
)


def report(candidate: float = 4.5, baseline: float = 4.9, champion: float | None = 4.7, rows: int = 600) -> Any:
    def metrics(value: float) -> dict[str, Any]:
        return {"regression_metrics": {"mse": {"value": value, "standard_deviation": 0.3}}}

    return {
        "rows": rows,
        **metrics(candidate),
        "baseline": {"name": "linear", **metrics(baseline)},
        "champion": None if champion is None else metrics(champion),
    }


def with_value(path: tuple[str, ...], value: Any) -> Any:
    """A good report with ``value`` at ``path``, or without anything there."""
    changed = copy.deepcopy(report())
    entry = changed
    for key in path[:-1]:
        entry = entry[key]
    if value is MISSING:
        del entry[path[-1]]
    else:
        entry[path[-1]] = value
    return changed


SPOILT = [
    pytest.param(with_value(path, value), id=f"{'.'.join(path)}={'missing' if value is MISSING else value!r}")
    for path in DECIDING
    for value in (*HOSTILE, MISSING)
]


def test_a_model_that_meets_every_rule_passes_and_the_record_says_how() -> None:
    verdict = gates.decide(report(), POLICY)
    assert verdict.passed
    assert [check.rule for check in verdict.checks] == ["rows", "threshold", "baseline", "champion"]
    assert "mse 4.5 beats the champion's 4.7" in verdict.reason


@pytest.mark.parametrize("bad_report", SPOILT)
def test_no_value_but_a_possible_finite_number_ever_passes(bad_report: Any) -> None:
    verdict = gates.decide(bad_report, POLICY)
    assert not verdict.passed
    assert verdict.reason


@given(json_values)
def test_no_document_makes_the_gate_fail_and_the_record_is_always_strict_json(document: Any) -> None:
    verdict = gates.decide(document, POLICY)
    assert not verdict.passed
    json.dumps(verdict.record(), allow_nan=False)


@given(st.floats(), st.floats(), st.floats(), st.integers())
def test_a_report_passes_exactly_if_every_rule_holds(
    candidate: float, baseline: float, champion: float, rows: int
) -> None:
    possible = all(math.isfinite(value) and value >= 0 for value in (candidate, baseline, champion))
    expected = possible and candidate <= 5 and candidate < baseline and candidate < champion and rows >= 300
    assert gates.decide(report(candidate, baseline, champion, rows), POLICY).passed == expected


@pytest.mark.parametrize(
    ("changed", "rule", "reason"),
    [
        (report(candidate=5.1, baseline=6, champion=6), "threshold", "mse 5.1 misses the threshold <= 5"),
        (report(baseline=4.5), "baseline", "mse 4.5 does not beat the baseline's 4.5"),
        (report(champion=4.4), "champion", "mse 4.5 does not beat the champion's 4.4"),
        (
            report(champion=None),
            "champion",
            "champion.regression_metrics.mse.value is None, not a finite number",
        ),
        (report(rows=299), "rows", "evaluated on 299 rows, at least 300 required"),
        (report(candidate=math.nan), "threshold", "regression_metrics.mse.value is nan, not a finite number"),
        (report(baseline=-1), "baseline", "baseline.regression_metrics.mse.value is -1, which no mse can be"),
    ],
)
def test_a_refusal_names_the_rule_and_the_reason(changed: Any, rule: str, reason: str) -> None:
    verdict = gates.decide(changed, POLICY)
    assert rule in [check.rule for check in verdict.checks if not check.passed]
    assert reason in verdict.reason


def test_without_a_champion_only_the_baseline_is_a_rival() -> None:
    policy = Policy(metrics="regression_metrics", metric="mse", threshold=5.0)
    assert gates.decide(report(champion=None), policy).passed


def test_a_metric_that_should_be_high_is_judged_the_other_way_round() -> None:
    policy = Policy(
        metrics="binary_classification_metrics",
        metric="auc",
        threshold=0.8,
        lower_is_better=False,
        highest=1.0,
    )

    def scored(candidate: float, baseline: float) -> Any:
        section = "binary_classification_metrics"
        return {
            "rows": 1,
            section: {"auc": {"value": candidate}},
            "baseline": {section: {"auc": {"value": baseline}}},
        }

    assert gates.decide(scored(0.9, 0.85), policy).passed
    assert not gates.decide(scored(0.79, 0.7), policy).passed
    assert not gates.decide(scored(0.9, 0.9), policy).passed
    assert not gates.decide(scored(1.1, 0.9), policy).passed


@pytest.mark.parametrize("threshold", [math.nan, math.inf])
def test_a_threshold_that_is_no_number_lets_nothing_through(threshold: float) -> None:
    policy = Policy(metrics="regression_metrics", metric="mse", threshold=threshold)
    assert not gates.decide(report(), policy).passed


def test_a_number_beyond_float_is_none() -> None:
    assert not gates.decide(report(baseline=10**400), POLICY).passed


def test_the_record_holds_every_finite_metric_of_the_candidate() -> None:
    changed = report()
    changed["regression_metrics"] |= {"r2": {"value": 0.5}, "mae": {"value": math.nan}}
    assert gates.decide(changed, POLICY).record()["metrics"] == {"mse": 4.5, "r2": 0.5}


def test_a_missing_report_refuses() -> None:
    record = gates.refusal("report", "there is none").record()
    assert (record["passed"], record["reason"]) == (False, "there is none")
