"""Where things lie in a container: below /opt/ml, or below ``SAGEMAKER_BASE_DIR`` where that is set."""

from __future__ import annotations

import os
from pathlib import Path

OPT_ML = "/opt/ml"


def base() -> Path:
    """What stands for /opt/ml."""
    return Path(os.environ.get("SAGEMAKER_BASE_DIR", OPT_ML))


def place(path: str) -> Path:
    """Where *path*, written down as below /opt/ml, really lies."""
    inside = Path(path)
    return base() / inside.relative_to(OPT_ML) if inside.is_relative_to(OPT_ML) else inside


def code() -> Path:
    return base() / "code"


def model() -> Path:
    return base() / "model"


def input_config() -> Path:
    return base() / "input" / "config"


def channel(name: str) -> Path:
    return base() / "input" / "data" / name


def output() -> Path:
    return base() / "output"


def intermediate() -> Path:
    return output() / "intermediate"
