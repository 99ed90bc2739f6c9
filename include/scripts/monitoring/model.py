"""The quality of a model's answers, from what came true afterwards; groups of rows beside each other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from monitoring import labels, traffic
from monitoring.analysis import Analysis, status
from monitoring.answers import NO_HOUR, Answered
from monitoring.baseline import Baseline
from monitoring.batches import Rows
from monitoring.labels import Labels
from monitoring.limits import Limits
from monitoring.window import Window
from tabular import metrics
from tabular.columns import PREDICTION
from tabular.evaluation import Evaluation
from tabular.groups import Groups
from tabular.hashing import Hashes
from tabular.metrics import Vector
from tabular.table import of_rows
from tabular.use_case import Bins, UseCase

JUDGED = 20_000
"""Rows that are judged at most, the same ones at each try: intervals are resampled, and more rows tell little more."""
MODEL = "model"
GREATER = "GreaterThanThreshold"

Document = dict[str, Any]


@dataclass(frozen=True)
class Judged:
    """Rows whose answer and truth are known: ``matched`` there are, of which these are judged; and how many rows are
    ``labelled``, whatever their answers."""

    identities: Hashes
    target: Vector
    predicted: Vector
    groups: Groups
    late: Vector
    """how many hours passed until the truth was known; NaN where its file does not tell"""
    matched: int
    labelled: int

    def take(self, chosen: npt.NDArray[np.int64]) -> "Judged":
        """The same of some of the rows."""
        named = {by: {name: mask[chosen] for name, mask in each.items()} for by, each in self.groups.items()}
        return replace(
            self,
            identities=self.identities[chosen],
            target=self.target[chosen],
            predicted=self.predicted[chosen],
            groups=named,
            late=self.late[chosen],
        )


def analyse(
    use_case: UseCase,
    window: Window,
    capture: Sequence[Path],
    truth: Sequence[Path],
    quality: Baseline,
    limits: Limits,
) -> Analysis:
    """Judge the answers in the files ``capture`` by the labels in the files ``truth``, and compare the metrics with
    those of ``quality``. Nothing in the files is fatal."""
    divided, answered = _of_features(use_case), list[Answered]()
    found = traffic.read(capture, use_case.schema, window, lambda rows: answered.append(Answered.of(divided, rows)))
    known = labels.read(truth, use_case.schema.target, _identities(answered))
    judged = reduce(_fewer, (_joined(each, known) for each in answered), _joined(_none(divided), known))
    section, matched = metrics.section(use_case), judged.matched
    enough = matched >= limits.min_rows
    measured: Document = {section: {}, "intervals": {}, "slices": {}}
    if enough:
        evaluation = Evaluation(use_case, judged.target, judged.groups, {MODEL: judged.predicted})
        measured = evaluation.model(MODEL)
    violations = [*_worse(measured, section, quality), *_disparities(use_case, measured, section, limits)]
    told = _told(found.rows, known, judged)
    result = {
        **_status(matched, found.rows, violations, limits),
        "use_case": use_case.name,
        "monitor": "model",
        "window": window.document(),
        "records": found.records(),
        "rows": matched,
        "violations": violations,
        "features": {},
        "labels": told,
        "quality": _beside(measured, section, quality),
        "slices": _slices(measured, section),
        "metrics": {
            "rows": float(matched),
            "violations": float(len(violations)),
            "label_coverage": told["coverage"],
            **{name: each["value"] for name, each in _values(measured, section).items() if each["value"] is not None},
        },
    }
    statistics = {"version": 0.0, "dataset": {"item_count": matched}, section: measured[section]}
    return Analysis(result, statistics, quality.constraints, {})


def _of_features(use_case: UseCase) -> UseCase:
    """With the slices that traffic can be divided into: attributes are not sent to an endpoint."""
    names = {feature.name for feature in use_case.schema.features}
    slices = tuple(by for by in use_case.slices if (by.column if isinstance(by, Bins) else by) in names)
    return replace(use_case, slices=slices)


def _identities(answered: Sequence[Answered]) -> Hashes:
    return np.concatenate([np.empty(0, np.uint64), *(each.identities for each in answered)])


def _none(use_case: UseCase) -> Answered:
    """No row at all, of no group."""
    empty = of_rows((*use_case.schema.features, PREDICTION), [])
    return Answered.of(use_case, Rows(empty, *(np.empty(0, kind) for kind in ("u8", "u8", "S20", "?"))))


def _joined(answered: Answered, known: Labels) -> Judged:
    """The rows with an answer and a truth."""
    target, hours = known.of(answered.identities)
    labelled = ~np.isnan(target)
    (rows,) = np.nonzero(labelled & ~np.isnan(answered.predicted))
    late = np.where((hours == NO_HOUR) | (answered.hours == NO_HOUR), np.nan, hours - answered.hours.astype(np.float64))
    found = Judged(
        answered.identities, target, answered.predicted, answered.groups, late, len(rows), int(labelled.sum())
    )
    return found.take(rows)


def _fewer(one: Judged, other: Judged) -> Judged:
    """Both together, but no more rows than `JUDGED`: those of the smallest identities."""
    both = Judged(
        np.concatenate([one.identities, other.identities]),
        np.concatenate([one.target, other.target]),
        np.concatenate([one.predicted, other.predicted]),
        {
            by: {name: np.concatenate([mask, other.groups[by][name]]) for name, mask in each.items()}
            for by, each in one.groups.items()
        },
        np.concatenate([one.late, other.late]),
        one.matched + other.matched,
        one.labelled + other.labelled,
    )
    return both.take(np.sort(np.argsort(both.identities, kind="stable")[:JUDGED]))


def _status(matched: int, rows: int, violations: Sequence[Document], limits: Limits) -> dict[str, str]:
    found = status(matched, violations, limits)
    if matched >= limits.min_rows:
        return found
    told = f"{matched} of {rows} rows have a label and a prediction; fewer than {limits.min_rows} decide nothing"
    return {**found, "reason": told}


def _told(rows: int, known: Labels, judged: Judged) -> Document:
    """What is said of the labels."""
    hours = judged.late[~np.isnan(judged.late)]
    return {
        **{kind: known.counts[kind] for kind in labels.KINDS},
        "matched": judged.matched,
        "coverage": judged.labelled / rows if rows else 0.0,
        "hours_late": {"median": float(np.median(hours)), "maximum": float(hours.max())} if len(hours) else None,
    }


def _values(measured: Document, section: str) -> dict[str, Document]:
    """The metrics that have an interval, of which there are no curves and no tables."""
    return {name: measured[section][name] for name in measured["intervals"]}


def _worse(measured: Document, section: str, quality: Baseline) -> Iterator[Document]:
    """Metrics of which the whole interval is beyond the threshold: Model Monitor's check, but for chance. Without an
    interval nothing is certain."""
    limits: Mapping[str, Document] = quality.constraints.get(section.replace("_metrics", "_constraints"), {})
    for name, found in _values(measured, section).items():
        if name not in limits or not measured["intervals"][name]:
            continue
        low, high = measured["intervals"][name]
        threshold, operator = float(limits[name]["threshold"]), limits[name]["comparison_operator"]
        if low > threshold if operator == GREATER else high < threshold:
            told = f"Metric {name} with {found['value']:.6g} ({low:.6g} to {high:.6g}) was {operator} '{threshold:.6g}'"
            yield {"constraint_check_type": operator, "description": told, "metric_name": name}


def _disparities(use_case: UseCase, measured: Document, section: str, limits: Limits) -> Iterator[Document]:
    """The two groups of each slice that differ most of those that differ by more than chance would have it, if by more
    than was declared. A small group at an extreme hides no others."""
    name = "predicted_positive_rate" if use_case.classifies else "mae"
    for by, named in measured["slices"].items():
        known = [
            (each[section][name]["value"], each["intervals"][name], group)
            for group, each in named.items()
            if each["rows"] >= limits.min_rows and each["intervals"][name]
        ]
        apart = [
            (most - least if use_case.classifies else 1 - least / most, least, low, most, high)
            for (least, below, low), (most, above, high) in permutations(known, 2)
            if below[1] < above[0]
        ]
        for disparity, least, low, most, high in sorted(apart)[-1:]:
            if disparity > limits.disparity:
                yield {
                    "facet": by,
                    "facet_value": high,
                    "metric_name": name,
                    "constraint_check_type": "bias_drift_check",
                    "description": f"Value {disparity:.4g} exceeds {limits.disparity:g}: "
                    f"{least:.4g} for {low!r}, {most:.4g} for {high!r}",
                }


def _beside(measured: Document, section: str, quality: Baseline) -> Document:
    """Each metric beside its value at registration."""
    registered = quality.statistics.get(section, {})
    return {
        name: {
            "value": found["value"],
            "interval": measured["intervals"][name],
            "baseline": registered.get(name, {}).get("value"),
        }
        for name, found in _values(measured, section).items()
    }


def _slices(measured: Document, section: str) -> Document:
    return {
        by: {
            group: {"rows": each["rows"], "metrics": {name: value["value"] for name, value in each[section].items()}}
            for group, each in named.items()
        }
        for by, named in measured["slices"].items()
    }
