import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_sagemaker import gates
from mlops_sagemaker.gates import Policy
from mlops_sagemaker.rules import Beats, MaxGap, MinFreshRows, MinRows, Mode, NotWorse, Rule, Threshold
from tests.unit.mlops_sagemaker.reports import MISSING, report, with_value

RULES: tuple[Rule, ...] = (
    MinRows(rows=300),
    MinFreshRows(rows=50),
    Threshold(metric="mse", bound=5.0),
    Beats(rival="baseline", metric="mse", alpha=0.5),
    Beats(rival="champion", metric="mse", min_gain=0.05, alpha=0.05),
    NotWorse(metric="mae", margin=0.2),
    NotWorse(metric="mse", margin=0.2, by="sex", min_rows=100),
    MaxGap(metric="mse", by="sex", limit=1.0, min_rows=100),
)
POLICY = Policy(metric="mse", rules=RULES)
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
    10**400,
]
XGBOOST = ("candidates", "xgboost")
DECIDING = [
    ("rows",),
    ("fresh",),
    ("fresh", "rows"),
    ("candidates",),
    XGBOOST,
    (*XGBOOST, "regression_metrics"),
    (*XGBOOST, "regression_metrics", "mse"),
    (*XGBOOST, "regression_metrics", "mse", "value"),
    (*XGBOOST, "comparisons"),
    (*XGBOOST, "comparisons", "baseline"),
    (*XGBOOST, "comparisons", "baseline", "metrics", "mse"),
    (*XGBOOST, "comparisons", "champion"),
    (*XGBOOST, "comparisons", "champion", "metrics"),
    (*XGBOOST, "comparisons", "champion", "metrics", "mse"),
    (*XGBOOST, "comparisons", "champion", "metrics", "mse", "standard_deviation"),
    (*XGBOOST, "comparisons", "champion", "metrics", "mae", "difference"),
    (*XGBOOST, "comparisons", "champion", "slices"),
    (*XGBOOST, "comparisons", "champion", "slices", "sex"),
    (*XGBOOST, "comparisons", "champion", "slices", "sex", "F"),
    (*XGBOOST, "comparisons", "champion", "slices", "sex", "F", "mse", "difference"),
    (*XGBOOST, "slices"),
    (*XGBOOST, "slices", "sex"),
    (*XGBOOST, "slices", "sex", "F"),
    (*XGBOOST, "slices", "sex", "F", "rows"),
    (*XGBOOST, "slices", "sex", "F", "regression_metrics", "mse", "value"),
    ("champion",),
    ("champion", "state"),
]
"""Places of a report that the verdict depends on."""
HARMLESS = {
    # A difference below 0 is a gain.
    (*XGBOOST, "comparisons", "champion", "metrics", "mae", "difference"): (-0.1,),
    (*XGBOOST, "comparisons", "champion", "slices", "sex", "F", "mse", "difference"): (-0.1,),
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.text() | st.sampled_from(["candidates", "champion", "state", "regression_metrics", "mse", "value"]),
            inner,
        )
    ),
)
SPOILT = [
    pytest.param(with_value(path, value), id=f"{'.'.join(path)}={'missing' if value is MISSING else repr(value)[:20]}")
    for path in DECIDING
    for value in (*HOSTILE, MISSING)
    if value not in HARMLESS.get(path, ())
]


def decided(document: Any, *rules: Rule, champion: bool = True) -> gates.Verdict:
    return gates.decide(document, Policy("mse", rules) if rules else POLICY, champion)


def test_a_model_that_meets_every_rule_passes_and_the_record_says_how() -> None:
    verdict = decided(report())
    assert (verdict.promoted, verdict.passed) == ("xgboost", True)
    assert all(check.held for check in verdict.checks)
    assert [check.rule for check in verdict.checks] == [
        "rows",
        "fresh rows",
        "mse threshold",
        "mse against the baseline",
        "mse against the champion",
        "mae no worse than the champion's",
        "mse no worse than the champion's by sex",
        "mse gap by sex",
    ]
    assert "mse 4.5 meets the threshold <= 5" in verdict.reason
    assert "mse gains more than 0.05 on the champion's: 0.2" in verdict.reason


