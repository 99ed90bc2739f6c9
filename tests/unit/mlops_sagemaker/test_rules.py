import math
from statistics import NormalDist
from typing import Any

import pytest

from mlops_sagemaker.evaluation import Evaluation
from mlops_sagemaker.rules import Beats, Finding, MaxGap, MinFreshRows, MinRows, NotWorse, Rule, Threshold
from tests.unit.mlops_sagemaker.reports import compared, report

SECTION = "binary_classification_metrics"


def judged(rule: Rule, document: Any = None, candidate: str = "xgboost") -> Finding:
    return rule.judge(Evaluation(report() if document is None else document), candidate)


def gaining(gain: float, deviation: Any = 0.1, candidates: int = 1) -> Any:
    """A report of candidates whose MSE is ``gain`` below the champion's."""
    document = report(**{f"other{number}": 4.5 for number in range(candidates - 1)})
    document["candidates"]["xgboost"]["comparisons"]["champion"] = compared(-gain, deviation)
    return document


def classified(**rates: float) -> Any:
    """A report of a classifier with a recall by plan."""
    groups = {plan: {"rows": 100, SECTION: {"recall": {"value": rate}}} for plan, rate in rates.items()}
    return {"candidates": {"xgboost": {SECTION: {"auc": {"value": 0.9}}, "slices": {"plan": groups}}}}


def test_the_gain_is_shown_by_its_lower_confidence_bound() -> None:
    rule = Beats(rival="champion", metric="mse", min_gain=0.0, alpha=0.05)
    z = NormalDist().inv_cdf(0.95)
    assert judged(rule, gaining(z * 0.1 + 1e-9)).held
    assert not judged(rule, gaining(z * 0.1 - 1e-9)).held
    assert judged(rule, gaining(0.2)).observed == pytest.approx(0.2 - z * 0.1)


def test_a_minimum_gain_is_asked_for_beyond_the_noise() -> None:
    rule = Beats(rival="champion", metric="mse", min_gain=0.05, alpha=0.05)
    assert not judged(rule, gaining(0.2)).held
    assert judged(rule, gaining(0.22)).held


def test_the_error_is_shared_out_among_the_candidates() -> None:
    rule = Beats(rival="champion", metric="mse", alpha=0.05)
    alone, among_three = (judged(rule, gaining(0.2, candidates=number)).observed for number in (1, 3))
    assert alone == pytest.approx(0.2 - 0.1 * NormalDist().inv_cdf(0.95))
    assert among_three == pytest.approx(0.2 - 0.1 * NormalDist().inv_cdf(1 - 0.05 / 3))


def test_by_the_observed_gain_no_deviation_is_needed_and_more_than_nothing_must_be_gained() -> None:
    rule = Beats(rival="champion", metric="mse", alpha=0.5)
    assert judged(rule, gaining(0.001, deviation="NaN")).held
    assert not judged(rule, gaining(0.0)).held


def test_a_metric_that_should_be_high_is_judged_the_other_way_round() -> None:
    document = report()
    pair = {"difference": 0.2, "standard_deviation": 0.1}
    document["candidates"]["xgboost"]["comparisons"]["champion"]["metrics"]["auc"] = pair
    assert judged(Beats(rival="champion", metric="auc"), document).held
    assert judged(NotWorse(metric="auc", margin=0.0), document).held
    pair["difference"] = -0.2
    assert not judged(Beats(rival="champion", metric="auc"), document).held
    assert not judged(NotWorse(metric="auc", margin=0.3), document).held
    high = Threshold(metric="recall", bound=0.8)
    scored = {"candidates": {"xgboost": {SECTION: {"recall": {"value": 0.9}}}}}
    assert judged(high, scored).held
    scored["candidates"]["xgboost"][SECTION]["recall"]["value"] = 0.7
    assert judged(high, scored).reason == "recall 0.7 misses the threshold >= 0.8"


@pytest.mark.parametrize("value", [1.1, -0.1])
def test_a_value_that_a_metric_cannot_have_is_none(value: float) -> None:
    scored = {"candidates": {"xgboost": {SECTION: {"auc": {"value": value}}}}}
    assert "which no auc can be" in judged(Threshold(metric="auc", bound=0.0), scored).reason


