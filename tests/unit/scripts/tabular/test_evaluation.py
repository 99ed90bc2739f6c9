from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from abalone import USE_CASE as REGRESSION
from churn import USE_CASE as CLASSIFICATION
from common import report
from tabular.evaluation import Evaluation

DRAWS = np.random.default_rng(0)
ROWS = 400
TARGET = DRAWS.normal(10, 3, ROWS)
LABEL = (DRAWS.random(ROWS) < 0.4).astype(float)
SCORE = np.clip(LABEL * 0.3 + DRAWS.random(ROWS) * 0.7, 0, 1)
SEX = {"F": np.arange(ROWS) < 200, "M": np.arange(ROWS) >= 380, "I": np.zeros(ROWS, dtype=bool)}


def regression(**predictions: np.ndarray) -> Evaluation:
    return Evaluation(REGRESSION, TARGET, {"sex": SEX}, predictions)


def test_every_model_has_metrics_and_intervals_overall_and_by_group() -> None:
    model = regression(one=TARGET + 1).model("one")
    assert model["regression_metrics"]["mae"] == {"value": pytest.approx(1), "standard_deviation": pytest.approx(0)}
    assert model["intervals"]["mae"] == pytest.approx((1, 1))
    assert {group: found["rows"] for group, found in model["slices"]["sex"].items()} == {"F": 200, "M": 20, "I": 0}
    assert model["slices"]["sex"]["F"]["regression_metrics"]["mse"]["value"] == pytest.approx(1)


def test_of_few_rows_there_is_a_value_and_no_deviation_and_of_none_there_is_nothing() -> None:
    slices = regression(one=TARGET + 1).model("one")["slices"]["sex"]
    assert slices["M"]["regression_metrics"]["mae"] == {"value": pytest.approx(1), "standard_deviation": "NaN"}
    assert slices["M"]["intervals"]["mae"] is None
    assert slices["I"] == {"rows": 0, "regression_metrics": {}, "intervals": {}}


def test_a_comparison_is_the_first_model_minus_the_second_on_the_same_rows() -> None:
    noise = DRAWS.normal(0, 1, ROWS)
    evaluation = regression(one=TARGET + noise, other=TARGET + 1.1 * noise)
    found = evaluation.comparison("one", "other")
    mse = [evaluation.model(name)["regression_metrics"]["mse"]["value"] for name in ("one", "other")]
    assert found["metrics"]["mse"]["difference"] == pytest.approx(mse[0] - mse[1])
    low, high = found["metrics"]["mse"]["interval"]
    assert low < mse[0] - mse[1] < high < 0
    assert found["slices"]["sex"]["F"]["mse"]["difference"] < 0
    assert found["slices"]["sex"]["M"]["mse"]["standard_deviation"] == "NaN"
    assert found["slices"]["sex"]["I"] == {}


def test_a_classifier_has_a_confusion_matrix_and_curves_overall_and_not_in_every_group() -> None:
    plans = {"yes": np.arange(ROWS) < 100, "no": np.arange(ROWS) >= 100}
    model = Evaluation(CLASSIFICATION, LABEL, {"Int'l Plan": plans}, {"one": SCORE}).model("one")
    metrics = model["binary_classification_metrics"]
    assert sum(count for row in metrics["confusion_matrix"].values() for count in row.values()) == ROWS
    assert len(metrics["precision_recall_curve"]["recalls"]) == 100
    assert "confusion_matrix" not in model["slices"]["Int'l Plan"]["yes"]["binary_classification_metrics"]


def test_what_is_not_defined_is_null_and_the_document_is_strict_json() -> None:
    labels = {"all positive": LABEL == 1, "all negative": LABEL == 0}
    found: Any = Evaluation(CLASSIFICATION, LABEL, {"label": labels}, {"one": SCORE, "other": SCORE / 2})
    document = {"model": found.model("one"), "comparison": found.comparison("one", "other")}
    auc = document["model"]["slices"]["label"]["all positive"]["binary_classification_metrics"]["auc"]
    assert auc == {"value": None, "standard_deviation": "NaN"}
    assert document["comparison"]["slices"]["label"]["all positive"]["auc"]["difference"] is None
    assert json.loads(report.encode(document))