@pytest.mark.parametrize("bad_report", SPOILT)
def test_no_value_but_a_possible_finite_number_ever_passes(bad_report: Any) -> None:
    verdict = decided(bad_report)
    assert not verdict.passed
    assert verdict.reason
    json.dumps(verdict.record(), allow_nan=False)


@given(json_values)
def test_no_document_makes_the_gate_fail_and_the_record_is_always_strict_json(document: Any) -> None:
    verdict = decided(document)
    assert not verdict.passed
    json.dumps(verdict.record(), allow_nan=False)


@given(st.floats(), st.floats(), st.floats(), st.integers())
def test_a_report_passes_exactly_if_every_rule_holds(mse: float, baseline: float, gain: float, rows: int) -> None:
    document = report(mse=mse, baseline=baseline, rows=rows)
    document["candidates"]["xgboost"]["comparisons"]["champion"]["metrics"]["mse"] = {
        "difference": -gain,
        "standard_deviation": 0.1,
    }
    rules = (MinRows(rows=300), Threshold(metric="mse", bound=5.0), RULES[3], RULES[4])
    sure = math.isfinite(gain) and gain - 1.6448536269514722 * 0.1 > 0.05
    finite = all(math.isfinite(value) for value in (mse, mse - baseline)) and mse >= 0
    expected = finite and mse <= 5 and mse - baseline < 0 and sure and 300 <= rows < 2**63
    assert decided(document, *rules).passed == expected


@pytest.mark.parametrize(
    ("changed", "rule", "reason"),
    [
        (report(mse=5.1, baseline=6, champion=6), "mse threshold", "mse 5.1 misses the threshold <= 5"),
        (report(baseline=4.5), "mse against the baseline", "mse is not shown to gain more than 0 on the baseline's: 0"),
        (
            report(champion=4.6),
            "mse against the champion",
            "mse is not shown to gain more than 0.05 on the champion's: 0.1, at least 0.01776 with 0.95 confidence",
        ),
        (report(rows=299), "rows", "evaluated on 299 rows, at least 300 required"),
        (
            with_value((*XGBOOST, "regression_metrics", "mse", "value"), math.nan),
            "mse",
            "candidates.xgboost.regression_metrics.mse.value is nan, not a finite number",
        ),
        (
            with_value((*XGBOOST, "regression_metrics", "mse", "value"), -1),
            "mse threshold",
            "candidates.xgboost.regression_metrics.mse is -1, which no mse can be",
        ),
        (with_value(("fresh", "rows"), 49), "fresh rows", "fresh rows: 49 rows, at least 50 required"),
        (with_value(("fresh",), None), "fresh rows", "fresh.rows is None, not a number of rows"),
        (
            with_value((*XGBOOST, "comparisons", "champion", "metrics", "mse", "standard_deviation"), "NaN"),
            "mse against the champion",
            "the standard deviation of candidates.xgboost.comparisons.champion.metrics.mse was not computed",
        ),
        (
            with_value((*XGBOOST, "slices", "sex", "F", "rows"), 99),
            "mse gap by sex",
            "sex F: 99 rows, at least 100 required",
        ),
        (with_value((*XGBOOST, "slices"), {}), "mse gap by sex", "the report has no groups of rows by 'sex'"),
    ],
)
def test_a_refusal_names_the_rule_and_the_reason(changed: Any, rule: str, reason: str) -> None:
    verdict = decided(changed)
    assert not verdict.passed
    assert rule in [check.rule for check in verdict.checks if check.refuses]
    assert reason in verdict.reason


def test_the_deciding_metric_must_be_usable_even_if_no_rule_is_about_it() -> None:
    spoilt = with_value((*XGBOOST, "regression_metrics", "mse", "value"), "4.5")
    verdict = decided(spoilt, MinRows(rows=1))
    assert not verdict.passed
    assert "mse.value is '4.5', not a finite number" in verdict.reason


def test_without_a_champion_rules_about_it_are_not_looked_at_and_say_so() -> None:
    verdict = decided(report(champion=None), champion=False)
    assert (verdict.passed, verdict.champion) == (True, "none")
    unasked = [check for check in verdict.checks if check.held is None]
    assert len(unasked) == 4
    assert {check.reason for check in unasked} == {"there is no champion yet"}


def test_a_champion_that_the_report_does_not_know_refuses() -> None:
    verdict = decided(report(champion=None), champion=True)
    assert not verdict.passed
    assert "the state of the champion is none in the report, not scored" in verdict.reason


