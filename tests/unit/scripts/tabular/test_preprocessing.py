from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from common.errors import UserError
from tabular.columns import Category, Number, Row
from tabular.preprocessing import Encoding, Preprocessing
from tabular.table import of_rows

COLUMNS = (Category("sex", ("F", "I", "M")), Number("length"), Number("height"))
ENCODING = Encoding(COLUMNS)


def row(sex: str | None = "M", value: float | None = 0.5, **replaced: float | None) -> Row:
    return {"sex": sex, "length": value, "height": value, **replaced}


def fit(*rows: Row) -> Preprocessing:
    numbers = of_rows(COLUMNS, rows).numbers
    return Preprocessing.fit(ENCODING, ((name, values.astype(np.float32)) for name, values in numbers.items()))


def features(fitted: Preprocessing, *rows: Row) -> np.ndarray:
    return fitted.features(of_rows(COLUMNS, rows))


def test_features_are_indicators_and_raw_numbers_in_float32_in_the_order_of_the_columns() -> None:
    fitted = fit(row())
    found = features(fitted, row("F", 0.1), row("M", 0.2))
    assert fitted.names == ["sex=F", "sex=I", "sex=M", "length", "height"]
    assert found.dtype == np.float32
    assert found.tolist() == [[1, 0, 0, *[np.float32(0.1)] * 2], [0, 0, 1, *[np.float32(0.2)] * 2]]


@pytest.mark.parametrize("sex", [None, "X", "[<]"])
def test_a_missing_or_unknown_category_sets_no_indicator(sex: str | None) -> None:
    assert features(fit(row("F")), row(sex))[0, :3].tolist() == [0, 0, 0]


def test_a_missing_number_becomes_the_median_of_the_training_rows() -> None:
    fitted = fit(row(height=0.1), row(height=0.2), row(height=9.0), row(height=None))
    assert features(fitted, row(height=None))[0, 4] == np.float32(0.2)


def test_a_column_without_a_single_value_is_refused_by_name() -> None:
    with pytest.raises(UserError, match="column 'height' is empty in all 2 training rows"):
        fit(row(height=None), row(height=None))


def test_standardised_numbers_have_mean_0_and_deviation_1_and_indicators_stay() -> None:
    draws = np.random.default_rng(1)
    rows = [row("F", float(value)) for value in draws.normal(3, 2, 500)]
    fitted = fit(*rows)
    standardised = fitted.standardised(features(fitted, *rows))
    assert standardised[:, 3:].mean(axis=0) == pytest.approx(0, abs=1e-6)
    assert standardised[:, 3:].std(axis=0) == pytest.approx(1, abs=1e-6)
    assert standardised[0, :3].tolist() == [1, 0, 0]


def test_a_constant_column_is_not_divided_by_its_deviation() -> None:
    fitted = fit(*[row(value=0.1)] * 3)
    assert fitted.standardised(features(fitted, row(value=0.1)))[0, 3:] == pytest.approx(0, abs=1e-7)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    fitted = fit(row("F", 0.1), row("M", 0.7))
    file = tmp_path / "preprocessing.json"
    file.write_text(json.dumps(fitted.document()))
    assert Preprocessing.read(file) == fitted


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        None,
        {"columns": 3},
        {"columns": [{"name": "x"}]},
        {"columns": [{"name": "x", "kind": "number"}]},
        {"columns": [{"name": "x", "kind": "label", "values": []}]},
        {"columns": [{"name": "x", "kind": "number", "statistics": {"median": 1}}]},
    ],
)
def test_damaged_preprocessing_is_refused_by_its_place(tmp_path: Path, document: object) -> None:
    with pytest.raises(UserError, match=r"old\.json: damaged .*; run the step preprocess again"):
        Preprocessing.from_document(document, tmp_path / "old.json")
