from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import UserError
from tabular import metrics
from tabular.metrics.classification import Answers

rows = st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0])), min_size=1, max_size=30)


def answers(label: list[float], probability: list[float], threshold: float = 0.5) -> Answers:
    return Answers(threshold, np.array(label, dtype=float), np.array(probability))


def values(label: list[float], probability: list[float], threshold: float = 0.5) -> dict[str, float]:
    return metrics.values(answers(label, probability, threshold), len(label))


def test_the_metrics_of_a_worked_example() -> None:
    # The confusion matrix of the example in AWS's documentation of model quality metrics.
    scores = answers([0, 0, 0, 1], [0.2, 0.6, 0.7, 0.65])
    found = metrics.values(scores, 4)
    expected = {
        "recall": 1.0,
        "precision": 1 / 3,
        "accuracy": 0.5,
        "true_positive_rate": 1.0,
        "true_negative_rate": 1 / 3,
        "false_positive_rate": 2 / 3,
        "false_negative_rate": 0.0,
        "auc": 2 / 3,
        "f0_5": 1.25 / 3 / (0.25 / 3 + 1),
        "f1": 0.5,
        "f2": 5 / 3 / (4 / 3 + 1),
        "predicted_positive_rate": 0.75,
    }
    assert found == pytest.approx(expected)
    facts = scores.facts()
    assert facts["confusion_matrix"] == {"0": {"0": 1, "1": 2}, "1": {"0": 0, "1": 1}}
    constant = {
        name: facts[f"{name}_best_constant_classifier"]["value"] for name in ("recall", "precision", "accuracy")
    }
    assert constant == {"recall": 1.0, "precision": 0.25, "accuracy": 0.25}
    assert facts["f1_best_constant_classifier"]["value"] == pytest.approx(0.4)


def test_the_threshold_divides_the_answers() -> None:
    assert values([0, 1], [0.4, 0.6], threshold=0.6)["accuracy"] == 1
    assert values([0, 1], [0.4, 0.6], threshold=0.61)["recall"] == 0


@given(rows)
def test_auc_is_the_share_of_pairs_in_order(found: list[tuple[bool, float]]) -> None:
    positives = [score for label, score in found if label]
    negatives = [score for label, score in found if not label]
    pairs = [(one > other) + (one == other) / 2 for one in positives for other in negatives]
    auc = values([label for label, _ in found], [score for _, score in found])["auc"]
    assert auc == pytest.approx(np.mean(pairs)) if pairs else math.isnan(auc)


@given(rows, st.data())
def test_a_row_that_is_drawn_twice_counts_twice(found: list[tuple[bool, float]], data: st.DataObject) -> None:
    times = data.draw(st.lists(st.integers(0, 3), min_size=len(found), max_size=len(found)).filter(any))
    drawn = answers([a for a, _ in found], [b for _, b in found]).metrics(np.array([times], dtype=float))
    repeated = [row for row, count in zip(found, times, strict=True) for _ in range(count)]
    expected = values([a for a, _ in repeated], [b for _, b in repeated])
    for name, value in drawn.items():
        assert float(value[0]) == pytest.approx(expected[name], nan_ok=True), name


@pytest.mark.parametrize(
    ("label", "undefined"),
    [([1, 1], {"auc", "true_negative_rate", "false_positive_rate"}), ([0, 0], {"auc", "recall", "true_positive_rate"})],
)
def test_what_would_divide_by_zero_is_not_defined(label: list[float], undefined: set[str]) -> None:
    found = values(label, [0.9, 0.9])
    assert all(math.isnan(found[name]) for name in undefined)
    assert not math.isnan(found["accuracy"])
    assert "receiver_operating_characteristic_curve" not in answers(label, [0.9, 0.9]).facts()


def test_the_curves_go_from_the_highest_threshold_to_the_lowest() -> None:
    facts = answers([0, 1, 0, 1], [0.1, 0.4, 0.4, 0.8]).facts()
    roc, curve = facts["receiver_operating_characteristic_curve"], facts["precision_recall_curve"]
    assert roc == {"false_positive_rates": [0, 0, 0.5, 1], "true_positive_rates": [0, 0.5, 1, 1]}
    assert curve == {"precisions": [1, pytest.approx(2 / 3), 0.5], "recalls": [0.5, 1, 1]}


def test_the_curves_of_many_rows_stay_short_and_keep_their_ends() -> None:
    draws = np.random.default_rng(0)
    facts = answers((draws.random(5000) < 0.5).tolist(), draws.random(5000).tolist()).facts()
    rates = facts["receiver_operating_characteristic_curve"]["true_positive_rates"]
    assert len(rates) <= 101
    assert (rates[0], rates[-1]) == (0, 1)


def test_a_probability_that_is_not_finite_is_refused() -> None:
    with pytest.raises(UserError, match="the prediction is not finite for 1 of 2 rows"):
        answers([0, 1], [0.5, math.nan])
