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

from abalone import artifact, train
from abalone.predictor import Predictor
from abalone.schema import read, targets

# The metric definitions of the training DAG.
METRIC = re.compile(r"train:mse=([0-9.eE+-]+) validation:mse=([0-9.eE+-]+)")


class Trained(Protocol):
    parts: Path
    model: Path


def run(parts: Path, model: Path, **settings: object) -> int:
    """Train by hand on the parts that preprocessing made."""
    file = model.with_name("hyperparameters.json")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(settings))
    folders = {part: parts / part for part in ("train", "validation", "preprocessing")}
    folders |= {"model": model, "hyperparameters": file}
    return train.main([text for name, path in folders.items() for text in (f"--{name}", str(path))])


def content(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_the_same_data_and_settings_give_the_same_bytes(trained: Trained, tmp_path: Path) -> None:
    assert run(trained.parts, tmp_path / "model") == 0
    assert content(tmp_path / "model") == content(trained.model)


def test_another_seed_gives_another_model(trained: Trained, tmp_path: Path) -> None:
    run(trained.parts, tmp_path / "model", seed="1")
    assert content(tmp_path / "model")["model.ubj"] != content(trained.model)["model.ubj"]


def test_the_model_folder_holds_plain_formats_only(trained: Trained) -> None:
    assert set(content(trained.model)) == {"model.ubj", "preprocessing.json", "linear.json", "manifest.json"}


def test_the_manifest_says_what_the_model_was_made_of(trained: Trained) -> None:
    manifest = json.loads((trained.model / "manifest.json").read_text())
    assert manifest["libraries"]["xgboost"] == xgboost.__version__
    assert manifest["libraries"]["numpy"] == np.__version__
    assert manifest["rows"] == {"train": 2923, "validation": 622}
    assert manifest["hyperparameters"] == {
        "num_round": 300,
        "max_depth": 4,
        "eta": 0.03,
        "subsample": 0.8,
        "colsample_bytree": 0.8,
        "min_child_weight": 5.0,
        "seed": 0,
    }


def test_the_settings_reach_the_trees(trained: Trained, tmp_path: Path) -> None:
    run(trained.parts, tmp_path / "model", num_round="7", max_depth="1", eta="0.5")
    booster = xgboost.Booster(model_file=tmp_path / "model" / "model.ubj")
    assert booster.num_boosted_rounds() == 7
    assert max(dump.count("\n") for dump in booster.get_dump()) == 3  # a root and two leaves


def test_the_last_line_of_metrics_is_that_of_the_finished_model(
    trained: Trained, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(trained.parts, tmp_path / "model", num_round="120")
    lines = [METRIC.fullmatch(line) for line in capsys.readouterr().out.splitlines()]
    curve = [[float(value) for value in line.groups()] for line in lines if line]
    assert len(curve) == len(lines) == 3  # after 50 and 100 rounds, and at the end
    assert curve[0][0] > curve[1][0] > curve[2][0]
    predictor = Predictor.load(tmp_path / "model")
    for part, printed in zip(("train", "validation"), curve[-1], strict=True):
        rows = read(trained.parts / part)
        assert np.mean((predictor.predict(rows) - targets(rows)) ** 2) == pytest.approx(printed, abs=1e-5)


def test_the_trees_beat_the_linear_baseline_and_that_beats_the_mean(trained: Trained) -> None:
    rows = read(trained.parts / "test")
    predictor, target = Predictor.load(trained.model), targets(rows)
    errors = {
        "trees": np.mean((predictor.predict(rows) - target) ** 2),
        "linear": np.mean((predictor.predict_baseline(rows) - target) ** 2),
        "mean": np.var(target),
    }
    assert errors["trees"] < 4.6 < errors["linear"] < 5 < 9 < errors["mean"]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"max_dept": "5"}, "unknown hyperparameter 'max_dept'; known: num_round, max_depth, eta, subsample"),
        ({"max_depth": "0"}, "hyperparameter 'max_depth' is '0'; it must be a whole number, at least 1"),
        ({"num_round": "10.5"}, "hyperparameter 'num_round' is '10.5'"),
        ({"eta": "fast"}, "hyperparameter 'eta' is 'fast'; it must be a number, above 0 and at most 1"),
        ({"subsample": "1.2"}, "hyperparameter 'subsample' is '1.2'"),
    ],
)
def test_a_bad_setting_fails_the_job_by_name_and_nothing_is_written(
    trained: Trained, tmp_path: Path, base_dir: Path, settings: dict[str, str], told: str
) -> None:
    assert run(trained.parts, tmp_path / "model", **settings) == 1
    assert (base_dir / "output" / "failure").read_text().startswith(told)
    assert not (tmp_path / "model").exists()


def test_in_a_job_everything_lies_where_sagemaker_puts_it(trained: Trained, base_dir: Path) -> None:
    for part in ("train", "validation", "preprocessing"):
        shutil.copytree(trained.parts / part, base_dir / "input" / "data" / part)
    (base_dir / "input" / "config").mkdir()
    (base_dir / "input" / "config" / "hyperparameters.json").write_text('{"num_round": "\\"5\\""}')
    assert train.main([]) == 0
    manifest = json.loads((base_dir / "model" / artifact.MANIFEST).read_text())
    assert manifest["hyperparameters"]["num_round"] == 5


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda parts: shutil.rmtree(parts / "validation"), "validation: no such file or folder"),
        (lambda parts: (parts / "train" / "train.csv").write_text(""), "train.csv, line 1: missing column"),
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
    assert run(parts, tmp_path / "model") == 1
    assert told in (base_dir / "output" / "failure").read_text()
