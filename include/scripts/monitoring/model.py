"""The quality of a model's answers, from what came true afterwards; groups of rows beside each other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from monitoring import labels, traffic
from monitoring.analysis import Analysis, status
from monitoring.baseline import Baseline
from monitoring.labels import Hours, Labels
from monitoring.limits import Limits
from monitoring.traffic import Traffic
from monitoring.window import Window
from tabular import groups, metrics
from tabular.columns import PREDICTION
from tabular.evaluation import Evaluation
from tabular.groups import Groups
from tabular.metrics import Vector
from tabular.use_case import Bins, UseCase

JUDGED = 20_000
"""Rows that are judged at most, the same ones at each try: intervals are resampled, and more rows tell little more."""
MODEL = "model"
GREATER = "GreaterThanThreshold"

Document = dict[str, Any]


@dataclass(frozen=True)
class Judged:
    """Rows whose answer and truth are known."""

    target: Vector
    predicted: Vector
    groups: Groups
    late: npt.NDArray[np.timedelta64]
    """how many hours passed until the truth was known; NaT where its file does not tell"""


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
    found = traffic.read(capture, use_case.schema, window)
    known = labels.read(truth, use_case.schema.target)
    judged, matched, labelled = _joined(_of_features(use_case), found, known)
    section = metrics.section(use_case)
    enough = matched >= limits.min_rows
    measured: Document = {section: {}, "intervals": {}, "slices": {}}
    if enough:
        evaluation = Evaluation(use_case, judged.target, judged.groups, {MODEL: judged.predicted})
        measured = evaluation.model(MODEL)
    violations = [*_worse(measured, section, quality), *_disparities(use_case, measured, section, limits)]
    told = _told(found.rows, known, judged, matched, labelled)
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


def _joined(use_case: UseCase, found: Traffic, known: Labels) -> tuple[Judged, int, int]:
    """The rows with an answer and a truth, and how many there are, of which no more than `JUDGED` are taken; and of how
    many rows, whatever their answers, the truth is known."""
    if not found.parts:
        return Judged(np.empty(0), np.empty(0), {}, np.empty(0, "timedelta64[h]")), 0, 0
    identities = np.concatenate([part.identities for part in found.parts])
    predicted = np.concatenate([part.table.numbers[PREDICTION.name] for part in found.parts])
    times = _hours(np.concatenate([part.times for part in found.parts]))
    target, hours = known.of(identities)
    divided = [groups.of(use_case, part.table) for part in found.parts]
    labelled = ~np.isnan(target)
    (rows,) = np.nonzero(labelled & ~np.isnan(predicted))
    chosen = np.sort(rows[np.argsort(identities[rows], kind="stable")[:JUDGED]])
    named = {
        by: {name: np.concatenate([each[by][name] for each in divided])[chosen] for name in first}
        for by, first in divided[0].items()
    }
    judged = Judged(target[chosen], predicted[chosen], named, (hours - times)[chosen])
    return judged, len(rows), int(np.count_nonzero(labelled))


def _hours(times: npt.NDArray[np.bytes_]) -> Hours:
    """The hours of the records; NaT for a time that is none."""
    named, places = np.unique(times.astype("S13"), return_inverse=True)
    return np.array([_hour(text.decode()) for text in named.tolist()], dtype="datetime64[h]")[places]


def _hour(text: str) -> np.datetime64:
    try:
        return np.datetime64(text, "h")
    except ValueError:
        return np.datetime64("NaT", "h")


def _status(matched: int, rows: int, violations: Sequence[Document], limits: Limits) -> dict[str, str]:
    found = status(matched, violations, limits)
    if matched >= limits.min_rows:
        return found
    told = f"{matched} of {rows} rows have a label and a prediction; fewer than {limits.min_rows} decide nothing"
    return {**found, "reason": told}


def _told(rows: int, known: Labels, judged: Judged, matched: int, labelled: int) -> Document:
    """What is said of the labels; those without a row may be of another window. ``matched`` are those of rows whose
    answer is a number, too."""
    hours = judged.late[~np.isnat(judged.late)].astype(np.int64)
    return {
        **{kind: known.counts[kind] for kind in labels.KINDS},
        "matched": matched,
        "coverage": labelled / rows if rows else 0.0,
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
