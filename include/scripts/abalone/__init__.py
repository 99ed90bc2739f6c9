"""The abalone use case: how many rings has a shell, and so how old is it, judged by sizes and weights?

``python -m abalone <step>`` runs a step; `tabular.main` lists them. Lengths are mm / 200 and weights grams / 200;
include/data/SOURCES.md gives the columns' meaning. The limits are those of a plausible animal (300 mm long, 120 mm
high, 1 kg, 40 rings), wider than the data, so that only broken measurements fall outside.
"""

from tabular.columns import Category, Number
from tabular.use_case import Candidate, Schema, UseCase

USE_CASE = UseCase(
    name="abalone",
    schema=Schema(
        features=(
            Category("sex", ("F", "I", "M")),
            Number("length", above=0, maximum=1.5),
            Number("diameter", above=0, maximum=1.5),
            Number("height", above=0, maximum=0.6),
            Number("whole_weight", above=0, maximum=5),
            Number("shucked_weight", above=0, maximum=5),
            Number("viscera_weight", above=0, maximum=5),
            Number("shell_weight", above=0, maximum=5),
        ),
        target=Number("rings", above=0, maximum=40, whole=True, required=True),
    ),
    candidates={
        # Small, slow, subsampled: MSE 4.59 in five-fold cross-validation, where XGBoost's defaults get 5.36.
        "xgboost": Candidate(
            "tabular.algorithms.gradient_boosting",
            {
                "num_round": 300,
                "max_depth": 4,
                "eta": 0.03,
                "subsample": 0.8,
                "colsample_bytree": 0.8,
                "min_child_weight": 5.0,
            },
        ),
        "forest": Candidate("tabular.algorithms.random_forest"),
        "linear": Candidate("tabular.algorithms.linear"),
    },
    baseline="linear",
    slices=("sex",),
)
