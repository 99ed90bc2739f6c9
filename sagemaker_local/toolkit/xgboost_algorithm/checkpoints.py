"""Checkpoints of a training, one a round, and the model as it stands after each."""

from __future__ import annotations

import os
import re
import warnings
from pathlib import Path
from typing import Any

from xgboost.callback import TrainingCallback

NAME = "xgboost-checkpoint"
_FILE = re.compile(rf"{NAME}\.(\d+)")
_KEPT = 5
_UNFINISHED = ".sagemaker-ignore"


def latest(folder: Path | None) -> tuple[Path | None, int]:
    """The last checkpoint in *folder* and the rounds that are done; ``None`` and 0 if there is none."""
    if folder is None or not folder.is_dir():
        return None, 0
    numbers = [int(match[1]) for path in folder.iterdir() if (match := _FILE.fullmatch(path.name))]
    if not numbers:
        return None, 0
    return folder / f"{NAME}.{max(numbers)}", max(numbers) + 1


def save(model: Any, path: Path) -> None:
    """Write *model* so that it is there whole or not at all."""
    unfinished = path.with_name(f"{path.name}{_UNFINISHED}")
    with warnings.catch_warnings():
        # The format is meant to be XGBoost's default, as the file's name, without an ending, is AWS's.
        warnings.filterwarnings("ignore", message=".*Saving model in the")
        model.save_model(str(unfinished))
    os.replace(unfinished, path)


class SaveCheckpoints(TrainingCallback):  # type: ignore[misc]
    """``xgboost-checkpoint.<round>`` after every round, counted on from *done*; the last five stay.

    Those that an earlier job left stay too.
    """

    def __init__(self, folder: Path, done: int) -> None:
        super().__init__()
        self._folder, self._done = folder, done
        self._own: list[Path] = []
        folder.mkdir(parents=True, exist_ok=True)

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        path = self._folder / f"{NAME}.{self._done + epoch}"
        save(model, path)
        self._own.append(path)
        if len(self._own) > _KEPT:
            self._own.pop(0).unlink(missing_ok=True)
        return False


class SaveModel(TrainingCallback):  # type: ignore[misc]
    """The model after every round, so that a job that is stopped leaves one."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        save(model, self._path)
        return False
