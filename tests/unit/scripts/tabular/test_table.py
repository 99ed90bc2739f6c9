from __future__ import annotations

import numpy as np

from tabular.columns import Category, Identifier, Label, Number
from tabular.table import MISSING, UNKNOWN, of_rows

COLUMNS = [Category("sex", ("F", "M")), Number("length"), Identifier("phone"), Label("left", "no", "yes")]
TABLE = of_rows(
    COLUMNS,
    [
        {"sex": "M", "length": 0.5, "phone": "1", "left": 1.0},
        {"sex": None, "length": None, "phone": "ö", "left": 0.0},
        {"sex": "X", "length": 2.0, "phone": "3", "left": 0.0},
    ],
)


def test_rows_become_columns_of_values() -> None:
    assert TABLE.rows == 3
    assert TABLE.codes["sex"].tolist() == [1, MISSING, UNKNOWN]
    assert TABLE.unknown["sex"] == {2: "X"}
    assert TABLE.numbers["length"].tolist()[::2] == [0.5, 2]
    assert np.isnan(TABLE.numbers["length"][1])
    assert TABLE.numbers["left"].tolist() == [1, 0, 0]
    assert TABLE.texts["phone"].tolist() == [b"1", "ö".encode(), b"3"]


def test_some_of_the_rows_keep_all_that_is_known_of_them() -> None:
    taken = TABLE.take(np.array([False, True, True]))
    assert taken.rows == 2
    assert taken.codes["sex"].tolist() == [MISSING, UNKNOWN]
    assert taken.unknown["sex"] == {1: "X"}
    assert taken.numbers["left"].tolist() == [0, 0]
    assert taken.texts["phone"].tolist() == ["ö".encode(), b"3"]


def test_no_rows_are_a_table_too() -> None:
    empty = of_rows(COLUMNS, [])
    assert (empty.rows, len(empty.numbers["length"]), len(empty.codes["sex"])) == (0, 0, 0)
