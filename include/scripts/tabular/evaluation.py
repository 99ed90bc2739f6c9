"""Several models on the same rows: their metrics, the metrics of groups of rows, and how the models differ.

The document::

    {"version": 2, "use_case", "problem_type", "rows", "fresh": null or {"from", "rows"},
     "bootstrap": {"resamples", "seed", "level"},
     "candidates": {name: MODEL and "comparisons": {"baseline": COMPARED or null, "champion": the same}},
     "baseline": null or MODEL and "name", "champion": {"state": "none"} or MODEL and "state": "scored"}

MODEL holds the metrics in the shape of SageMaker's model quality reports (``regression_metrics`` or
``binary_classification_metrics``), their ``intervals`` and, by slice and group, ``slices`` with ``rows`` and the same
two members. COMPARED holds ``metrics``, and ``slices`` by slice and group: by metric the ``difference`` candidate minus
other, its ``standard_deviation`` and its ``interval``. A value of null is not defined on those rows; a standard
deviation of "NaN", or an interval of null, was not computed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tabular import metrics
from tabular.groups import FRESH, FRESHNESS, Groups
from tabular.metrics import Scores, Vector
from tabular.metrics.bootstrap import LEVEL, RESAMPLES, SEED, Estimate, estimate
from tabular.table import Mask
from tabular.use_case import BASELINE, CHAMPION, UseCase

VERSION = 2

Estimates = Mapping[str, Estimate]
Document = dict[str, Any]


def document(
    use_case: UseCase, target: Vector, groups: Groups, predictions: Mapping[str, Vector], fresh_from: str | None
) -> Document:
    """The document on the models in ``predictions``, one of which may be named `CHAMPION` and one as the use case's
    baseline. With ``fresh_from`` one of the ``groups`` is `FRESHNESS`.

    Raises UserError for predictions that are not finite.
    """
    judged = Evaluation(use_case, target, groups, predictions)
    rivals = {BASELINE: use_case.baseline, CHAMPION: CHAMPION}

    def candidate(name: str) -> Document:
        against = {
            role: judged.comparison(name, rival) if rival in predictions else None for role, rival in rivals.items()
        }
        return {**judged.model(name), "comparisons": against}

    fresh = groups[FRESHNESS][FRESH] if fresh_from else None
    baseline = use_case.baseline
    return {
        "version": VERSION,
        "use_case": use_case.name,
        "problem_type": "BinaryClassification" if use_case.classifies else "Regression",
        "rows": len(target),
        "fresh": None if fresh is None else {"from": fresh_from, "rows": int(np.count_nonzero(fresh))},
        "bootstrap": {"resamples": RESAMPLES, "seed": SEED, "level": LEVEL},
        "candidates": {name: candidate(name) for name in predictions if name not in rivals.values()},
        BASELINE: {"name": baseline, **judged.model(baseline)} if baseline in predictions else None,
        CHAMPION: {"state": "scored", **judged.model(CHAMPION)} if CHAMPION in predictions else {"state": "none"},
    }


@dataclass(frozen=True)
class _Judged:
    """The models' scores and estimates on some rows."""

    rows: int
    scores: Mapping[str, Scores]
    estimates: Mapping[str, Estimates]


class Evaluation:
    """Metrics of each of ``predictions`` against ``target``, on all rows and on each of ``groups``.

    Raises UserError for predictions that are not finite.
    """

    def __init__(self, use_case: UseCase, target: Vector, groups: Groups, predictions: Mapping[str, Vector]) -> None:
        self._section, self._scoring = metrics.section(use_case), metrics.scoring(use_case)
        self._all = self._judge(target, predictions)
        self._slices = {
            by: {group: self._judge(target, predictions, rows) for group, rows in named.items()}
            for by, named in groups.items()
        }

    def model(self, name: str) -> Document:
        """MODEL of the evaluation's document."""
        slices = {
            by: {group: {"rows": found.rows, **self._measured(found, name)} for group, found in named.items()}
            for by, named in self._slices.items()
        }
        measured = self._measured(self._all, name)
        measured[self._section] |= self._all.scores[name].facts()
        return {**measured, "slices": slices}

    def comparison(self, name: str, other: str) -> Document:
        """COMPARED of the evaluation's document."""
        slices = {
            by: {group: _differences(found, name, other) for group, found in named.items()}
            for by, named in self._slices.items()
        }
        return {"metrics": _differences(self._all, name, other), "slices": slices}

    def _judge(self, target: Vector, predictions: Mapping[str, Vector], chosen: Mask | None = None) -> _Judged:
        rows = np.ones(len(target), dtype=np.bool_) if chosen is None else chosen
        own = target[rows]
        if not len(own):
            return _Judged(0, {}, {name: {} for name in predictions})
        scores = {name: self._scoring(own, predicted[rows]) for name, predicted in predictions.items()}
        return _Judged(len(own), scores, estimate(scores, len(own)))

    def _measured(self, found: _Judged, name: str) -> Document:
        estimates = found.estimates[name]
        return {
            self._section: {metric: _measure(each) for metric, each in estimates.items()},
            "intervals": {metric: each.interval for metric, each in estimates.items()},
        }


def _measure(found: Estimate) -> Document:
    """A metric as SageMaker's reports have it."""
    return {"value": _or(found.value, None), "standard_deviation": _or(found.standard_deviation, "NaN")}


def _differences(found: _Judged, name: str, other: str) -> Document:
    pairs = {metric: (each, found.estimates[other][metric]) for metric, each in found.estimates[name].items()}
    differences = {metric: one.minus(two) for metric, (one, two) in pairs.items()}
    return {
        metric: {
            "difference": _or(each.value, None),
            "standard_deviation": _or(each.standard_deviation, "NaN"),
            "interval": each.interval,
        }
        for metric, each in differences.items()
    }


def _or(value: float, missing: str | None) -> float | str | None:
    return missing if np.isnan(value) else value
