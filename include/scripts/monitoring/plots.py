"""What the page draws of a window, small enough for a JSON file however many rows there are."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from monitoring import drift
from monitoring.baseline import Reference
from monitoring.statistics import Values, Weighted

BARS = 20
CATEGORIES = 12


def distributions(
    found: Mapping[str, Values | dict[str, int]], references: Mapping[str, Reference]
) -> dict[str, dict[str, Any]]:
    """By feature the shares of the ``baseline`` and of the ``window``: between ``edges``, or by the most frequent
    ``categories``."""
    drawn = {}
    for name, values in found.items():
        reference = references.get(name)
        if isinstance(reference, Weighted) and not isinstance(values, dict):
            drawn[name] = _numbers(values, reference)
        elif isinstance(reference, dict) and isinstance(values, dict):
            drawn[name] = _categories(values, reference)
    return drawn


def _numbers(ordered: Values, reference: Weighted) -> dict[str, Any]:
    """Between the ends that hold all but a hundredth of each; what lies beyond counts with the outermost bars."""
    known = [float(reference.values[np.searchsorted(reference.shares, share)]) for share in (0.005, 0.995)]
    new = ordered[[int(len(ordered) * share) for share in (0.005, 0.995)]].tolist() if len(ordered) else []
    low, high = min(known + new), max(known + new)
    edges = np.linspace(low, high if high > low else low + 1, BARS + 1)
    inside = np.searchsorted(ordered, edges[1:-1], side="left")
    counts = np.diff(np.concatenate([[0], inside, [len(ordered)]]))
    places = np.searchsorted(edges[1:-1], reference.values, side="right")
    others = np.bincount(places, reference.weights, BARS)
    return {
        "edges": edges.tolist(),
        "baseline": (others / others.sum()).tolist(),
        "window": (counts / max(len(ordered), 1)).tolist(),
    }


def _categories(values: Mapping[str, float], reference: Mapping[str, float]) -> dict[str, Any]:
    counts, others = drift.shares(values, reference)
    names = sorted({*values, *reference})
    order = np.argsort(-(counts / max(counts.sum(), 1) + others / others.sum()), kind="stable")[:CATEGORIES]
    return {
        "categories": [names[place] for place in order.tolist()],
        "baseline": (others / others.sum())[order].tolist(),
        "window": (counts / max(counts.sum(), 1))[order].tolist(),
    }
