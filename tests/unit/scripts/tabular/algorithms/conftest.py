from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from common import hyperparameters
from tabular.algorithms import Algorithm, Task
from tabular.cluster import Cluster
from tabular.columns import Number
from tabular.examples import Examples
from tabular.preprocessing import Encoding, Preprocessing

MakeTask = Callable[..., Task]


@pytest.fixture
def make_task() -> MakeTask:
    """Makes the task to learn a target from numbers."""

    def make(algorithm: Algorithm, features: Any, target: Any, classifies: bool = False, **settings: object) -> Task:
        columns = tuple(Number(f"x{place}") for place in range(np.shape(features)[1]))
        values = np.asarray(features, dtype=np.float32)
        fitted = Preprocessing.fit(Encoding(columns), ((c.name, values[:, i]) for i, c in enumerate(columns)))
        examples = Examples(values, np.asarray(target, dtype=np.float32))
        parsed = hyperparameters.parse(settings, algorithm.hyperparameters)
        return Task(classifies, fitted, examples, examples, parsed, Cluster(), lambda line: None)

    return make
