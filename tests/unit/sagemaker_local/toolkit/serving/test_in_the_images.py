"""The program ``serve`` in its images, with real models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.managed import SCIKIT_LEARN, XGBOOST
from tests.support.serving import container


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "opt_ml" / "model"
    folder.mkdir(parents=True)
    return folder


SAVE = """
import joblib, numpy
from sklearn.linear_model import LinearRegression
joblib.dump(LinearRegression().fit([[0, 0], [1, 0], [0, 1]], [1, 2, 3]), "model.joblib")
"""
INFERENCE = """
import os, joblib
def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))
"""


@pytest.mark.documented("sagemaker-inference-toolkit: default_inference_handler")
def test_a_scikit_learn_script_serves_in_every_default_format(environments: Path, tmp_path: Path, model: Path) -> None:
    box = container(SCIKIT_LEARN, environments, tmp_path)
    box.run(SAVE)
    (model / "code").mkdir()
    (model / "code" / "inference.py").write_text(INFERENCE)
    with box.serving(SAGEMAKER_SUBMIT_DIRECTORY="/opt/ml/model/code", SAGEMAKER_PROGRAM="inference.py"):
        status, body, kind = box.invoke("1,1\n0,0", "text/csv")
        assert (status, kind) == (200, "application/json")
        assert json.loads(body) == pytest.approx([4, 1])
        status, body, kind = box.invoke("[[1, 1]]", "application/json", "text/csv")
        assert (status, kind) == (200, "text/csv")
        assert float(body) == pytest.approx(4)
        assert box.invoke("1", "text/plain")[:2][0] == 415
        assert box.invoke("[[1]]", "application/json")[0] == 500


TRANSFORMER = """
import io, json, os, joblib, numpy
from sagemaker_containers.beta.framework import content_types, encoders, env, modules, transformer, worker
def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))
def input_fn(body, content_type):
    return encoders.decode(body, content_types.CSV)
def output_fn(prediction, accept):
    if accept == content_types.JSON:
        return worker.Response(json.dumps({"instances": prediction.tolist()}), mimetype=accept)
    if accept == content_types.CSV:
        return worker.Response(encoders.encode(prediction, accept), mimetype=accept)
    env.TrainingEnv()
"""


@pytest.mark.documented("amazon-sagemaker-examples: the featurizer of the scikit-learn inference pipeline")
def test_a_script_answers_by_what_it_imports_of_the_toolkit(environments: Path, tmp_path: Path, model: Path) -> None:
    box = container(SCIKIT_LEARN, environments, tmp_path)
    box.run(SAVE)
    (model / "code").mkdir()
    (model / "code" / "inference.py").write_text(TRANSFORMER)
    with box.serving():
        status, body, kind = box.invoke("1,1\n0,0", "text/csv", "application/json")
        assert (status, kind) == (200, "application/json")
        assert json.loads(body)["instances"] == pytest.approx([4, 1])
        status, body, kind = box.invoke("1,1\n0,0", "text/csv", "text/csv")
        assert (status, kind) == (200, "text/csv")
        assert [float(line) for line in body.split()] == pytest.approx([4, 1])
        assert (
            "env.TrainingEnv: the local SageMaker's images have no such" in box.invoke("1,1\n0,0", "text/csv", "a/b")[1]
        )


TRAIN = """
import numpy, xgboost
rows = numpy.array([[0.0], [1.0], [2.0], [3.0]])
labels = numpy.array([0.0, 0.0, 1.0, 1.0])
data = xgboost.DMatrix(rows, label=labels)
xgboost.train({"objective": "binary:hinge", "nthread": 1}, data, 5).save_model("xgboost-model")
"""


@pytest.mark.documented("sagemaker-xgboost-container: algorithm_mode.serve")
def test_the_algorithms_model_answers_csv_and_libsvm(environments: Path, tmp_path: Path, model: Path) -> None:
    box = container(XGBOOST, environments, tmp_path)
    box.run(TRAIN)
    with box.serving():
        assert box.invoke("0\n3\n", "text/csv") == (200, "0.0,1.0", "text/csv")
        assert box.invoke("0:3\n0:0", "text/libsvm", "application/json") == (200, "[1.0, 0.0]", "application/json")
        assert box.invoke("0", "text/csv", "image/png")[0] == 415
        status, body, _ = box.invoke("words", "text/csv")
        assert (status, body.partition("\n")[0]) == (
            415,
            "Loading csv data failed with Exception, please ensure data is in csv format:",
        )
        assert box.invoke("", "text/csv")[:2] == (204, "")
        assert box.invoke("0", "application/x-parquet")[0] == 415
    with box.serving(SAGEMAKER_BATCH="true", MAX_CONTENT_LENGTH="8"):
        assert box.invoke("0\n3\n", "text/csv")[1] == "0.0\n1.0\n"
        assert box.invoke("0\n" * 5, "text/csv")[0] == 413


@pytest.mark.documented("sagemaker-xgboost-container: handler_service")
def test_a_script_on_the_xgboost_image_is_given_a_matrix(environments: Path, tmp_path: Path, model: Path) -> None:
    box = container(XGBOOST, environments, tmp_path)
    box.run(TRAIN)
    (model / "code").mkdir()
    script = "import xgboost\ndef model_fn(folder): return xgboost.Booster(model_file=folder + '/xgboost-model')"
    (model / "code" / "serving.py").write_text(script)
    with box.serving(SAGEMAKER_PROGRAM="serving.py"):
        assert box.invoke("0\n3", "text/csv", "text/csv")[1].split() == ["0.0", "1.0"]
        assert box.invoke("0", "application/json")[0] == 415


@pytest.mark.local_only
def test_a_model_that_cannot_be_loaded_ends_the_container_and_says_why(
    environments: Path, tmp_path: Path, model: Path
) -> None:
    box = container(XGBOOST, environments, tmp_path)
    assert "there is no model in" in box.refusal()
    assert "SAGEMAKER_MULTI_MODEL" in box.refusal(SAGEMAKER_MULTI_MODEL="true")
    assert "No module named 'absent'" in box.refusal(SAGEMAKER_PROGRAM="absent.py")
