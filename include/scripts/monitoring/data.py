"""The quality of captured data, and its drift from what the model has learned from."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from monitoring import checks, drift, plots, traffic
from monitoring.analysis import Analysis, status
from monitoring.baseline import Baseline, Reference
from monitoring.drift import Drift
from monitoring.limits import Limits
from monitoring.traffic import Traffic
from monitoring.window import Window
from tabular.columns import PREDICTION, Feature, Number
from tabular.data_quality import Profile
from tabular.use_case import UseCase
from tabular.weighted import Values, Weighted


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
    profile = profiled(use_case, baseline, quality)
    found = traffic.read(capture, use_case.schema, window, lambda rows: profile.add(rows.table))
    return examine(use_case, window, found, profile, baseline, limits, quality)


def profiled(use_case: UseCase, baseline: Baseline, quality: Baseline | None) -> Profile:
    """An empty profile of traffic, exact wherever these baselines or what is declared of a feature are looked at."""
    references, features = _references(baseline, quality), (*use_case.schema.features, PREDICTION)
    return Profile(features, {each.name: _anchors(each, references.get(each.name)) for each in features})


def _anchors(feature: Feature, reference: Reference | None) -> Values:
    known = reference.values if isinstance(reference, Weighted) else np.empty(0, np.float32)
    declared = checks.ends(feature, feature.minimum) if isinstance(feature, Number) else np.empty(0, np.float32)
    return np.concatenate([known, declared[np.isfinite(declared)], np.zeros(1, np.float32)])


def _references(baseline: Baseline, quality: Baseline | None) -> dict[str, Reference]:
    """What is evaluated of the features, and the predictions."""
    evaluated = {name: each for name, each in baseline.references.items() if name in baseline.limits}
    return evaluated | (quality.references if quality else {})


def examine(
    use_case: UseCase,
    window: Window,
    found: Traffic,
    profile: Profile,
    baseline: Baseline,
    limits: Limits,
    quality: Baseline | None,
) -> Analysis:
    """The same of traffic that has been read into a profile."""
    values, references = profile.values(), _references(baseline, quality)
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


def _metrics(
    found: Traffic,
    values: Mapping[str, Weighted | dict[str, int]],
    drifts: Mapping[str, Drift],
    violations: Sequence[Mapping[str, str]],
) -> dict[str, float]:
    """By name as Model Monitor's in CloudWatch; and how much there was and was wrong."""
    metrics = {"rows": float(found.rows), "violations": float(len(violations))}
    if found.rows:
        for name, each in values.items():
            present = each.size if isinstance(each, Weighted) else sum(each.values())
            metrics[f"feature_non_null_{name}"] = present / found.rows
    return metrics | {f"feature_baseline_drift_{name}": each.distance for name, each in drifts.items()}
