from __future__ import annotations

import csv
import json
import shutil
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pytest
import xgboost

from common.errors import UserError
from tabular import artifact
from tabular.columns import BadCell
from tabular.predictor import Predictor

NUMBERS = (
    "length",
    "diameter",
    "height",
    "whole_weight",
    "shucked_weight",
    "viscera_weight",
    "shell_weight",
)
RawRow = dict[str, str]


class Trained(Protocol):
    parts: Path
    models: Path


@pytest.fixture(scope="session")
def predictor(trained: Trained) -> Predictor:
    return Predictor.load(trained.models / "xgboost")


def library_prediction(model: Path, rows: Sequence[RawRow]) -> npt.NDArray[np.float32]:
    """What XGBoost itself predicts, on features that are made here without the code under test."""
    booster = xgboost.Booster(model_file=model / "model.ubj")
    features = np.array(
        [[*(row["sex"] == sex for sex in "FIM"), *(np.float32(row[name]) for name in NUMBERS)] for row in rows],
        dtype=np.float32,
    )
    names = [f"sex={sex}" for sex in "FIM"] + list(NUMBERS)
    prediction: npt.NDArray[np.float32] = booster.predict(xgboost.DMatrix(features, feature_names=names))
    return prediction


def thresholds(model: Path) -> Iterator[tuple[str, np.float32]]:
    """Column and value of every split on a number, exactly as the model compares with it."""
    document = json.loads(xgboost.Booster(model_file=model / "model.ubj").save_raw("json"))["learner"]
    for tree in document["gradient_booster"]["model"]["trees"]:
        nodes = zip(tree["left_children"], tree["split_indices"], tree["split_conditions"], strict=True)
        for left, feature, value in nodes:
            name = document["feature_names"][feature]
            if left != -1 and name in NUMBERS:  # without a left child it is a leaf
                yield name, np.float32(value)


def around(row: RawRow, name: str, value: np.float32) -> list[RawRow]:
    """The row one float32 step below the value, on it, and one step above it."""
    below, above = np.nextafter(value, np.float32([-np.inf, np.inf]))
    return [{**row, name: repr(float(step))} for step in (below, value, above)]


def test_every_row_of_the_sample_is_predicted_as_the_library_does(
    predictor: Predictor, trained: Trained, sample_rows: list[RawRow]
) -> None:
    expected = library_prediction(trained.models / "xgboost", sample_rows)
    assert predictor.predict(sample_rows) == pytest.approx(expected, rel=1e-5)


def test_one_float_step_around_every_split_threshold_the_prediction_is_the_librarys(
    predictor: Predictor, trained: Trained, sample_rows: list[RawRow]
) -> None:
    splits = sorted(set(thresholds(trained.models / "xgboost")))
    rows = [
        stepped
        for number, (name, value) in enumerate(splits)
        for base in sample_rows[number % 100 :: 1400]
        for stepped in around(base, name, value)
    ]
    expected = library_prediction(trained.models / "xgboost", rows)
    assert predictor.predict(rows) == pytest.approx(expected, rel=1e-5)
    below, on, above = expected.reshape(-1, 3).T
    crossed = np.count_nonzero(below != on)
    assert crossed > len(splits) / 4  # these rows do stand at a fork; a step too far would show
    assert np.count_nonzero(above != on) < crossed / 10  # a value on the threshold is already above it


def test_one_row_is_predicted_as_among_others(predictor: Predictor, sample_rows: list[RawRow]) -> None:
    together = predictor.predict(sample_rows[:20])
    assert [predictor.predict([row])[0] for row in sample_rows[:20]] == together.tolist()


def test_text_and_numbers_are_predicted_alike(predictor: Predictor, sample_rows: list[RawRow]) -> None:
    typed = [{**row, **{name: float(row[name]) for name in NUMBERS}} for row in sample_rows[:50]]
    assert predictor.predict(typed).tolist() == predictor.predict(sample_rows[:50]).tolist()


def test_the_target_and_other_columns_are_ignored(predictor: Predictor, sample_rows: list[RawRow]) -> None:
    row = sample_rows[0]
    without = {name: cell for name, cell in row.items() if name != "rings"}
    assert predictor.predict([{**without, "colour": "red"}]) == predictor.predict([row])


def test_a_missing_value_is_predicted_as_the_training_median(predictor: Predictor, sample_rows: list[RawRow]) -> None:
    median = predictor.preprocessing.numbers["height"].median
    missing, filled = ({**sample_rows[0], "height": cell} for cell in ("", repr(median)))
    assert predictor.predict([missing]) == predictor.predict([filled])


def test_an_unknown_category_is_predicted_like_a_missing_one(predictor: Predictor, sample_rows: list[RawRow]) -> None:
    unknown, missing = ({**sample_rows[0], "sex": cell} for cell in ("X", ""))
    assert predictor.predict([unknown]) == predictor.predict([missing])


