"""What needs XGBoost itself: run in the image, as a job runs it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sagemaker_local.execution import overlay
from sagemaker_local.execution.images import ImageCatalog
from tests.support.managed import XGBOOST

pytestmark = pytest.mark.documented("sagemaker-xgboost-container: data_utils, custom_metrics, checkpointing")


@pytest.fixture(scope="module")
def python(environments: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a layer over the image."""
    layer = tmp_path_factory.mktemp("layer") / "environment"
    overlay.lay(ImageCatalog(None, environments, {}).find(XGBOOST), layer)
    return layer / "bin" / "python"


def answer(python: Path, folder: Path, source: str) -> Any:
    """What *source* leaves in ``answer``, run in *folder*."""
    program = f"{source}\nimport json; json.dump(answer, open('answer.json', 'w'))"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    outcome = subprocess.run(
        [python, "-c", program], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 0, outcome.stderr
    return json.loads((folder / "answer.json").read_text())


LOAD = """
import pathlib
from sagemaker_toolkit.xgboost_algorithm.data import matrix
from sagemaker_toolkit.xgboost_algorithm.errors import UserError
def shown(kind, weights=False):
    folder = pathlib.Path(kind).absolute()
    try:
        found = matrix(folder, kind, weights)
    except UserError as error:
        return str(error)
    if found is None:
        return None
    return [found.get_label().tolist(), found.get_data().toarray().tolist(), found.get_weight().tolist()]
"""


def test_channels_of_every_format_become_labels_features_and_weights(python: Path, tmp_path: Path) -> None:
    files = {
        "csv/a#1.csv": "1,10,2\n3,20,4\n",
        "csv/deep/b?.csv": "5,30,6\n",
        "csv/_ignored": "x",
        "libsvm/a": "1 0:7 2:9\n",
        "nothing/_ignored": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    source = f"""{LOAD}
import pandas
pathlib.Path("parquet").mkdir()
pandas.DataFrame([[1.0, 2.0], [3.0, 4.0]], columns=["y", "x"]).to_parquet("parquet/a.parquet")
pathlib.Path("recordio-protobuf").mkdir()
pathlib.Path("recordio-protobuf/a").touch()
answer = {{"csv": shown("csv"), "weighted": shown("csv", True), "libsvm": shown("libsvm"), "parquet": shown("parquet"),
    "nothing": shown("nothing"), "recordio": shown("recordio-protobuf")}}
pathlib.Path("csv/deep/b?.csv").write_text("5,30\\n")
answer["uneven"] = shown("csv")
"""
    found = answer(python, tmp_path, source)
    assert found["csv"] == [[1, 3, 5], [[10, 2], [20, 4], [30, 6]], []]
    assert found["weighted"] == [[1, 3, 5], [[2], [4], [6]], [10, 20, 30]]
    assert found["libsvm"] == [[1], [[7, 0, 9]], []]
    assert found["parquet"] == [[1, 3], [[2], [4]], []]
    assert found["nothing"] is None
    assert found["recordio"].startswith("Failed to load recordio-protobuf data with exception:\n")


def test_the_containers_metrics_judge_classes_and_numbers(python: Path, tmp_path: Path) -> None:
    source = """
import numpy, xgboost
from sagemaker_toolkit.xgboost_algorithm import custom_metrics, metric_names
def scores(labels, predictions, objective, names):
    data = xgboost.DMatrix(numpy.zeros((len(labels), 1)), label=labels)
    return dict(custom_metrics.evaluation(names, objective)(numpy.array(predictions), data))
classes = sorted(metric_names.OWN - {"mse", "r2"})
answer = {
    "binary": scores([0, 1, 1, 0], [0.1, 0.9, 0.4, 0.2], "binary:logistic", classes),
    "raw": scores([0, 1], [-0.2, 0.2], "binary:logitraw", ["accuracy"]),
    "softprob": scores([0, 2], [[0.9, 0.1, 0], [0, 0.1, 0.9]], "multi:softprob", ["accuracy", "f1_macro"]),
    "softmax": scores([0, 2], [0, 1], "multi:softmax", ["accuracy"]),
    "numbers": scores([1, 2, 3], [1, 2, 5], "reg:squarederror", ["mse", "r2"]),
}
"""
    found = answer(python, tmp_path, source)
    assert found["binary"]["accuracy"] == 0.75
    assert found["binary"]["precision"] == 1.0
    assert found["binary"]["recall"] == 0.5
    assert found["binary"]["f1_binary"] == pytest.approx(2 / 3)
    assert found["binary"]["f1"] == found["binary"]["f1_macro"] == pytest.approx((2 / 3 + 0.8) / 2)
    assert found["raw"] == {"accuracy": 1.0}
    assert found["softprob"] == {"accuracy": 1.0, "f1_macro": 1.0}
    assert found["softmax"] == {"accuracy": 0.5}
    assert found["numbers"] == {"mse": pytest.approx(4 / 3), "r2": pytest.approx(-1.0)}


def test_early_stopping_keeps_the_best_model_and_a_stop_leaves_the_last(python: Path, tmp_path: Path) -> None:
    source = """
import pathlib, signal, numpy, xgboost
from sagemaker_toolkit.xgboost_algorithm.boosting import Data, boost
random = numpy.random.default_rng(0)
def rows(count):
    return xgboost.DMatrix(random.random((count, 2)), random.random(count))
values = {"num_round": 50, "eval_metric": ["mae"], "early_stopping_rounds": 2, "eta": 1.0, "nthread": 1}
path = pathlib.Path("xgboost-model")
stopped = boost(values, Data(rows(50), rows(50)), path, None, True)
answer = {"rounds": stopped.num_boosted_rounds(), "best": stopped.best_iteration, "left": path.exists()}
saving = {"num_round": 2, "save_model_on_termination": "true", "nthread": 1}
boost(saving, Data(rows(9), None), path, None, True)
answer["saved"] = xgboost.Booster(model_file=path).num_boosted_rounds()
answer["handled"] = signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
"""
    found = answer(python, tmp_path, source)
    assert found["rounds"] == found["best"] + 1 < 50
    assert found["left"] is False
    assert (found["saved"], found["handled"]) == (2, True)


def test_scripts_read_channels_and_payloads_by_the_names_that_aws_gives_them(python: Path, tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "a.csv").write_text("1,10,2\n3,20,4\n")
    source = """
from sagemaker_xgboost_container import data_utils, encoder
def shown(found): return found and [found.get_label().tolist(), found.get_data().toarray().tolist()]
kind = data_utils.get_content_type("text/csv; label_size=1")
trained = [shown(data_utils.get_dmatrix(path, kind)) for path in ("train", "train/a.csv", "absent")]
try:
    data_utils.get_dmatrix("train", kind, is_pipe=True)
except ValueError as error:
    refusal = str(error)
answer = [trained, data_utils.get_content_type(None), refusal, shown(encoder.csv_to_dmatrix("1,2\\n3,4")),
    shown(encoder.libsvm_to_dmatrix("0:1 1:2")), shown(encoder.decode(b"5", "text/csv"))]
"""
    trained, default, refusal, *payloads = answer(python, tmp_path, source)
    assert trained == [[[1, 3], [[10, 2], [20, 4]]]] * 2 + [None]
    assert default == "libsvm"
    assert "use input mode File" in refusal
    assert payloads == [[[], [[1, 2], [3, 4]]], [[], [[1, 2]]], [[], [[5]]]]


def test_a_scripts_own_training_goes_on_from_its_checkpoints(python: Path, tmp_path: Path) -> None:
    source = """
import numpy, os, xgboost
from sagemaker_xgboost_container import checkpointing
rows = xgboost.DMatrix(numpy.arange(6.0).reshape(6, 1), label=numpy.arange(6.0))
arguments = {"params": {"nthread": 1}, "dtrain": rows}
before = checkpointing.load_checkpoint("kept")
first = checkpointing.train({**arguments, "num_boost_round": 3}, "kept").num_boosted_rounds()
between = checkpointing.load_checkpoint("kept")
second = checkpointing.train({**arguments, "num_boost_round": 5}, "kept").num_boosted_rounds()
answer = [before, first, between, second, sorted(os.listdir("kept"))]
"""
    kept = [f"xgboost-checkpoint.{number}" for number in range(5)]
    assert answer(python, tmp_path, source) == [[None, 0], 3, ["kept/xgboost-checkpoint.2", 3], 5, kept]
