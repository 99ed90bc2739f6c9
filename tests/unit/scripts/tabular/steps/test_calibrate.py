from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from abalone import USE_CASE
from tabular import trials
from tabular.main import main
from tabular.metrics.bootstrap import Estimate
from tabular.steps import calibrate


def calibrated(sample: Path, output: Path, *more: str) -> dict[str, Any]:
    assert main(USE_CASE, ["calibrate", "--data", str(sample), "--output", str(output), *more]) == 0
    document: dict[str, Any] = json.loads((output / "calibration.json").read_text())
    return document


def test_a_minimum_gain_and_what_it_finds_are_told(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    train = trials.train
    monkeypatch.setattr(
        trials, "train", lambda use_case, candidate, rows, settings: train(use_case, "linear", rows, {})
    )
    found = calibrated(sample, tmp_path, "--candidate", "forest", "--pairs", "12")
    assert (found["candidate"], found["metric"], found["pairs"], found["test_rows"]) == ("forest", "mse", 12, 627)
    assert 0.01 < found["test_noise"] < 0.3
    assert found["min_gain"] == pytest.approx(1.645 * found["training_noise"], rel=1e-3)
    assert found["training_noise"] <= found["training_noise_bound"]
    assert found["min_gain"] < found["promoted_gains"]["0.5"] < found["promoted_gains"]["0.9"]
    told = capsys.readouterr().out
    assert f"min_gain for an error of 0.05: {found['min_gain']:.4g}" in told
    assert "train:mse" not in told


def test_the_gain_that_half_of_the_nights_find_is_the_rules_bound(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibrate, "_pair", lambda *_: Estimate(0.3, np.array([-0.1, 0.1] * 50)))
    found = calibrated(sample, tmp_path, "--pairs", "5", "--alpha", "0.1")
    assert found["promoted_gains"]["0.5"] == pytest.approx(found["min_gain"] + 1.2816 * found["test_noise"], rel=1e-3)


def test_too_few_rows_fail_the_job(write_csv: Callable[..., Path], cells: Callable[..., str], tmp_path: Path) -> None:
    data = write_csv(*(cells(length=f"0.{number}", rings=str(number % 20 + 1)) for number in range(100, 220)))
    assert main(USE_CASE, ["calibrate", "--data", str(data), "--output", str(tmp_path / "out"), "--pairs", "2"]) == 1
