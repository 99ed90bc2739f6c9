"""The steps as processes: as SageMaker starts them, and as a reader of the documentation does."""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import pytest

import tabular
from churn import USE_CASE
from tabular.main import STEPS, main

SCRIPTS = Path(tabular.__file__).resolve().parents[1]


class Trained(Protocol):
    parts: Path
    models: Path


def command(use_case: str, step: str, **folders: Path) -> list[str]:
    options = [text for name, folder in folders.items() for text in (f"--{name}", str(folder))]
    return [sys.executable, "-m", use_case, step, *options]


@pytest.fixture
def environment(base_dir: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(SCRIPTS), "SAGEMAKER_BASE_DIR": str(base_dir / "absent")}


def run(environment: dict[str, str], use_case: str, step: str, **folders: Path) -> str:
    line = command(use_case, step, **folders)
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize(("use_case", "section"), [("abalone", "regression"), ("churn", "binary_classification")])
def test_the_steps_run_by_hand_one_after_the_other(
    sample: Path, tmp_path: Path, environment: dict[str, str], use_case: str, section: str
) -> None:
    data, parts, models = sample.with_name(f"{use_case}.csv"), tmp_path / "parts", tmp_path / "models"
    learned_from = {part: parts / part for part in ("train", "validation", "preprocessing")}
    run(environment, use_case, "validate", data=data, output=tmp_path / "validate")
    run(environment, use_case, "preprocess", data=data, output=parts)
    run(environment, use_case, "train", **learned_from, model=models / "xgboost")
    log = run(environment, use_case, "evaluate", test=parts / "test", candidates=models, output=tmp_path / "evaluate")
    report = json.loads((tmp_path / "evaluate" / "evaluation.json").read_text())
    metric = "mse" if use_case == "abalone" else "auc"
    value = report["candidates"]["xgboost"][f"{section}_metrics"][metric]["value"]
    assert f"xgboost {metric}: {value:.4f} (95% interval " in log
    assert not (tmp_path / "opt-ml" / "absent").exists()


@pytest.mark.parametrize("step", STEPS)
def test_a_step_without_its_inputs_fails_with_a_message_and_no_traceback(
    environment: dict[str, str], step: str
) -> None:
    done = subprocess.run(command("churn", step), env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert any(text in done.stderr for text in ("no such file", "no such folder", "holds no", "arguments are required"))
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("step", STEPS)
def test_a_step_explains_itself_and_its_arguments(step: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(USE_CASE, [step, "--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert f"usage: churn {step}" in told
    assert str(importlib.import_module(f"tabular.steps.{step}").__doc__).splitlines()[0] in told


@pytest.mark.parametrize("argv", [["--help"], ["-h"]])
def test_the_steps_are_listed(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(USE_CASE, argv) == 0
    told = capsys.readouterr().out
    assert all(f"  {step}" in told for step in STEPS)


@pytest.mark.parametrize(("argv", "told"), [([], "name a step"), (["speling"], "'speling' is no step")])
def test_what_is_no_step_is_refused_with_those_there_are(
    argv: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(USE_CASE, argv) == 1
    assert f"error: python -m churn: {told}; there are {', '.join(STEPS)}" in capsys.readouterr().err


def test_sigterm_ends_a_training_and_leaves_no_model(
    trained: Trained, tmp_path: Path, environment: dict[str, str]
) -> None:
    settings = tmp_path / "hyperparameters.json"
    settings.write_text(json.dumps({"num_round": 10_000, "max_depth": 16}))
    folders = {part: trained.parts / part for part in ("train", "validation", "preprocessing")}
    line = command("abalone", "train", **folders, hyperparameters=settings, model=tmp_path / "model")
    with subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("train:mse=")  # it is in the midst of training
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
    assert process.returncode == 128 + signal.SIGTERM
    assert not (tmp_path / "model").exists()
