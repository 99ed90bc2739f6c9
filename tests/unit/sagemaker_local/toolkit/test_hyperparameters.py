from __future__ import annotations

from typing import Any

import pytest

from sagemaker_local.toolkit.hyperparameters import split

pytestmark = pytest.mark.documented("sagemaker-training-toolkit: params")


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ('"text"', "text"),
        ("text", "text"),
        ("0.1", 0.1),
        ("true", True),
        ("True", "True"),
        ("[1, 2]", [1, 2]),
        ("", ""),
    ],
)
def test_quoted_and_unquoted_values_are_read_alike(raw: str, value: Any) -> None:
    assert split({"key": raw}).user == {"key": value}


def test_what_is_for_the_toolkit_and_for_the_framework_is_not_for_the_script() -> None:
    found = split(
        {
            "sagemaker_program": '"train.py"',
            "sagemaker_mpi_enabled": "true",
            "_tuning_objective_metric": "validation:rmse",
            "default_user_module_name": "x",
            "eta": "0.1",
        }
    )
    assert found.user == {"eta": 0.1}
    assert found.framework == {"sagemaker_mpi_enabled": True}
    assert found.reserved.keys() == {"sagemaker_program", "_tuning_objective_metric", "default_user_module_name"}
