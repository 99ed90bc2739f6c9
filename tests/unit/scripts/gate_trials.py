"""Whole nights in miniature: draw rows, train champion and candidate, evaluate, let the gate decide."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

import numpy as np

from common import report
from mlops_sagemaker import gates
from mlops_sagemaker.gates import Policy
from mlops_sagemaker.rules import Beats, MinRows
from tabular import trials
from tabular.columns import Label, Number
from tabular.trials import Rows
from tabular.use_case import Candidate, Schema, UseCase

ALPHA = 0.05
COLUMNS = tuple(Number(f"x{place}") for place in range(4))
Draw = Callable[[np.random.Generator, int], Rows]


def use_case(classifies: bool) -> UseCase:
    """A use case of four numbers."""
    target = Label("y", "no", "yes") if classifies else Number("y", required=True)
    small = {"num_round": 40, "max_depth": 3, "eta": 0.1, "subsample": 0.8}
    candidates = {
        "xgboost": Candidate("tabular.algorithms.gradient_boosting", small),
        "linear": Candidate("tabular.algorithms.linear"),
    }
    return UseCase("trial", Schema(COLUMNS, target), candidates, baseline="linear")


def numbers(random: np.random.Generator, rows: int) -> Rows:
    """A curved target with skewed errors of unequal size, as counts and prices have them."""
    features = random.normal(size=(rows, 4)).astype(np.float32)
    signal = features @ [1.0, -0.7, 0.4, 0.0] + 0.5 * features[:, 0] ** 2
    noise = (random.gamma(2, 1, rows) - 2) * np.exp(0.3 * features[:, 1])
    return Rows(features, signal + noise)


def labels(random: np.random.Generator, rows: int) -> Rows:
    """A label of which three in ten are positive, with curved log-odds."""
    features = random.normal(size=(rows, 4)).astype(np.float32)
    odds = features @ [1.2, -0.8, 0.4, 0.0] + 0.3 * features[:, 0] ** 2 - 1.4
    return Rows(features, (random.random(rows) < 1 / (1 + np.exp(-odds))).astype(float))


def promoted(
    classifies: bool,
    candidate: str,
    min_gain: float,
    seed: int,
    train_rows: tuple[int, int] = (400, 400),
    test_rows: int = 300,
) -> bool:
    """Whether the gate promotes a candidate over a champion of the same recipe, each of its own ``train_rows`` (the
    champion's come first), on fresh rows."""
    case, draw = use_case(classifies), labels if classifies else numbers
    random = np.random.default_rng(seed)
    champion, challenger = (trials.train(case, candidate, draw(random, rows), {}) for rows in train_rows)
    document = trials.report(case, draw(random, test_rows), {"challenger": challenger}, champion)
    metric = "auc" if classifies else "mse"
    rule = Beats(rival="champion", metric=metric, min_gain=min_gain, alpha=ALPHA)
    read = json.loads(report.encode(document))
    return gates.decide(read, Policy(metric, (MinRows(rows=100), rule)), champion=True).passed


def chance_of_so_many(promotions: int, comparisons: int) -> float:
    """By the binomial distribution, the probability of at least so many promotions if each has the chance `ALPHA`."""
    return math.fsum(
        math.comb(comparisons, number) * ALPHA**number * (1 - ALPHA) ** (comparisons - number)
        for number in range(promotions, comparisons + 1)
    )
