"""The versions that a model is made and proven with. Those that serve it must be the same, see docs/serving.md."""

import platform

import numpy as np
import onnx
import onnxruntime
import xgboost

from common.errors import UserError
from tabular.artifact import Artifact

SHARED = ("numpy", "onnxruntime")
"""what the inference image holds, too: no release is published whose images disagree in them"""


def versions() -> dict[str, str]:
    """By name, those of this image."""
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "xgboost": xgboost.__version__,
        "onnx": onnx.__version__,
        "onnxruntime": onnxruntime.__version__,
    }


def check(saved: Artifact) -> None:
    """Raises UserError for a model that this release's images could not serve: it was proven with other versions."""
    here, there = versions(), saved.facts.get("libraries", {})
    for name in SHARED:
        if there.get(name) != here[name]:
            told = f"proven with {name} {there.get(name, 'of no known version')}, this release serves with {here[name]}"
            raise UserError(f"{saved.place}: the model was {told}; train it again")
