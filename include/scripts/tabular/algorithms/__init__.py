"""Kinds of models, one module each with an `Algorithm` named ``ALGORITHM``. A use case may bring its own.

What makes a model is whatever ``fit`` does; what it becomes are files that hold data and are read without running
anything of them.
"""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from common.errors import UserError
from common.hyperparameters import Row, Setting
from tabular.artifact import Artifact
from tabular.cluster import Cluster
from tabular.examples import Examples
from tabular.preprocessing import Features, Preprocessing

BUILT_IN = f"{__name__}."

Vector = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Task:
    """What a model is fitted to. Of several instances each has its share of ``train`` and all of ``validation``. Lines
    of metrics that show progress go to ``tell``."""

    classifies: bool
    preprocessing: Preprocessing
    train: Examples
    validation: Examples
    settings: dict[str, Setting]
    cluster: Cluster
    tell: Callable[[str], None]


class Model(Protocol):
    """What has learned."""

    def predict(self, features: Features) -> Vector:
        """One finite number per row: the target, or the probability of the positive label."""

    def files(self) -> dict[str, bytes]:
        """All of it, as files."""


@dataclass(frozen=True)
class Algorithm:
    """``fit`` makes a model; ``load`` reads its files again and raises UserError if it cannot. Both are
    deterministic: the same rows and settings give the same bytes."""

    hyperparameters: Sequence[Row]
    fit: Callable[[Task], Model]
    load: Callable[[Artifact, Preprocessing], Model]


def find(module: str) -> Algorithm:
    """The algorithm in the module of that name. Raises UserError if there is none."""
    try:
        found = importlib.import_module(module).ALGORITHM
    except (ImportError, AttributeError) as error:
        raise UserError(f"{module} is no algorithm ({error}); name a module that holds ALGORITHM") from None
    if not isinstance(found, Algorithm):
        raise UserError(f"{module}.ALGORITHM is a {type(found).__name__}, not an Algorithm; correct the module")
    return found
