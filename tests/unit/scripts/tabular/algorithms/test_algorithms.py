from __future__ import annotations

import pytest

from common.errors import UserError
from tabular import algorithms


@pytest.mark.parametrize("name", ["gradient_boosting", "random_forest", "linear"])
def test_an_algorithm_is_found_by_its_module(name: str) -> None:
    assert algorithms.find(f"tabular.algorithms.{name}").hyperparameters


@pytest.mark.parametrize(
    ("module", "told"),
    [
        ("tabular.algorithms.magic", "No module named"),
        ("tabular.algorithms.trees", "has no attribute 'ALGORITHM'"),
        ("absent.module", "No module named 'absent'"),
    ],
)
def test_a_module_that_holds_none_is_refused_by_name(module: str, told: str) -> None:
    with pytest.raises(UserError, match=f"{module} is no algorithm .*{told}"):
        algorithms.find(module)
