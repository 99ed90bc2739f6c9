"""The gate's error rates, measured: it does not mistake luck for progress, and it does find progress."""

from __future__ import annotations

import pytest

from tabular.metrics import bootstrap
from tests.unit.scripts.gate_trials import chance_of_so_many, promoted

COMPARISONS = 500
KINDS = pytest.mark.parametrize(
    # The minimum gains are 1.645 times the standard deviation of what two such models differ by in truth; docs/gate.md.
    ("classifies", "min_gain"),
    [(False, 0.064), (True, 0.0078)],
    ids=["regression", "classification"],
)


@pytest.fixture(autouse=True)
def fewer_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter of them know a standard deviation to 3 %, which is enough here; the soak takes all."""
    monkeypatch.setattr(bootstrap, "RESAMPLES", 500)


@KINDS
def test_of_two_models_of_one_recipe_the_second_is_promoted_no_more_often_than_alpha(
    classifies: bool, min_gain: float
) -> None:
    promotions = sum(promoted(classifies, "linear", min_gain, seed) for seed in range(COMPARISONS))
    assert chance_of_so_many(promotions, COMPARISONS) > 0.01, f"{promotions} of {COMPARISONS}"


def test_without_a_minimum_gain_luck_would_be_promoted_more_often_than_alpha() -> None:
    """What the minimum gain is for; and that the test above can fail."""
    promotions = sum(promoted(False, "linear", 0.0, seed) for seed in range(COMPARISONS))
    assert chance_of_so_many(promotions, COMPARISONS) < 0.01, f"{promotions} of {COMPARISONS}"


@KINDS
def test_a_model_of_ten_times_the_rows_is_promoted_over_a_poor_one(classifies: bool, min_gain: float) -> None:
    promotions = sum(
        promoted(classifies, "linear", min_gain, seed, train_rows=(12, 400), test_rows=600) for seed in range(40)
    )
    assert promotions > 25


def test_the_binomial_test_knows_its_critical_values() -> None:
    # scipy.stats.binom.sf(k - 1, 500, 0.05)
    assert chance_of_so_many(0, 500) == pytest.approx(1)
    assert chance_of_so_many(38, 500) == pytest.approx(0.00762, abs=2e-4)
    assert chance_of_so_many(25, 500) == pytest.approx(0.529, abs=2e-3)