def test_no_rows_give_no_predictions(predictor: Predictor) -> None:
    assert predictor.predict([]).shape == (0,)


@pytest.mark.parametrize("candidate", ["xgboost", "forest", "linear"])
@pytest.mark.parametrize("use_case", ["trained", "classified"])
def test_files_are_predicted_row_by_row_like_rows(
    use_case: str, candidate: str, request: pytest.FixtureRequest
) -> None:
    found = request.getfixturevalue(use_case)
    predictor = Predictor.load(found.models / candidate)
    with (found.parts / "test" / "test.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert predictor.predict_files(found.parts / "test").tolist() == predictor.predict(rows).tolist()


@pytest.mark.parametrize(
    ("replaced", "told"),
    [
        ({"height": "tall"}, "row 2, column 'height': 'tall' is not a number"),
        ({"height": float("nan")}, "row 2, column 'height': nan is not a finite 32-bit number"),
        ({"height": True}, "row 2, column 'height': True is not a number"),
        ({"sex": 1}, "row 2, column 'sex': 1 is not text"),
    ],
)
def test_a_bad_cell_is_refused_with_row_and_column(
    predictor: Predictor, sample_rows: list[RawRow], replaced: dict[str, object], told: str
) -> None:
    with pytest.raises(BadCell, match=told):
        predictor.predict([sample_rows[0], {**sample_rows[1], **replaced}])


def test_a_row_without_a_column_is_refused_by_its_name(predictor: Predictor, sample_rows: list[RawRow]) -> None:
    row = {name: cell for name, cell in sample_rows[0].items() if name != "height"}
    with pytest.raises(BadCell, match="row 1, column 'height':  is missing"):
        predictor.predict([row])


def test_the_packed_model_predicts_like_the_unpacked_one(
    predictor: Predictor, trained: Trained, sample_rows: list[RawRow], tmp_path: Path
) -> None:
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as tar:
        tar.add(trained.models / "xgboost", arcname=".")
    loaded = Predictor.load(tmp_path)
    assert loaded.predict(sample_rows).tolist() == predictor.predict(sample_rows).tolist()


def saved_again(trained: Trained, folder: Path, **changed: bytes) -> Path:
    """The trained model with other files, and a manifest that vouches for them."""
    names = {"model": "model.ubj", "preprocessing": "preprocessing.json"}
    saved = artifact.load(trained.models / "xgboost")
    files = {**saved.files, **{names[name]: data for name, data in changed.items()}}
    artifact.save(folder, files, saved.facts)
    return folder


def test_a_model_that_is_not_the_preprocessings_is_refused(trained: Trained, tmp_path: Path) -> None:
    other = xgboost.train({}, xgboost.DMatrix(np.eye(3), label=[1, 2, 3]), num_boost_round=1)
    folder = saved_again(trained, tmp_path, model=bytes(other.save_raw("ubj")))
    with pytest.raises(UserError, match="parts of two models, train again"):
        Predictor.load(folder)


def test_a_model_brings_its_own_columns_and_needs_no_others(trained: Trained, tmp_path: Path) -> None:
    """An earlier champion is scored by its own columns, also after the use case has got another one."""
    document = json.loads((trained.models / "linear" / "preprocessing.json").read_text())
    document["columns"] = [column for column in document["columns"] if column["name"] != "sex"]
    weights = {"intercept": 1.0, "coefficients": [0.0] * 7, "logistic": False}
    facts = {**artifact.load(trained.models / "linear").facts}
    files = {"preprocessing.json": json.dumps(document).encode(), "linear.json": json.dumps(weights).encode()}
    artifact.save(tmp_path, files, facts)
    assert Predictor.load(tmp_path).predict([dict.fromkeys(NUMBERS, "0.5")]).tolist() == [1]


@pytest.mark.parametrize("algorithm", ["os", "tabular.main", None, "churn.svr"])
def test_a_manifest_that_names_foreign_code_is_refused(trained: Trained, tmp_path: Path, algorithm: str | None) -> None:
    saved = artifact.load(trained.models / "xgboost")
    artifact.save(tmp_path, saved.files, {**saved.facts, "algorithm": algorithm})
    with pytest.raises(
        UserError, match=r"manifest\.json names the algorithm .*, which is no module of tabular\.algorithms"
    ):
        Predictor.load(tmp_path)


@pytest.mark.parametrize("content", [b"", b"[]"])
def test_damaged_preprocessing_is_refused(trained: Trained, tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UserError, match=r"preprocessing\.json is damaged|: damaged"):
        Predictor.load(saved_again(trained, tmp_path, preprocessing=content))


def test_a_tampered_model_is_refused(trained: Trained, tmp_path: Path) -> None:
    shutil.copytree(trained.models / "linear", tmp_path / "model")
    (tmp_path / "model" / "linear.json").write_text('{"intercept": 0, "coefficients": []}')
    with pytest.raises(UserError, match=r"linear\.json is not the file that manifest\.json names"):
        Predictor.load(tmp_path / "model")
