from __future__ import annotations

import numpy as np

from tabular import groups
from tabular.columns import Category, Number
from tabular.table import of_rows
from tabular.use_case import Bins, Candidate, Schema, UseCase

SCHEMA = Schema((Category("sex", ("F", "M")), Number("calls")), Number("y", required=True))
USE_CASE = UseCase("test", SCHEMA, {"linear": Candidate("x")}, baseline="linear", slices=("sex", Bins("calls", (2, 4))))
ROWS = [("F", 1.0), ("M", 2.0), (None, 3.0), ("X", 4.0), ("F", None)]
TABLE = of_rows(SCHEMA.columns, [{"sex": sex, "calls": calls, "y": 0.0} for sex, calls in ROWS])


def test_rows_are_grouped_by_texts_and_bins_and_those_without_a_value_are_in_no_group() -> None:
    found = groups.of(USE_CASE, TABLE)
    places = {by: {name: np.flatnonzero(rows).tolist() for name, rows in each.items()} for by, each in found.items()}
    assert places == {
        "sex": {"F": [0, 4], "M": [1]},
        "calls": {"below 2": [0], "2 to 4": [1, 2], "from 4": [3]},
    }


def test_rows_are_fresh_from_a_day_on_and_never_without_a_day() -> None:
    days = np.array(["2026-01-31", "2026-02-01", "2026-02-02", ""])
    found = groups.by_freshness(days, "2026-02-01")
    assert found["fresh"].tolist() == [False, True, True, False]
    assert found["earlier"].tolist() == [True, False, False, True]
