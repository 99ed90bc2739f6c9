"""Trials: models that learned from different rows, compared on rows that none of them has seen.

They show how much two models of one recipe differ by the luck of their rows, and what differences a number of test rows
lets be told from that: what the gate's minimum gain has to be, and what it can find.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from common import hyperparameters
from common.errors import UserError
from tabular import algorithms, evaluation, metrics, reading
from tabular.algorithms import Model, Task
from tabular.cluster import Cluster
from tabular.columns import Number
from tabular.evaluation import Document
from tabular.examples import Examples
from tabular.metrics import Vector
from tabular.metrics.bootstrap import MIN_ROWS, RESAMPLES, Estimate, estimate
from tabular.preprocessing import Encoding, Features, Preprocessing
from tabular.use_case import CHAMPION, UseCase

CONFIDENCE = 0.9

Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Rows:
    """Encoded features, NaN where a number is missing, and targets."""

    features: Features
    target: npt.NDArray[np.float64]

    @classmethod
    def read(cls, use_case: UseCase, data: Path) -> "Rows":
        """All rows of a CSV file or a folder of them. Raises UserError as `reading.read_good`."""
        encoding, target = Encoding(use_case.schema.features), use_case.schema.target.name
        tables = [block.table for block in reading.read_good(data, use_case.schema.columns)]
        features = np.concatenate([encoding.encode(table) for table in tables])
        return cls(features, np.concatenate([table.numbers[target] for table in tables]))

    def __len__(self) -> int:
        return len(self.target)

    def take(self, places: Places) -> "Rows":
        """Some of the rows."""
        return Rows(self.features[places], self.target[places])


@dataclass(frozen=True)
class Trained:
    """A model with the preprocessing that was fitted to the same rows."""

    preprocessing: Preprocessing
    model: Model

    def predict(self, rows: Rows) -> Vector:
        """The target of each row, or the probability of its positive label."""
        return self.model.predict(self.preprocessing.filled(rows.features.copy()))


def train(use_case: UseCase, candidate: str, rows: Rows, settings: Mapping[str, object]) -> Trained:
    """A candidate of the use case, as its training step would make it of these rows. Raises UserError."""
    declared = use_case.candidates[candidate]
    algorithm, encoding = algorithms.find(declared.algorithm), Encoding(use_case.schema.features)
    names = [column.name for column in use_case.schema.features if isinstance(column, Number)]
    fitted = Preprocessing.fit(encoding, ((name, rows.features[:, encoding.names.index(name)]) for name in names))
    examples = Examples(fitted.filled(rows.features.copy()), rows.target.astype(np.float32))
    parsed = hyperparameters.parse({**declared.hyperparameters, **settings}, algorithm.hyperparameters)
    task = Task(use_case.classifies, fitted, examples, examples, parsed, Cluster(), tell=lambda line: None)
    return Trained(fitted, algorithm.fit(task))


def report(use_case: UseCase, rows: Rows, candidates: Mapping[str, Trained], champion: Trained) -> Document:
    """The evaluation's document on these models, as the gate gets it."""
    predictions = {name: model.predict(rows) for name, model in {**candidates, CHAMPION: champion}.items()}
    return evaluation.document(use_case, rows.target, {}, predictions, None)


def difference(use_case: UseCase, rows: Rows, one: Trained, other: Trained, metric: str) -> Estimate:
    """How the metric of ``one`` differs from that of ``other``."""
    scoring = metrics.scoring(use_case)
    scores = {name: scoring(rows.target, model.predict(rows)) for name, model in (("one", one), ("other", other))}
    estimates = estimate(scores, len(rows))
    return estimates["one"][metric].minus(estimates["other"][metric])


def deal(rows: int, shares: Sequence[float], seed: int) -> list[Places]:
    """So many shares of the rows, at random and without overlap."""
    shuffled = np.random.default_rng(seed).permutation(rows)
    ends = np.cumsum([round(share * rows) for share in shares])
    return list(np.split(shuffled, ends)[: len(shares)])


@dataclass(frozen=True)
class Noise:
    """How much models of one recipe differ, as standard deviations: in truth by the luck of their ``training`` rows, at
    most ``training_bound`` with the confidence `CONFIDENCE`; and by how much the ``test`` rows blur that."""

    training: float
    training_bound: float
    test: float

    @classmethod
    def of(cls, pairs: Sequence[Estimate]) -> "Noise":
        """From the differences between pairs of models, each pair on test rows of its own. Raises UserError where those
        were too few to say how sure the differences are."""
        if any(np.isnan(pair.standard_deviation) for pair in pairs):
            raise UserError(f"fewer than {MIN_ROWS} test rows blur too much to measure anything; supply more rows")
        values = np.array([pair.value**2 for pair in pairs])  # the mean difference is 0, for a pair has no order
        blur = np.array([pair.standard_deviation**2 for pair in pairs])
        drawn = np.random.default_rng(0).integers(len(pairs), size=(RESAMPLES, len(pairs)))
        resampled = (values - blur)[drawn].mean(axis=1)
        bound = float(np.quantile(resampled, CONFIDENCE))
        return cls(_root(float((values - blur).mean())), _root(bound), _root(float(blur.mean())))


def _root(variance: float) -> float:
    return float(np.sqrt(max(0.0, variance)))
