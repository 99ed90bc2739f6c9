"""Models in ONNX: they predict what the library's own format predicts, on every held-out row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnxruntime
import pytest
import xgboost

from common.errors import UserError
from tabular import artifact, onnx_format
from tabular.main import main
from tabular.predictor import Predictor
from tabular.reading import read_good

LARGEST = np.finfo(np.float32).max


class Trained(Protocol):
    use_case: Any
    parts: Path
    models: Path

    def train(self, candidate: str, model: Path, *more: str) -> int: ...


def onnx_predictions(content: bytes, features: Any) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options)
    return session.run([onnx_format.OUTPUT], {onnx_format.INPUT: features})[0][:, 0]


def held_out(model: Predictor, folder: Path) -> Any:
    blocks = read_good(folder, model.preprocessing.columns)
    return np.concatenate([model.preprocessing.features(block.table) for block in blocks])


@pytest.mark.parametrize("candidate", ["xgboost", "forest"])
@pytest.mark.parametrize("use_case", ["trained", "classified"])
def test_trees_are_the_same_on_every_held_out_row(
    use_case: str, candidate: str, request: pytest.FixtureRequest
) -> None:
    trained: Trained = request.getfixturevalue(use_case)
    model = Predictor.load(trained.models / candidate)
    features = held_out(model, trained.parts / "test")
    found = onnx_predictions(model.artifact.file(onnx_format.FILE), features)
    np.testing.assert_allclose(found, model.model.predict(features), rtol=1e-6, atol=0)


@pytest.mark.parametrize("use_case", ["trained", "classified"])
def test_a_line_is_the_same_on_every_held_out_row(use_case: str, request: pytest.FixtureRequest) -> None:
    trained: Trained = request.getfixturevalue(use_case)
    model = Predictor.load(trained.models / "linear")
    features = held_out(model, trained.parts / "test")
    found = onnx_predictions(model.artifact.file(onnx_format.FILE), features)
    np.testing.assert_allclose(found, model.model.predict(features), rtol=1e-9, atol=0)


def test_a_number_one_step_either_side_of_a_split_goes_the_same_way(trained: Trained) -> None:
    model = Predictor.load(trained.models / "xgboost")
    booster = xgboost.Booster(model_file=bytearray(model.artifact.file("model.ubj")))
    learner = json.loads(booster.save_raw("json"))["learner"]
    middle = model.preprocessing.empty_row()
    rows = [middle[0]]
    for tree in learner["gradient_booster"]["model"]["trees"][:40]:
        for left, feature, threshold in zip(
            tree["left_children"], tree["split_indices"], tree["split_conditions"], strict=True
        ):
            for value in _around(np.float32(threshold)) if left != -1 else ():
                rows.append(middle[0].copy())
                rows[-1][feature] = value
    features = np.array(rows)
    found = onnx_predictions(model.artifact.file(onnx_format.FILE), features)
    assert len(rows) > 500
    np.testing.assert_array_equal(found, model.model.predict(features))


def _around(threshold: np.float32) -> tuple[np.float32, ...]:
    return np.nextafter(threshold, -LARGEST), threshold, np.nextafter(threshold, LARGEST)


def test_a_graph_that_is_not_the_model_is_refused(trained: Trained) -> None:
    model = Predictor.load(trained.models / "xgboost")
    other = Predictor.load(trained.models / "forest").artifact.file(onnx_format.FILE)
    features = held_out(model, trained.parts / "test")
    with pytest.raises(UserError, match=r"model\.onnx is not the model: it predicts .* for row 0 of the validation"):
        onnx_format.check(other, model.model, features)


def test_an_objective_without_a_graph_is_told() -> None:
    learner = {"objective": {"name": "rank:ndcg"}, "learner_model_param": {"base_score": "[5E-1]"}}
    with pytest.raises(UserError, match=r"the objective 'rank:ndcg' has no ONNX graph"):
        onnx_format.of_trees(learner)


@pytest.mark.parametrize("candidate", ["xgboost", "linear"])
def test_the_manifest_tells_what_serves_the_model_all_that_it_must_know(classified: Trained, candidate: str) -> None:
    model = Predictor.load(classified.models / candidate)
    facts = model.artifact.facts
    assert facts["target"] == {
        "name": "Churn?",
        "kind": "label",
        "negative": "False.",
        "positive": "True.",
        "threshold": 0.5,
    }
    assert facts["libraries"]["onnxruntime"] == onnxruntime.__version__
    nothing = {column.name: "" for column in model.preprocessing.columns}
    assert facts["empty_row"] == model.predict([nothing])[0]


def test_of_a_number_the_manifest_names_the_target_only(trained: Trained) -> None:
    assert artifact.load(trained.models / "linear").facts["target"] == {"name": "rings", "kind": "number"}


def test_the_use_cases_own_functions_for_serving_travel_with_the_model(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    functions = tmp_path / "scripts" / "abalone" / "inference.py"
    functions.parent.mkdir(parents=True)
    functions.write_text("def model_fn(folder): ...\n")
    monkeypatch.setattr("tabular.__file__", str(tmp_path / "scripts" / "tabular" / "__init__.py"))
    parts = {name: str(trained.parts / name) for name in ("train", "validation", "preprocessing")}
    options = [text for name, path in parts.items() for text in (f"--{name}", path)]
    assert main(trained.use_case, ["train", "--candidate", "linear", *options, "--model", str(tmp_path / "m")]) == 0
    assert artifact.load(tmp_path / "m").file("code/inference.py") == functions.read_bytes()


@pytest.mark.parametrize(
    ("use_case", "candidate", "told"), [("trained", "xgboost", True), ("trained", "linear", False),
                                        ("classified", "xgboost", False)],
)  # fmt: skip
def test_a_graph_that_is_a_sum_of_trees_tells_them(
    use_case: str, candidate: str, told: bool, request: pytest.FixtureRequest
) -> None:
    model = Predictor.load(request.getfixturevalue(use_case).models / candidate)
    session = onnxruntime.InferenceSession(model.artifact.file(onnx_format.FILE))
    text = session.get_modelmeta().custom_metadata_map.get(onnx_format.TREES)
    assert (text is not None) == told
    if text is not None:
        booster = xgboost.Booster(model_file=bytearray(model.artifact.file("model.ubj")))
        wanted = json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]["model"]["trees"]
        constant, *found = json.loads(text)
        assert constant["left_children"] == [-1]
        assert found == [{name: tree[name] for name in constant} for tree in wanted]