def test_no_worse_means_that_the_loss_is_surely_within_the_margin() -> None:
    rule = NotWorse(metric="mse", margin=0.2, alpha=0.05)
    z = NormalDist().inv_cdf(0.95)
    assert judged(rule, gaining(z * 0.1 - 0.2 + 1e-9)).held
    assert not judged(rule, gaining(z * 0.1 - 0.2 - 1e-9)).held


def test_no_worse_by_groups_means_in_every_one_of_them() -> None:
    rule = NotWorse(metric="mse", margin=0.2, by="sex", min_rows=100)
    document = gaining(0.2)
    assert judged(rule, document).held
    document["candidates"]["xgboost"]["comparisons"]["champion"]["slices"]["sex"] = {
        "F": {"mse": {"difference": -0.3, "standard_deviation": 0.1}},
        "M": {"mse": {"difference": 0.3, "standard_deviation": 0.1}},
    }
    found = judged(rule, document)
    assert not found.held
    assert found.reason == "mse of sex M may lose 0.4645 to the champion's, at most 0.2 allowed"


def test_a_gap_is_that_between_the_best_and_the_worst_group() -> None:
    rule = MaxGap(metric="recall", by="plan", limit=0.1)
    assert judged(rule, classified(yes=0.85, no=0.9)).held
    found = judged(rule, classified(yes=0.7, no=0.9, unknown=0.8))
    assert (found.held, found.observed) == (False, pytest.approx(0.2))
    assert found.reason == "recall by plan goes from 0.7 (yes) to 0.9 (no), <= 0.1 asked"


def test_one_group_alone_has_no_gap_to_show() -> None:
    found = judged(MaxGap(metric="recall", by="plan", limit=0.1), classified(yes=0.9))
    assert not found.held
    assert found.reason == "the report has no groups of rows by 'plan'; does the use case declare them?"


def test_groups_of_too_few_rows_show_nothing() -> None:
    found = judged(MaxGap(metric="recall", by="plan", limit=0.1, min_rows=101), classified(yes=0.9, no=0.9))
    assert (found.held, found.reason) == (False, "plan no: 100 rows, at least 101 required")


@pytest.mark.parametrize("threshold", [math.nan, math.inf, -math.inf])
def test_a_threshold_that_is_no_number_lets_nothing_through(threshold: float) -> None:
    assert not judged(Threshold(metric="mse", bound=threshold)).held


def test_a_gain_that_is_too_uncertain_to_have_a_bound_shows_nothing() -> None:
    found = judged(Beats(rival="champion", metric="mse"), gaining(1e308, deviation=1.7e308))
    assert (found.held, found.reason) == (False, "a gain of 1e+308 +- 1.7e+308 has no bound")


@pytest.mark.parametrize(
    ("rule", "needs"),
    [
        (MinRows(rows=1), False),
        (MinFreshRows(rows=1), True),
        (Threshold(metric="mse", bound=1), False),
        (Beats(rival="baseline", metric="mse"), False),
        (Beats(rival="champion", metric="mse"), True),
        (NotWorse(metric="mse", margin=1), True),
        (MaxGap(metric="mse", by="sex", limit=1), False),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_rules_about_the_champion_are_known(rule: Rule, needs: bool) -> None:
    assert rule.needs_champion is needs


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Threshold(metric="speed", bound=1), "no metric is named 'speed'"),
        (lambda: Beats(rival="champion", metric="speed"), "no metric is named 'speed'"),
        (lambda: Beats(rival="champion", metric="mse", alpha=0), "alpha is 0"),
        (lambda: Beats(rival="champion", metric="mse", alpha=0.6), "alpha is 0.6"),
        (lambda: Beats(rival="champion", metric="mse", min_gain=-1), "min_gain is -1"),
        (lambda: Beats(rival="champion", metric="mse", min_gain=math.nan), "min_gain is nan"),
        (lambda: NotWorse(metric="mse", margin=-1), "margin is -1"),
        (lambda: NotWorse(metric="mse", margin=0, alpha=1), "alpha is 1"),
        (lambda: NotWorse(metric="speed", margin=0), "no metric is named 'speed'"),
        (lambda: MaxGap(metric="mse", by="sex", limit=math.inf), "limit is inf"),
        (lambda: MaxGap(metric="speed", by="sex", limit=1), "no metric is named 'speed'"),
    ],
)
def test_a_rule_that_means_nothing_is_refused_where_it_is_declared(make: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        make()
