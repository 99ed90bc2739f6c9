"""The program ``serve`` in its images, with real models."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sagemaker_local.execution import overlay
from sagemaker_local.execution.images import Image, ImageCatalog
from tests.support.local_aws import free_port
from tests.support.managed import SCIKIT_LEARN, XGBOOST
from tests.support.polling import eventually


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "opt_ml" / "model"
    folder.mkdir(parents=True)
    return folder


class Container:
    """A layer over an image, for one model."""

    def __init__(self, image: Image, base: Path) -> None:
        self.port = free_port()
        self._bin, self._base = base / "environment" / "bin", base
        overlay.lay(image, base / "environment")
        self._environ = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("PYTHON", "AWS_", "SAGEMAKER_"))
            },
            **image.variables,
            "PATH": f"{self._bin}:{os.environ['PATH']}",
            "SAGEMAKER_BASE_DIR": str(base / "opt_ml"),
            "SAGEMAKER_BIND_TO_PORT": str(self.port),
        }

    def run(self, source: str) -> None:
        """Run Python *source* in the image, in the model's folder."""
        model = self._base / "opt_ml" / "model"
        subprocess.run([self._bin / "python", "-c", source], cwd=model, env=self._environ, check=True)

    @contextmanager
    def serving(self, **variables: str) -> Iterator[None]:
        """Serve meanwhile; SIGTERM ends it well."""
        log = self._base / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(["serve"], env={**self._environ, **variables}, stdout=output, stderr=output)
        try:
            eventually(lambda: process.poll() is not None or self.answers_ping(), f"an answer (log: {log})")
            assert process.poll() is None, log.read_text()
            yield
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        finally:
            process.kill()
            process.wait()

    def refusal(self, **variables: str) -> str:
        """What it says when it does not even start."""
        outcome = subprocess.run(
            ["serve"], env={**self._environ, **variables}, capture_output=True, text=True, check=False
        )
        assert outcome.returncode == 1, outcome.stderr
        return outcome.stderr

    def answers_ping(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ping", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError):
            return False

    def invoke(self, body: str | bytes, content_type: str, accept: str | None = None) -> tuple[int, str, str]:
        """Status, body and content type of an invocation's answer."""
        headers = {"Content-Type": content_type, **({"Accept": accept} if accept else {})}
        data = body.encode() if isinstance(body, str) else body
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/invocations", data, headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read().decode(), answer.headers["Content-Type"]
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode(), error.headers["Content-Type"]


def container(uri: str, environments: Path, base: Path) -> Container:
    return Container(ImageCatalog(None, environments, {}).find(uri), base)


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
