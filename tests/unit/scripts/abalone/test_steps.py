"""The four steps as processes: as SageMaker starts them, and as a reader of the documentation does."""

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

import abalone

SCRIPTS = Path(abalone.__file__).resolve().parents[1]
STEPS = ("validate", "preprocess", "train", "evaluate")


class Trained(Protocol):
    parts: Path
    model: Path


def command(step: str, **folders: Path) -> list[str]:
    options = [text for name, folder in folders.items() for text in (f"--{name}", str(folder))]
    return [sys.executable, "-m", f"abalone.{step}", *options]


@pytest.fixture
def environment(base_dir: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(SCRIPTS), "SAGEMAKER_BASE_DIR": str(base_dir / "absent")}


def run(environment: dict[str, str], step: str, **folders: Path) -> str:
    done = subprocess.run(command(step, **folders), env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_steps_run_by_hand_one_after_the_other(sample: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    parts, model = tmp_path / "parts", tmp_path / "model"
    run(environment, "validate", data=sample, output=tmp_path / "validate")
    run(environment, "preprocess", data=sample, output=parts)
    run(
        environment,
        "train",
        train=parts / "train",
        validation=parts / "validation",
        preprocessing=parts / "preprocessing",
        model=model,
    )
    log = run(environment, "evaluate", test=parts / "test", model=model, output=tmp_path / "evaluate")
    report = json.loads((tmp_path / "evaluate" / "evaluation.json").read_text())
    assert f"mse: {report['regression_metrics']['mse']['value']:.4f} (95% interval " in log
    assert not (tmp_path / "opt-ml" / "absent").exists()


@pytest.mark.parametrize("step", STEPS)
def test_a_step_without_its_inputs_fails_with_a_message_and_no_traceback(
    environment: dict[str, str], step: str
) -> None:
    done = subprocess.run(command(step), env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "no such file" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("step", STEPS)
def test_a_step_explains_itself_and_its_arguments(step: str, capsys: pytest.CaptureFixture[str]) -> None:
    module = importlib.import_module(f"abalone.{step}")
    with pytest.raises(SystemExit) as ended:
        module.main(["--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert str(module.__doc__).splitlines()[0] in told


def test_sigterm_ends_a_training_and_leaves_no_model(
    trained: Trained, tmp_path: Path, environment: dict[str, str]
) -> None:
    settings = tmp_path / "hyperparameters.json"
    settings.write_text(json.dumps({"num_round": 10_000, "max_depth": 16}))
    folders = {part: trained.parts / part for part in ("train", "validation", "preprocessing")}
    line = command("train", **folders, hyperparameters=settings, model=tmp_path / "model")
    with subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("train:mse=")  # it is in the midst of training
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
    assert process.returncode == 128 + signal.SIGTERM
    assert not (tmp_path / "model").exists()
