"""What later data is compared with: the features' values in a training's data, in Model Monitor's published shapes.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-statistics.html
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-constraints.html
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.columns import Category, Feature, Number
from tabular.table import MISSING, Table

Values = npt.NDArray[np.float32]

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
    """The values of each feature in the rows seen so far."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self.features = features
        self._rows = 0
        self._ordered: set[str] = set()
        self._numbers: dict[str, list[Values]] = {each.name: [] for each in features if isinstance(each, Number)}
        self._texts: dict[str, Counter[str]] = {each.name: Counter() for each in features if isinstance(each, Category)}

    def add(self, table: Table) -> None:
        """Take more rows in."""
        self._rows += table.rows
        self._ordered.clear()
        for name, seen in self._numbers.items():
            values = table.numbers[name]
            seen.append(values[~np.isnan(values)].astype(np.float32))
        for feature in self.features:
            if isinstance(feature, Category):
                codes = table.codes[feature.name]
                counted = np.bincount(codes[codes > MISSING], minlength=len(feature.values)).tolist()
                self._texts[feature.name].update(dict(zip(feature.values, counted, strict=True)))
                self._texts[feature.name].update(table.unknown[feature.name].values())

    def values(self, name: str) -> Values | dict[str, int]:
        """A number's values, ascending, or how often there is each of a category's."""
        return self._counts(name) if name in self._texts else self._values(name)

    def documents(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """``statistics.json`` and ``constraints.json``."""
        described = [self._described(feature) for feature in self.features]
        statistics = {
            "version": 0.0,
            "dataset": {"item_count": self._rows},
            "features": [each for each, _ in described],
        }
        constraints = {"version": 0.0, "features": [each for _, each in described], "monitoring_config": MONITORING}
        return statistics, constraints

    def _counts(self, name: str) -> dict[str, int]:
        return {text: count for text, count in self._texts[name].items() if count}

    def _values(self, name: str) -> Values:
        if name not in self._ordered:
            ordered = np.concatenate([np.empty(0, np.float32), *self._numbers[name]])
            ordered.sort()
            self._numbers[name] = [ordered]
            self._ordered.add(name)
        return self._numbers[name][0]

    def _described(self, feature: Feature) -> tuple[dict[str, Any], dict[str, Any]]:
        found: dict[str, Any]
        limits: dict[str, Any]
        if isinstance(feature, Category):
            counts = self._counts(feature.name)
            present, kind = sum(counts.values()), "String"
            found = {"string_statistics": {"common": self._common(present), **_of_texts(counts)}}
            limits = {"string_constraints": {"domains": sorted(counts)}}
        else:
            values = self._values(feature.name)
            present, kind = len(values), "Integral" if feature.whole else "Fractional"
            found = {"numerical_statistics": {"common": self._common(present), **_of_numbers(values)}}
            limits = {"num_constraints": {"is_non_negative": not (values < 0).any()}}
        named = {"name": feature.name, "inferred_type": kind}
        completeness = present / self._rows if self._rows else 0.0
        return {**named, **found}, {**named, "completeness": completeness, **limits}

    def _common(self, present: int) -> dict[str, int]:
        return {"num_present": present, "num_missing": self._rows - present}


def _of_texts(counts: dict[str, int]) -> dict[str, Any]:
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    buckets = [{"value": text, "count": count} for text, count in ordered]
    return {"distinct_count": float(len(counts)), "distribution": {"categorical": {"buckets": buckets}}}


def _of_numbers(ordered: Values) -> dict[str, Any]:
    """Nothing is known of a column without a value."""
    if not len(ordered):
        return {}
    exact = ordered.astype(np.float64)
    edges = np.histogram_bin_edges(exact[[0, -1]], BUCKETS)
    inner = np.searchsorted(exact, edges[1:-1], side="left")  # a bucket begins with its lower bound
    counts = np.diff(np.concatenate([[0], inner, [len(exact)]]))
    buckets = [
        {"lower_bound": low, "upper_bound": high, "count": float(count)}
        for low, high, count in zip(edges[:-1].tolist(), edges[1:].tolist(), counts.tolist(), strict=True)
    ]
    return {
        "mean": float(exact.mean()),
        "sum": float(exact.sum()),
        "std_dev": float(exact.std()),
        "min": float(exact[0]),
        "max": float(exact[-1]),
        "distribution": {"kll": {"buckets": buckets, "sketch": {"parameters": SKETCH, "data": sketch(ordered)}}},
    }


def sketch(ordered: Values) -> list[list[float]]:
    """Values that stand for all of the ascending ``ordered``: each of the i-th list for 2 to the i of them, in whose
    middle it lies."""
    top = 0
    while len(ordered) >> top > SKETCH["k"]:
        top += 1
    levels: list[list[float]] = []
    end = len(ordered)
    for level in range(top):  # what the weight of the highest level leaves over
        weight = 1 << level
        left_over = end & weight
        levels.append([float(ordered[end - weight + weight // 2])] if left_over else [])
        end -= left_over
    step = 1 << top
    levels.append(ordered[step // 2 : end : step].astype(np.float64).tolist())
    return levels
