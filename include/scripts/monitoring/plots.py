"""What the page draws of a window, small enough for a JSON file however many rows there are."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from monitoring import drift
from monitoring.baseline import Reference
from tabular.weighted import Numbers, Weighted

BARS = 20
CATEGORIES = 12


def distributions(
    found: Mapping[str, Weighted | dict[str, int]], references: Mapping[str, Reference]
) -> dict[str, dict[str, Any]]:
    """By feature the shares of the ``baseline`` and of the ``window``: between ``edges``, or by the most frequent
    ``categories``."""
    drawn = {}
    for name, values in found.items():
        reference = references.get(name)
        if isinstance(reference, Weighted) and isinstance(values, Weighted):
            drawn[name] = _numbers(values, reference)
        elif isinstance(reference, dict) and isinstance(values, dict):
            drawn[name] = _categories(values, reference)
    return drawn


def _numbers(values: Weighted, reference: Weighted) -> dict[str, Any]:
    """Between the ends that hold all but a hundredth of each; what lies beyond counts with the outermost bars."""
    ends = [each.at(each.size * share) for each in (reference, values) if each.size for share in (0.005, 0.995)]
    low, high = float(min(ends)), float(max(ends))
    edges = np.linspace(low, high if high > low else low + 1, BARS + 1)
    shown = {"baseline": reference, "window": values}
    return {"edges": edges.tolist()} | {name: _bars(each, edges) for name, each in shown.items()}


def _bars(found: Weighted, edges: Numbers) -> list[float]:
    inner = found.below(edges[1:-1])
    counts = np.diff(np.concatenate([[0.0], inner, [found.size]]))
    return list((counts / max(found.size, 1)).tolist())


def _categories(values: Mapping[str, float], reference: Mapping[str, float]) -> dict[str, Any]:
    counts, others = drift.shares(values, reference)
    names = sorted({*values, *reference})
    order = np.argsort(-(counts / max(counts.sum(), 1) + others / others.sum()), kind="stable")[:CATEGORIES]
    return {
        "categories": [names[place] for place in order.tolist()],
        "baseline": (others / others.sum())[order].tolist(),
        "window": (counts / max(counts.sum(), 1))[order].tolist(),
    }
