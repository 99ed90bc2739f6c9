"""Checkpoints of a script's own training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import xgboost
from sagemaker_toolkit.xgboost_algorithm.checkpoints import SaveCheckpoints, latest

_DEFAULT_ROUNDS = 10


def load_checkpoint(checkpoint_dir: str | None, max_try: int = 5) -> tuple[str | None, int]:
    """The file of the last checkpoint and the rounds that are done."""
    path, done = latest(checkpoint_dir and Path(checkpoint_dir))
    return path and str(path), done


def train(train_args: dict[str, Any], checkpoint_dir: str) -> Any:
    """``xgboost.train(**train_args)`` that keeps checkpoints, and goes on from those that are there."""
    model, done = load_checkpoint(checkpoint_dir)
    rounds = train_args.get("num_boost_round", _DEFAULT_ROUNDS)
    callbacks = [*train_args.get("callbacks", []), SaveCheckpoints(Path(checkpoint_dir), done)]
    return xgboost.train(**{**train_args, "num_boost_round": rounds - done, "callbacks": callbacks, "xgb_model": model})
