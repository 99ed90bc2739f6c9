from __future__ import annotations

import json

import numpy as np
import pytest

from abalone.linear import Linear

DRAWS = np.random.default_rng(0)
FEATURES = DRAWS.normal(size=(50, 3))


def test_a_linear_target_is_found_exactly() -> None:
    target = 2 + FEATURES @ np.array([1.0, -3.0, 0.5])
    fitted = Linear.fit(FEATURES, target)
    assert fitted.intercept == pytest.approx(2)
    assert fitted.coefficients == pytest.approx([1, -3, 0.5])
    assert fitted.predict(FEATURES) == pytest.approx(target)


def test_the_residuals_are_orthogonal_to_the_features() -> None:
    target = DRAWS.normal(size=50)
    residuals = target - Linear.fit(FEATURES, target).predict(FEATURES)
    assert FEATURES.T @ residuals == pytest.approx(0, abs=1e-12)
    assert residuals.sum() == pytest.approx(0, abs=1e-12)


def test_indicators_that_add_up_to_the_intercept_are_no_obstacle() -> None:
    indicators = np.eye(3)[np.arange(30) % 3]
    target = indicators @ np.array([1.0, 5.0, 9.0])
    assert Linear.fit(indicators, target).predict(np.eye(3)) == pytest.approx([1, 5, 9])


def test_a_written_model_predicts_the_same() -> None:
    fitted = Linear.fit(FEATURES, DRAWS.normal(size=50))
    again = Linear.from_document(json.loads(json.dumps(fitted.document())))
    assert again.predict(FEATURES).tolist() == fitted.predict(FEATURES).tolist()
