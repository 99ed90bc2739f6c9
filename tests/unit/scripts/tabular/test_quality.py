from __future__ import annotations

import numpy as np

from tabular import quality

MODEL = {
    "regression_metrics": {
        "mse": {"value": 4.5, "standard_deviation": 0.3},
        "r2": {"value": 0.5, "standard_deviation": 0.02},
        "mae": {"value": 1.5, "standard_deviation": "NaN"},
        "rmse": {"value": None, "standard_deviation": "NaN"},
    },
    "intervals": {"mse": [4, 5], "r2": [0.45, 0.55], "mae": None, "rmse": None},
    "slices": {},
}


def test_the_statistics_are_the_metrics_and_what_the_answers_were() -> None:
    found = quality.statistics("regression_metrics", MODEL, np.array([1.0, 2.0, 6.0]))
    (described,) = found.pop("features")
    assert found == {"version": 0.0, "dataset": {"item_count": 3}, "regression_metrics": MODEL["regression_metrics"]}
    assert (described["name"], described["numerical_statistics"]["mean"]) == ("prediction", 3)


def test_a_constraint_is_the_unfavourable_end_of_the_interval_or_the_value_without_one() -> None:
    assert quality.constraints("regression_metrics", MODEL) == {
        "version": 0.0,
        "regression_constraints": {
            "mse": {"threshold": 5, "comparison_operator": "GreaterThanThreshold"},
            "r2": {"threshold": 0.45, "comparison_operator": "LessThanThreshold"},
            "mae": {"threshold": 1.5, "comparison_operator": "GreaterThanThreshold"},
        },
    }


def test_a_rate_that_is_neither_good_nor_bad_is_not_constrained() -> None:
    metrics = {name: {"value": 0.4} for name in ("predicted_positive_rate", "false_negative_rate")}
    model = {"binary_classification_metrics": metrics, "intervals": dict.fromkeys(metrics)}
    found = quality.constraints("binary_classification_metrics", model)["binary_classification_constraints"]
    assert found == {"false_negative_rate": {"threshold": 0.4, "comparison_operator": "GreaterThanThreshold"}}