def test_a_champion_that_only_the_report_knows_must_be_beaten_all_the_same() -> None:
    assert not decided(report(champion=4.5), champion=False).passed


@pytest.mark.parametrize(("mode", "passed"), [(Mode.ENFORCE, False), (Mode.DRY_RUN, True), (Mode.OFF, True)])
def test_a_rule_that_does_not_hold_refuses_only_where_it_is_enforced(mode: Mode, passed: bool) -> None:
    verdict = decided(report(mse=4.6), MinRows(rows=1), Threshold(metric="mse", bound=4.0, mode=mode))
    assert verdict.passed == passed
    check = verdict.checks[1]
    assert (check.mode, check.held) == (mode.value, None if mode is Mode.OFF else False)
    assert json.loads(json.dumps(verdict.record()))["checks"][1]["mode"] == mode.value


@pytest.mark.parametrize("mode", [Mode.DRY_RUN, Mode.OFF])
def test_a_policy_that_enforces_nothing_lets_nothing_through(mode: Mode) -> None:
    verdict = decided(report(), MinRows(rows=1, mode=mode))
    assert not verdict.passed
    assert verdict.reason == "no rule of the policy is enforced, so nothing was shown"


def test_of_several_candidates_the_best_of_those_that_pass_is_promoted() -> None:
    rules = (Threshold(metric="mse", bound=4.6),)
    verdict = decided(report(mse=4.5, forest=4.4, other=4.7), *rules)
    assert (verdict.promoted, verdict.best) == ("forest", "forest")
    assert verdict.record()["metrics"]["mse"] == 4.4
    assert verdict.reason == "forest: mse 4.4 meets the threshold <= 4.6"


def test_a_better_candidate_that_fails_a_rule_gives_way_to_one_that_passes() -> None:
    document = report(mse=4.5, forest=4.4)
    document["candidates"]["forest"]["slices"]["sex"]["F"]["regression_metrics"]["mse"]["value"] = 7
    assert decided(document).promoted == "xgboost"


def test_if_all_are_refused_the_reasons_name_each_and_the_best_is_told() -> None:
    verdict = decided(report(mse=4.5, forest=4.4), Threshold(metric="mse", bound=4.0))
    assert (verdict.promoted, verdict.best) == (None, "forest")
    assert verdict.reason == ("forest: mse 4.4 misses the threshold <= 4; xgboost: mse 4.5 misses the threshold <= 4")


def test_a_candidate_without_a_usable_metric_does_not_keep_another_from_passing() -> None:
    document = report(forest=4.4)
    document["candidates"]["forest"] = {}
    assert decided(document).promoted == "xgboost"


def test_the_record_holds_every_usable_metric_of_the_promoted_candidate() -> None:
    document = report()
    document["candidates"]["xgboost"]["regression_metrics"] |= {"r2": {"value": 0.5}, "rmse": {"value": math.nan}}
    assert decided(document).record()["metrics"] == {"mse": 4.5, "mae": 1.5, "r2": 0.5}


def test_a_report_without_candidates_refuses_with_the_reason() -> None:
    assert "the report has no candidates; did every training fail?" in decided({**report(), "candidates": {}}).reason


def test_a_missing_report_refuses() -> None:
    record = gates.refusal("report", "there is none").record()
    assert (record["passed"], record["candidate"], record["reason"]) == (False, None, "there is none")


def test_the_threshold_of_the_deciding_metric_can_be_set_anew() -> None:
    policy = Policy("mse", (Threshold(metric="mse", bound=5.0), Threshold(metric="mae", bound=2.0)))
    assert policy.threshold == Threshold(metric="mse", bound=5.0)
    other = policy.with_threshold(4.0)
    assert [rule.bound for rule in other.rules if isinstance(rule, Threshold)] == [4.0, 2.0]
    assert Policy("mse", (MinRows(rows=1),)).threshold is None


@pytest.mark.parametrize(
    ("metric", "rules", "told"),
    [
        ("speed", (), "no metric is named 'speed'"),
        ("mse", (MinRows(rows=1), MinRows(rows=2)), "two rules are about the same: rows"),
    ],
)
def test_a_policy_that_means_nothing_is_refused(metric: str, rules: tuple[Rule, ...], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Policy(metric, rules)
