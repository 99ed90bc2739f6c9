from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from abalone.preprocessing import Preprocessing
from abalone.schema import SCHEMA
from common.columns import Row
from common.errors import UserError

NUMBERS = [column.name for column in SCHEMA.features[1:]]


def row(sex: str | None = "M", value: float | None = 0.5, **replaced: float | None) -> Row:
    return {"sex": sex, **dict.fromkeys(NUMBERS, value), **replaced}


def test_features_are_indicators_then_raw_numbers_in_float32() -> None:
    fitted = Preprocessing.fit([row()])
    features = fitted.features([row("F", 0.1), row("M", 0.2)])
    assert fitted.names == ["sex=F", "sex=I", "sex=M", *NUMBERS]
    assert features.dtype == np.float32
    assert features.tolist() == [[1, 0, 0, *[np.float32(0.1)] * 7], [0, 0, 1, *[np.float32(0.2)] * 7]]


@pytest.mark.parametrize("sex", [None, "X", "[<]"])
def test_a_missing_or_unknown_category_sets_no_indicator(sex: str | None) -> None:
    fitted = Preprocessing.fit([row(sex), row("F")])
    assert fitted.features([row(sex)])[0, :3].tolist() == [0, 0, 0]
    assert fitted.names[:3] == ["sex=F", "sex=I", "sex=M"]


def test_a_missing_number_becomes_the_median_of_the_training_rows() -> None:
    fitted = Preprocessing.fit([row(height=0.1), row(height=0.2), row(height=9.0), row(height=None)])
    height = fitted.names.index("height")
    assert fitted.features([row(height=None)])[0, height] == np.float32(0.2)


def test_a_column_without_a_single_value_is_refused_by_name() -> None:
    with pytest.raises(UserError, match="column 'height' is empty in all 2 training rows"):
        Preprocessing.fit([row(height=None), row(height=None)])


def test_standardised_numbers_have_mean_0_and_deviation_1_and_indicators_stay() -> None:
    draws = np.random.default_rng(1)
    rows = [row("F", float(value)) for value in draws.normal(3, 2, 500)]
    fitted = Preprocessing.fit(rows)
    standardised = fitted.standardised(fitted.features(rows))
    assert standardised[:, 3:].mean(axis=0) == pytest.approx(0, abs=1e-6)
    assert standardised[:, 3:].std(axis=0) == pytest.approx(1, abs=1e-6)
    assert standardised[0, :3].tolist() == [1, 0, 0]


def test_a_constant_column_is_not_divided_by_its_deviation() -> None:
    fitted = Preprocessing.fit([row(value=0.1)] * 3)
    assert fitted.standardised(fitted.features([row(value=0.1)]))[0, 3:] == pytest.approx(0, abs=1e-7)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    fitted = Preprocessing.fit([row("F", 0.1), row("M", 0.7)])
    file = tmp_path / "preprocessing.json"
    file.write_text(json.dumps(fitted.document()))
    assert Preprocessing.read(file) == fitted


@pytest.mark.parametrize("document", [{}, [], None, {"schema": {"features": [["age", "number"]], "target": "x"}}])
def test_preprocessing_for_other_columns_is_refused_by_its_place(tmp_path: Path, document: object) -> None:
    with pytest.raises(UserError, match=r"old\.json: made for the columns .*, this code reads "):
        Preprocessing.from_document(document, tmp_path / "old.json")


def test_damaged_preprocessing_is_refused_by_its_place(tmp_path: Path) -> None:
    document = Preprocessing.fit([row()]).document()
    del document["numbers"]["height"]["median"]
    with pytest.raises(UserError, match=r"old\.json: damaged .*median"):
        Preprocessing.from_document(document, tmp_path / "old.json")
