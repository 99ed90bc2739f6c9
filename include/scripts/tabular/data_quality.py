"""What later data is compared with: the features' values in a training's data, in Model Monitor's published shapes.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-statistics.html
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-constraints.html
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tabular import tally
from tabular.columns import Category, Feature, Number
from tabular.reading import parallel
from tabular.table import MISSING, Table
from tabular.weighted import Distribution, Numbers, Values, Weighted

WAITING = 1 << 19
"""Rows that wait to be counted: as many as to make it worth while to sort them, in little memory."""
BUCKETS = 10
SKETCH = {"c": 0.64, "k": 2048.0}
"""Parameters of the analyzer's own sketches, which say how many values of a distribution are kept."""
MONITORING = {
    "evaluate_constraints": "Enabled",
    "emit_metrics": "Enabled",
    "datatype_check_threshold": 1.0,
    "domain_content_threshold": 1.0,
    "distribution_constraints": {
        "perform_comparison": "Enabled",
        "comparison_threshold": 0.1,
        "comparison_method": "Simple",
        "categorical_comparison_threshold": 0.1,
        "categorical_drift_method": "LInfinity",
    },
}
"""The analyzer's own settings but for the method, which a monitor may overrule: `monitoring` measures the plain largest
difference, not the analyzer's 'Robust' one."""


class Profile:
    """The values of each feature in the rows seen so far: in bounded memory, if it is told by feature at what values it
    has to be exact, its ``anchors``."""

    def __init__(self, features: Sequence[Feature], anchors: Mapping[str, Values] | None = None) -> None:
        self.features = features
        self._rows = self._waiting = 0
        self._numbers = {
            each.name: Distribution(None if anchors is None else anchors.get(each.name, np.empty(0, np.float32)))
            for each in features
            if isinstance(each, Number)
        }
        self._texts: dict[str, Counter[str]] = {each.name: Counter() for each in features if isinstance(each, Category)}

    def add(self, table: Table) -> None:
        """Take more rows in."""
        self._rows += table.rows
        self._waiting += table.rows
        for name, seen in self._numbers.items():
            values = table.numbers[name].astype(np.float32)
            seen.add(values[~np.isnan(values)])
        for feature in self.features:
            if isinstance(feature, Category):
                codes = table.codes[feature.name]
                counted = np.bincount(codes[codes > MISSING], minlength=len(feature.values)).tolist()
                self._texts[feature.name].update(dict(zip(feature.values, counted, strict=True)))
                tally.add(self._texts[feature.name], Counter(table.unknown[feature.name].values()))
        if self._waiting >= WAITING:
            self._count()

    def values(self) -> dict[str, Weighted | dict[str, int]]:
        """By feature the values of a number, or how often there is each of a category's."""
        self._count()
        return {
            each.name: self._counts(each.name) if each.name in self._texts else self._numbers[each.name].weighted()
            for each in self.features
        }

    def documents(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """``statistics.json`` and ``constraints.json``."""
        values = self.values()
        described = [self._described(feature, values[feature.name]) for feature in self.features]
        statistics = {
            "version": 0.0,
            "dataset": {"item_count": self._rows},
            "features": [each for each, _ in described],
        }
        constraints = {"version": 0.0, "features": [each for _, each in described], "monitoring_config": MONITORING}
        return statistics, constraints

    def _counts(self, name: str) -> dict[str, int]:
        return {text: count for text, count in self._texts[name].items() if count}

    def _count(self) -> None:
        """NumPy holds no lock while it sorts."""
        self._waiting = 0
        for _ in parallel(seen.weighted for seen in self._numbers.values()):
            pass

    def _described(self, feature: Feature, values: Weighted | dict[str, int]) -> tuple[dict[str, Any], dict[str, Any]]:
        found: dict[str, Any]
        limits: dict[str, Any]
        if isinstance(values, dict):
            present, kind = sum(values.values()), "String"
            found = {"string_statistics": {"common": self._common(present), **_of_texts(values)}}
            limits = {"string_constraints": {"domains": sorted(values)}}
        else:
            whole = isinstance(feature, Number) and feature.whole
            present, kind = int(values.size), "Integral" if whole else "Fractional"
            found = {"numerical_statistics": {"common": self._common(present), **_of_numbers(values)}}
            limits = {"num_constraints": {"is_non_negative": not (values.values < 0).any()}}
        named = {"name": feature.name, "inferred_type": kind}
        completeness = present / self._rows if self._rows else 0.0
        return {**named, **found}, {**named, "completeness": completeness, **limits}

    def _common(self, present: int) -> dict[str, int]:
        return {"num_present": present, "num_missing": self._rows - present}


def _of_texts(counts: dict[str, int]) -> dict[str, Any]:
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    buckets = [{"value": text, "count": count} for text, count in ordered]
    return {"distinct_count": float(len(counts)), "distribution": {"categorical": {"buckets": buckets}}}


def _of_numbers(found: Weighted) -> dict[str, Any]:
    """Nothing is known of a column without a value."""
    if not found.size:
        return {}
    exact, weights = found.values.astype(np.float64), found.weights
    edges = _edges(float(exact[0]), float(exact[-1]))
    inner = np.searchsorted(exact, edges[1:-1], side="left")  # a bucket begins with its lower bound
    before = np.concatenate([[0.0], np.cumsum(weights)])
    counts = np.diff(before[np.concatenate([[0], inner, [-1]])])
    buckets = [
        {"lower_bound": low, "upper_bound": high, "count": count}
        for low, high, count in zip(edges[:-1].tolist(), edges[1:].tolist(), counts.tolist(), strict=True)
    ]
    mean = float(np.average(exact, weights=weights))
    return {
        "mean": mean,
        "sum": float(exact @ weights),
        "std_dev": float(np.sqrt(np.average((exact - mean) ** 2, weights=weights))),
        "min": float(exact[0]),
        "max": float(exact[-1]),
        "distribution": {"kll": {"buckets": buckets, "sketch": {"parameters": SKETCH, "data": sketch(found)}}},
    }


def _edges(low: float, high: float) -> Numbers:
    """Of `BUCKETS` of one width; around a single value, however large it is, they are as wide as to differ."""
    margin = 0.0 if low < high else max(0.5, BUCKETS * float(np.spacing(abs(low))))
    edges: Numbers = np.linspace(low - margin, high + margin, BUCKETS + 1)
    return edges


def sketch(found: Weighted) -> list[list[float]]:
    """Values that stand for all of ``found``: each of the i-th list for 2 to the i of them, in whose middle it lies."""
    top, end = 0, int(found.size)
    while end >> top > SKETCH["k"]:
        top += 1
    levels: list[list[float]] = []
    for level in range(top):  # what the weight of the highest level leaves over
        weight = 1 << level
        left_over = end & weight
        levels.append(found.at([end - weight + weight // 2]).tolist() if left_over else [])
        end -= left_over
    step = 1 << top
    levels.append(found.at(np.arange(step // 2, end, step)).tolist())
    return levels
