from __future__ import annotations

from pathlib import Path

import pytest

from common import paths


def test_outside_of_a_moved_tree_everything_is_below_opt_ml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SAGEMAKER_BASE_DIR")
    assert {
        str(path)
        for path in (
            paths.processing_input("data"),
            paths.processing_output(),
            paths.channel("train"),
            paths.hyperparameters_file(),
            paths.model(),
            paths.training_failure(),
            paths.processing_message(),
        )
    } == {
        "/opt/ml/processing/input/data",
        "/opt/ml/processing/output",
        "/opt/ml/input/data/train",
        "/opt/ml/input/config/hyperparameters.json",
        "/opt/ml/model",
        "/opt/ml/output/failure",
        "/opt/ml/output/message",
    }


def test_the_base_dir_moves_the_tree_even_after_import(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path / "elsewhere"))
    assert paths.channel("train") == tmp_path / "elsewhere" / "input" / "data" / "train"


def test_a_path_counts_as_given_only_if_it_is_there(tmp_path: Path) -> None:
    assert paths.if_there(tmp_path) == tmp_path
    assert paths.if_there(tmp_path / "champion") is None
