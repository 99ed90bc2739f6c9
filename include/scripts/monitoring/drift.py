"""Whether values still come from where the baseline's came from.

One test and one effect size decide for each type: Kolmogorov and Smirnov's test and its own distance for numbers,
Pearson's test and the largest difference of a share for categories; Model Monitor measures the same two distances.
Drift is what is both certain (by Holm's correction over all features) and large. Everything else is for people to read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from monitoring import statistics
from monitoring.baseline import Baseline, Reference
from monitoring.limits import Limits
from tabular.columns import FLOAT32_MAX
from tabular.weighted import Numbers, Weighted

DISTANCE = 0.1
"""Model Monitor's own threshold."""
LEAST_FACTOR = 2.0
"""By how much a unit changes values at least."""


@dataclass(frozen=True)
class Drift:
    """One feature beside its baseline. ``factor`` is by what all values seem to have been multiplied, if they have;
    ``psi`` is the population stability index."""

    test: str
    statistic: float
    p_value: float
    distance: float
    threshold: float
    psi: float
    adjusted: float = 1.0
    factor: float | None = None
    drifted: bool = False

    def document(self) -> dict[str, Any]:
        """As it stands in ``result.json``."""
        return dict(vars(self))


def compare(
    found: Mapping[str, Weighted | dict[str, int]],
    references: Mapping[str, Reference],
    baseline: Baseline,
    limits: Limits,
) -> dict[str, Drift]:
    """By feature how far its values, numbers or counts of categories, are from the ``references``. Features that one of
    both knows no value of are left out, and all of them if the baseline says that none is compared."""
    compared: dict[str, Drift] = {}
    for name, values in found.items() if _enabled(baseline) else ():
        reference = references.get(name)
        if isinstance(reference, Weighted) and isinstance(values, Weighted) and values.size:
            compared[name] = _of_numbers(values, reference, _threshold(baseline, "comparison_threshold", limits))
        elif isinstance(reference, dict) and isinstance(values, dict) and values:
            threshold = _threshold(baseline, "categorical_comparison_threshold", limits)
            compared[name] = _of_categories(values, reference, threshold)
    adjusted = statistics.holm([each.p_value for each in compared.values()])
    return {
        name: _judged(each, value, limits, found[name], references[name])
        for (name, each), value in zip(compared.items(), adjusted, strict=True)
    }


def _of_numbers(values: Weighted, reference: Weighted, threshold: float) -> Drift:
    distance = statistics.kolmogorov_distance(values, reference)
    p_value = statistics.kolmogorov_p_value(distance, values.size, reference.size)
    psi = statistics.stability_index(*statistics.binned(values, reference))
    return Drift("kolmogorov_smirnov", distance, p_value, distance, threshold, psi)


def _of_categories(values: Mapping[str, float], reference: Mapping[str, float], threshold: float) -> Drift:
    counts, others = shares(values, reference)
    statistic, freedom = statistics.homogeneity(counts, others)
    p_value = statistics.chi_squared_tail(statistic, freedom)
    distance, psi = statistics.share_distance(counts, others), statistics.stability_index(counts, others)
    return Drift("chi_squared", statistic, p_value, distance, threshold, psi)


def shares(values: Mapping[str, float], reference: Mapping[str, float]) -> tuple[Numbers, Numbers]:
    """Counts of both by category, in the order of their names."""
    names = sorted({*values, *reference})
    counts, others = ([float(each.get(name, 0)) for name in names] for each in (values, reference))
    return np.array(counts), np.array(others)


def _enabled(baseline: Baseline) -> bool:
    return str(baseline.settings["distribution_constraints"].get("perform_comparison", "Enabled")) == "Enabled"


def _threshold(baseline: Baseline, name: str, limits: Limits) -> float:
    """The practical effect: as the limits say, or else the baseline's constraints, whose threshold of numbers is that
    of categories, too, unless they have one of their own."""
    if limits.distance is not None:
        return limits.distance
    declared = baseline.settings["distribution_constraints"]
    return float(declared.get(name, declared.get("comparison_threshold", DISTANCE)))


def _judged(
    found: Drift, adjusted: float, limits: Limits, values: Weighted | dict[str, int], reference: Reference
) -> Drift:
    drifted = adjusted < limits.significance and found.distance >= found.threshold
    factor = None
    if drifted and isinstance(reference, Weighted) and isinstance(values, Weighted):
        factor = _factor(values, reference, found.threshold)
    return replace(found, adjusted=adjusted, drifted=drifted, factor=factor)


def _factor(values: Weighted, reference: Weighted, threshold: float) -> float | None:
    """What the values were multiplied by, if without it they would be the baseline's: another unit is one."""
    middle, median = (float(each.at(each.size // 2)) for each in (reference, values))
    if not middle * median > 0 or max(median / middle, middle / median) < LEAST_FACTOR:
        return None
    factor = median / middle
    divided = (values.values / np.float64(factor)).clip(-FLOAT32_MAX, FLOAT32_MAX)
    back = Weighted(divided.astype(np.float32), values.weights)
    return factor if statistics.kolmogorov_distance(back, reference) < threshold else None
