"""A use case as small as can be."""

from typing import Any

from airflow.sdk import Param

from lifecycle.use_case import Candidate, UseCase
from mlops_sagemaker.gates import Policy
from mlops_sagemaker.rules import Beats, MinRows, Threshold


def declared(**changes: Any) -> UseCase:
    """A use case with one hyperparameter, with ``changes``."""
    values = {
        "name": "rings",
        "description": "A use case of the tests",
        "doc": "Nothing to say.",
        "owner": "tests",
        "candidates": {
            "xgboost": Candidate(hyperparameters={"eta": Param(0.1, type="number", minimum=0)}),
            "linear": Candidate(),
        },
        "gate": Policy(
            metric="mse",
            rules=(
                MinRows(rows=300),
                Threshold(metric="mse", bound=5.0),
                Beats(rival="champion", metric="mse", min_gain=0.05),
            ),
        ),
    }
    return UseCase(**{**values, **changes})
