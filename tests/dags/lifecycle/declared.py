"""A use case as small as can be."""

from typing import Any

from airflow.sdk import Param

from lifecycle.use_case import UseCase
from mlops_sagemaker.gates import Policy


def declared(**changes: Any) -> UseCase:
    """A use case with one hyperparameter, with ``changes``."""
    values = {
        "name": "rings",
        "description": "A use case of the tests",
        "doc": "Nothing to say.",
        "owner": "tests",
        "hyperparameters": {"eta": Param(0.1, type="number", minimum=0)},
        "gate": Policy(metrics="regression_metrics", metric="mse", threshold=5.0, min_rows=300),
    }
    return UseCase(**{**values, **changes})
