"""The quality of captured data, and its drift from what the model has learned from."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from monitoring import checks, drift, plots, traffic
from monitoring.analysis import Analysis, status
from monitoring.baseline import Baseline
from monitoring.drift import Drift
from monitoring.limits import Limits
from monitoring.statistics import Values
from monitoring.traffic import Traffic
from monitoring.window import Window
from tabular.columns import PREDICTION
from tabular.data_quality import Profile
from tabular.reading import parallel
from tabular.use_case import UseCase


def analyse(
    use_case: UseCase,
    window: Window,
    capture: Sequence[Path],
    baseline: Baseline,
    limits: Limits,
    quality: Baseline | None = None,
) -> Analysis:
    """Compare the traffic in the files ``capture`` with the ``baseline`` of the features, and with that of the
    predictions in ``quality``. Nothing in the files is fatal."""
    found = traffic.read(capture, use_case.schema, window)
    return examine(use_case, window, found, baseline, limits, quality)


def examine(
    use_case: UseCase, window: Window, found: Traffic, baseline: Baseline, limits: Limits, quality: Baseline | None
) -> Analysis:
    """The same of traffic that has been read."""
    profile = Profile((*use_case.schema.features, PREDICTION))
    for part in found.parts:
        profile.add(part.table)
    values = dict(parallel(partial(_values, profile, feature.name) for feature in profile.features))
    evaluated = {name: each for name, each in baseline.references.items() if name in baseline.limits}
    references = evaluated | (quality.references if quality else {})
    drifts = drift.compare(values, references, baseline, limits) if found.rows >= limits.min_rows else {}
    violations = checks.violations(use_case.schema.features, found, values, drifts, baseline, limits)
    statistics, _ = profile.documents()
    result = {
        **status(found.rows, violations, limits),
        "use_case": use_case.name,
        "monitor": "data",
        "window": window.document(),
        "records": found.records(),
        "rows": found.rows,
        "violations": violations,
        "features": {name: each.document() for name, each in drifts.items()},
        "metrics": _metrics(found, values, drifts, violations),
    }
    drawn = plots.distributions(values, references)
    return Analysis(result, statistics, baseline.constraints, drawn)


def _values(profile: Profile, name: str) -> tuple[str, Values | dict[str, int]]:
    return name, profile.values(name)


def _metrics(
    found: Traffic, values: Mapping[str, Any], drifts: Mapping[str, Drift], violations: Sequence[Mapping[str, str]]
) -> dict[str, float]:
    """By name as Model Monitor's in CloudWatch; and how much there was and was wrong."""
    metrics = {"rows": float(found.rows), "violations": float(len(violations))}
    if found.rows:
        for name, each in values.items():
            present = sum(each.values()) if isinstance(each, dict) else len(each)
            metrics[f"feature_non_null_{name}"] = present / found.rows
    return metrics | {f"feature_baseline_drift_{name}": each.distance for name, each in drifts.items()}
