"""Model Monitor's checks of data quality, and two of our own: ``range_check`` and ``unit_check``.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-violations.html
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from monitoring.baseline import Baseline
from monitoring.drift import Drift
from monitoring.limits import Limits
from monitoring.statistics import surpasses
from monitoring.traffic import Traffic
from tabular.columns import PREDICTION, Feature, Number
from tabular.weighted import Values, Weighted

Violation = dict[str, str]
RECORDS = "Captured records"
LISTED = 5
"""Unexpected values that a description names."""


def violations(
    features: Sequence[Feature],
    traffic: Traffic,
    found: Mapping[str, Weighted | dict[str, int]],
    drifts: Mapping[str, Drift],
    baseline: Baseline,
    limits: Limits,
) -> list[Violation]:
    """What the window's traffic breaks of the baseline's constraints, as ``constraint_violations.json`` lists it."""
    listed = list(_of_records(traffic, limits))
    for feature in features if traffic.rows + traffic.counts["unreadable"] >= limits.min_rows else ():
        if feature.name in baseline.limits:
            listed += _of_feature(feature, traffic, found[feature.name], baseline, limits)
    listed += [violation for name, drift in drifts.items() for violation in _of_drift(name, drift, limits)]
    return listed


def violation(feature: str, check: str, description: str) -> Violation:
    """One of ``violations``."""
    return {"feature_name": feature, "constraint_check_type": check, "description": description}


def _of_records(traffic: Traffic, limits: Limits) -> Iterator[Violation]:
    counts = traffic.counts
    useless = counts["truncated"] + counts["foreign"]
    lines = counts["read"] + useless
    if lines >= limits.min_rows and surpasses(useless, lines, limits.unreadable, limits.significance):
        told = f"{useless} of {lines} lines are no records that can be read; at most {limits.unreadable:.1%} may be."
        yield violation(RECORDS, "completeness_check", told)
    rows = traffic.rows + counts["unreadable"]
    for check, verb, names in (
        ("missing_column_check", "lack", traffic.missing),
        ("extra_column_check", "have", traffic.extra),
        ("data_type_check", "have no number for", {PREDICTION.name: traffic.unreadable[PREDICTION.name]}),
        ("completeness_check", "were captured without", {PREDICTION.name: counts["unanswered"]}),
    ):
        for name, number in names.items():
            if rows >= limits.min_rows and surpasses(number, rows, limits.tolerance, limits.significance):
                yield violation(name, check, f"{number} of {rows} rows {verb} it.")


def _of_feature(
    feature: Feature, traffic: Traffic, values: Weighted | dict[str, int], baseline: Baseline, limits: Limits
) -> Iterator[Violation]:
    constraints, settings = baseline.limits[feature.name], baseline.settings
    present = int(values.size) if isinstance(values, Weighted) else sum(values.values())
    unreadable, missing = traffic.unreadable[feature.name], traffic.rows - present
    if _broken(unreadable, present + unreadable, settings.get("datatype_check_threshold", 1.0), limits):
        told = f"{unreadable} of {present + unreadable} values are not {constraints['inferred_type']}."
        yield violation(feature.name, "data_type_check", told)
    if _broken(missing, traffic.rows, constraints["completeness"], limits):
        told = (
            f"{missing} of {traffic.rows} rows have no value; {constraints['completeness']:.2%} of the baseline's do."
        )
        yield violation(feature.name, "completeness_check", told)
    if isinstance(values, dict):
        yield from _of_texts(feature.name, Counter(values), baseline, limits)
    elif isinstance(feature, Number):
        yield from _of_numbers(feature, values, constraints.get("num_constraints", {}), limits)


def _broken(odd: int, whole: int, threshold: float, limits: Limits) -> bool:
    """Whether less than ``threshold`` of ``whole`` are as they should be, of which ``odd`` are not."""
    return surpasses(odd, whole, 1 - float(threshold) + limits.tolerance, limits.significance)


def _of_texts(name: str, counts: Counter[str], baseline: Baseline, limits: Limits) -> Iterator[Violation]:
    domain = baseline.limits[name].get("string_constraints", {}).get("domains")
    if domain is None:
        return
    known = set(domain)
    unknown = Counter({text: number for text, number in counts.items() if text not in known})
    if _broken(unknown.total(), counts.total(), baseline.settings.get("domain_content_threshold", 1.0), limits):
        named = ", ".join(repr(text) for text, _ in unknown.most_common(LISTED))
        told = f"{unknown.total()} of {counts.total()} values are not in the baseline's domain: {named}."
        yield violation(name, "categorical_values_check", told)


def _of_numbers(
    feature: Number, values: Weighted, constraints: Mapping[str, bool], limits: Limits
) -> Iterator[Violation]:
    minimum = max(feature.minimum, 0.0) if constraints.get("is_non_negative") else feature.minimum
    least, above, maximum = ends(feature, minimum)
    below = max(values.below(least), values.below(above, "right"))
    outside, present = int(below + values.size - values.below(maximum, "right")), int(values.size)
    if surpasses(outside, present, limits.tolerance, limits.significance):
        lowest = f"above {feature.above:g}" if feature.above >= minimum else f"from {minimum:g}"
        told = f"{outside} of {present} values are not in the range {lowest} to {feature.maximum:g}."
        yield violation(feature.name, "range_check", told)


def ends(feature: Number, minimum: float) -> Values:
    """The declared range: its least value, what it is above, its greatest one; of float32, as the values are."""
    return np.array([minimum, feature.above, feature.maximum], dtype=np.float32)


def _of_drift(name: str, drift: Drift, limits: Limits) -> Iterator[Violation]:
    if drift.drifted:
        certain = (
            f"{drift.test}; p-value {drift.adjusted:.2g}, corrected for all features, below {limits.significance:g}"
        )
        told = f"Distance: {drift.distance:.4f} exceeds threshold: {drift.threshold:g} ({certain})."
        yield violation(name, "baseline_drift_check", told)
    if drift.factor is not None:
        told = f"The values are the baseline's if divided by {drift.factor:.4g}: was the unit changed?"
        yield violation(name, "unit_check", told)
