from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest
import xgboost

from abalone import USE_CASE
from churn import USE_CASE as CHURN
from tabular import artifact, examples, reading
from tabular.main import main
from tabular.predictor import Predictor
from tabular.use_case import Candidate, UseCase

# The metric definitions of the training DAG.
METRIC = re.compile(r"train:mse=([0-9.eE+-]+) .*validation:mse=([0-9.eE+-]+)")
CANDIDATES = ("xgboost", "forest", "linear")


class Trained(Protocol):
    use_case: UseCase
    parts: Path
    models: Path

    def train(self, candidate: str, model: Path, *more: str, parts: Path | None = None) -> int: ...


def settings(**values: object) -> list[str]:
    return [text for name, value in values.items() for text in ("--set", f"{name}={value}")]


def content(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def scored(trained: Trained, candidate: str) -> tuple[Any, Any]:
    """Targets and predictions of the test part."""
    name = trained.use_case.schema.target.name
    blocks = reading.read_good(trained.parts / "test", trained.use_case.schema.columns)
    target = np.concatenate([block.table.numbers[name] for block in blocks])
    return target, Predictor.load(trained.models / candidate).predict_files(trained.parts / "test")


def test_a_model_says_by_which_shares_its_rows_were_split(trained: Trained, tmp_path: Path) -> None:
    assert trained.train("linear", tmp_path, "--test-share=0.3", "--validation-share=") == 0
    assert artifact.load(tmp_path).facts["split"] == {"test": 0.3, "validation": 0.15}


@pytest.mark.parametrize("candidate", CANDIDATES)
@pytest.mark.parametrize("use_case", ["trained", "classified"])
def test_the_same_data_and_settings_give_the_same_bytes(
    use_case: str, candidate: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    trained = request.getfixturevalue(use_case)
    more = settings(num_trees=30) if candidate == "forest" else []
    assert trained.train(candidate, tmp_path / "model", *more) == 0
    assert content(tmp_path / "model") == content(trained.models / candidate)


def test_a_packed_model_is_the_same_in_one_archive(trained: Trained, tmp_path: Path) -> None:
    assert trained.train("linear", tmp_path / "model", "--packed") == 0
    assert list(content(tmp_path / "model")) == ["model.tar.gz"]
    assert artifact.load(tmp_path / "model").files == artifact.load(trained.models / "linear").files


def test_another_seed_gives_another_model(trained: Trained, tmp_path: Path) -> None:
    trained.train("xgboost", tmp_path / "model", *settings(seed=1))
    assert content(tmp_path / "model")["model.ubj"] != content(trained.models / "xgboost")["model.ubj"]


@pytest.mark.parametrize(
    ("candidate", "model"), [("xgboost", "model.ubj"), ("forest", "model.ubj"), ("linear", "linear.json")]
)
def test_the_model_folder_holds_plain_formats_only(trained: Trained, candidate: str, model: str) -> None:
    assert set(content(trained.models / candidate)) == {model, "model.onnx", "preprocessing.json", "manifest.json"}


def test_the_manifest_says_what_the_model_was_made_of(trained: Trained) -> None:
    manifest = json.loads((trained.models / "xgboost" / "manifest.json").read_text())
    assert (manifest["use_case"], manifest["candidate"]) == ("abalone", "xgboost")
    assert manifest["algorithm"] == "tabular.algorithms.gradient_boosting"
    assert manifest["libraries"]["xgboost"] == xgboost.__version__
    assert manifest["libraries"]["numpy"] == np.__version__
    assert manifest["rows"] == {"train": 2939, "validation": 627}
    assert manifest["split"] == {"test": 0.15, "validation": 0.15}
    assert manifest["hyperparameters"] == {
        **USE_CASE.candidates["xgboost"].hyperparameters,
        "gamma": 0.0,
        "seed": 0,
        "nthread": 1,
        "device": "cpu",
    }


def test_the_settings_reach_the_trees(trained: Trained, tmp_path: Path) -> None:
    trained.train("xgboost", tmp_path / "model", *settings(num_round=7, max_depth=1, eta=0.5))
    booster = xgboost.Booster(model_file=tmp_path / "model" / "model.ubj")
    assert booster.num_boosted_rounds() == 7
    assert max(dump.count("\n") for dump in booster.get_dump()) == 3  # a root and two leaves


def test_a_setting_on_the_command_line_comes_before_the_files_and_that_before_the_declared_one(
    trained: Trained, tmp_path: Path
) -> None:
    file = tmp_path / "hyperparameters.json"
    file.write_text('{"num_round": "9", "max_depth": "2"}')
    more = ["--hyperparameters", str(file), *settings(num_round=7)]
    assert trained.train("xgboost", tmp_path / "model", *more) == 0
    found = json.loads((tmp_path / "model" / "manifest.json").read_text())["hyperparameters"]
    assert (found["num_round"], found["max_depth"], found["eta"]) == (7, 2, 0.03)


def test_the_last_line_of_metrics_is_that_of_the_finished_model(
    trained: Trained, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trained.train("xgboost", tmp_path / "model", *settings(num_round=120))
    lines = [METRIC.match(line) for line in capsys.readouterr().out.splitlines()]
    curve = [[float(value) for value in line.groups()] for line in lines if line]
    assert len(curve) == len(lines) == 3  # after 50 and 100 rounds, and at the end
    assert curve[0][0] > curve[1][0] > curve[2][0]
    predictor = Predictor.load(tmp_path / "model")
    for part, printed in zip(("train", "validation"), curve[-1], strict=True):
        rows = examples.read(trained.parts / part, part, predictor.preprocessing, slice(None))
        error = predictor.model.predict(rows.features) - rows.target
        assert np.mean(error.astype(float) ** 2) == pytest.approx(printed, abs=1e-5)


def test_a_classifier_prints_what_it_is_tuned_and_judged_by(
    classified: Trained, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    classified.train("linear", tmp_path / "model")
    (line,) = capsys.readouterr().out.splitlines()
    names = [pair.partition("=")[0] for pair in line.split()]
    assert names == [f"{part}:{name}" for part in ("train", "validation") for name in ("auc", "accuracy", "f1")]


def test_trees_beat_the_linear_baseline_and_that_beats_the_mean(trained: Trained) -> None:
    errors = {}
    for candidate in CANDIDATES:
        target, predicted = scored(trained, candidate)
        errors[candidate] = np.mean((target - predicted) ** 2)
    assert errors["xgboost"] < errors["linear"] < 0.6 * np.var(target)
    assert errors["forest"] < errors["linear"]


def test_of_labels_trees_make_fewer_mistakes_than_the_linear_baseline(classified: Trained) -> None:
    mistakes = {}
    for candidate in CANDIDATES:
        target, probability = scored(classified, candidate)
        mistakes[candidate] = np.mean((probability >= 0.5) != target)
    assert mistakes["xgboost"] < 0.1 > mistakes["forest"]
    assert 0.1 < mistakes["linear"] < 0.2


def test_a_script_of_the_use_cases_own_is_a_candidate_like_any_other(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here one that always answers the mean of what it has seen."""
    (tmp_path / "rings").mkdir()
    (tmp_path / "rings" / "__init__.py").write_text("")
    (tmp_path / "rings" / "mean.py").write_text(
        "import json, numpy\n"
        "from tabular.algorithms import Algorithm\n"
        "class Mean:\n"
        "    def __init__(self, mean): self.mean = mean\n"
        "    def predict(self, features): return numpy.full(len(features), self.mean)\n"
        "    def files(self): return {'mean.json': json.dumps(self.mean).encode()}\n"
        "ALGORITHM = Algorithm((), lambda task: Mean(float(task.train.target.mean())),\n"
        "                      lambda artifact, _: Mean(json.loads(artifact.file('mean.json'))))\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    candidates = {**USE_CASE.candidates, "mean": Candidate("rings.mean")}
    use_case = UseCase("rings", USE_CASE.schema, candidates, baseline="linear")
    folders = {part: trained.parts / part for part in ("train", "validation", "preprocessing")}
    folders["model"] = tmp_path / "model"
    options = [text for name, path in folders.items() for text in (f"--{name}", str(path))]
    assert main(use_case, ["train", "--candidate", "mean", *options]) == 0
    found = Predictor.load(tmp_path / "model").predict_files(trained.parts / "test")
    assert found == pytest.approx(np.load(trained.parts / "train" / "train.npy")[:, 0].mean())


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"max_dept": "5"}, "unknown hyperparameter 'max_dept'; known: num_round, max_depth, eta, gamma, subsample"),
        ({"max_depth": "0"}, "hyperparameter 'max_depth' is '0'; it must be a whole number, at least 1"),
        ({"num_round": "10.5"}, "hyperparameter 'num_round' is '10.5'"),
        ({"eta": "fast"}, "hyperparameter 'eta' is 'fast'; it must be a number, above 0 and at most 1"),
        ({"subsample": "1.2"}, "hyperparameter 'subsample' is '1.2'"),
        ({"device": "tpu"}, "hyperparameter 'device' is 'tpu'; it must be one of cpu, cuda"),
        ({"device": "cuda"}, "hyperparameter 'device' is 'cuda', but this image's xgboost is built for CPUs only"),
    ],
)
def test_a_bad_setting_fails_the_job_by_name_and_nothing_is_written(
    trained: Trained, tmp_path: Path, base_dir: Path, given: dict[str, str], told: str
) -> None:
    assert trained.train("xgboost", tmp_path / "model", *settings(**given)) == 1
    assert (base_dir / "output" / "failure").read_text().startswith(told)
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--set", "eta"], "'eta' is not NAME=VALUE"),
        (["--candidate", "svr"], "argument --candidate: invalid choice: 'svr'"),
    ],
)
def test_a_command_line_that_means_nothing_fails_the_job(
    trained: Trained, tmp_path: Path, base_dir: Path, more: list[str], told: str
) -> None:
    assert trained.train("xgboost", tmp_path / "model", *more) == 1
    assert told in (base_dir / "output" / "failure").read_text()


def test_in_a_job_everything_lies_where_sagemaker_puts_it(trained: Trained, base_dir: Path) -> None:
    for part in ("train", "validation", "preprocessing"):
        shutil.copytree(trained.parts / part, base_dir / "input" / "data" / part)
    (base_dir / "input" / "config").mkdir()
    (base_dir / "input" / "config" / "hyperparameters.json").write_text('{"num_round": "\\"5\\""}')
    resources = {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "eth0"}
    (base_dir / "input" / "config" / "resourceconfig.json").write_text(json.dumps(resources))
    assert main(USE_CASE, ["train"]) == 0
    manifest = json.loads((base_dir / "model" / artifact.MANIFEST).read_text())
    assert manifest["hyperparameters"]["num_round"] == 5


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda parts: shutil.rmtree(parts / "validation"), "validation.npy: no such file"),
        (lambda parts: (parts / "train" / "train.npy").write_text(""), "train.npy: not a part"),
        (
            lambda parts: (parts / "preprocessing" / "preprocessing.json").unlink(),
            "preprocessing.json: no such file",
        ),
        (
            lambda parts: (parts / "preprocessing" / "preprocessing.json").write_text("{"),
            "preprocessing.json: not a JSON file",
        ),
    ],
)
def test_a_bad_input_fails_the_job_with_its_place(
    trained: Trained, tmp_path: Path, base_dir: Path, spoil: Callable[[Path], Any], told: str
) -> None:
    parts = shutil.copytree(trained.parts, tmp_path / "parts")
    spoil(parts)
    assert trained.train("xgboost", tmp_path / "model", parts=parts) == 1
    assert told in (base_dir / "output" / "failure").read_text()


def test_every_declared_candidate_is_an_algorithm_with_settings_that_it_knows(tmp_path: Path) -> None:
    from common import hyperparameters
    from tabular import algorithms

    for use_case in (USE_CASE, CHURN):
        for candidate in use_case.candidates.values():
            table = algorithms.find(candidate.algorithm).hyperparameters
            assert hyperparameters.parse(candidate.hyperparameters, table)
