"""The churn use case: will a customer of a telephone company leave?

``python -m churn <step>`` runs a step; `tabular.main` lists them. The data is synthetic, see include/data/SOURCES.md:
its minutes, calls and charges have no unit that would limit them, so the limits only keep out what is broken. The four
charges follow from the minutes and are not read.
"""

from tabular.columns import Category, Identifier, Label, Number
from tabular.use_case import Bins, Candidate, Schema, UseCase

STATES = (
    "AK", "AL", "AR", "AZ", "CA", "CO", "CT", "DC", "DE", "FL", "GA", "HI", "IA", "ID", "IL", "IN", "KS", "KY",
    "LA", "MA", "MD", "ME", "MI", "MN", "MO", "MS", "MT", "NC", "ND", "NE", "NH", "NJ", "NM", "NV", "NY", "OH",
    "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VA", "VT", "WA", "WI", "WV", "WY",
)  # fmt: skip
AREA_CODES = (
    "657", "658", "659", "676", "677", "678", "686", "707", "716", "727", "736", "737", "758", "766", "776", "777",
    "778", "786", "787", "788", "797", "798", "806", "827", "836", "847", "848", "858", "866", "868", "876", "877",
    "878",
)  # fmt: skip
YES_OR_NO = ("no", "yes")


def count(name: str, maximum: float = 100) -> Number:
    """A whole number from 0 on."""
    return Number(name, minimum=0, maximum=maximum, whole=True)


def minutes(name: str) -> Number:
    """A length of time."""
    return Number(name, minimum=0, maximum=100)


USE_CASE = UseCase(
    name="churn",
    schema=Schema(
        features=(
            Category("State", STATES),
            count("Account Length", maximum=1000),
            Category("Area Code", AREA_CODES),
            Category("Int'l Plan", YES_OR_NO),
            Category("VMail Plan", YES_OR_NO),
            count("VMail Message", maximum=10_000),
            minutes("Day Mins"),
            count("Day Calls"),
            minutes("Eve Mins"),
            count("Eve Calls"),
            minutes("Night Mins"),
            count("Night Calls", maximum=1000),
            minutes("Intl Mins"),
            count("Intl Calls"),
            count("CustServ Calls"),
        ),
        target=Label("Churn?", negative="False.", positive="True."),
        key=(Identifier("Phone"),),
    ),
    candidates={
        # The parameters of AWS's own churn example.
        "xgboost": Candidate(
            "tabular.algorithms.gradient_boosting",
            {"num_round": 100, "max_depth": 5, "eta": 0.2, "gamma": 4.0, "subsample": 0.8, "min_child_weight": 6.0},
        ),
        "forest": Candidate("tabular.algorithms.random_forest"),
        "linear": Candidate("tabular.algorithms.linear"),
    },
    baseline="linear",
    slices=("Int'l Plan", "VMail Plan", Bins("CustServ Calls", (4,))),
)
