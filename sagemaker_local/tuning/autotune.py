"""Autotune: the settings and ranges that a request leaves to the service.

AWS documents what is chosen, and one example: a hint of 4 becomes the integers 2 to 8. Its rules are not published;
these are the local SageMaker's own, and Describe shows what came of them, as on AWS. Contract: the guide's page
automatic-model-tuning-define-ranges.
"""

from __future__ import annotations

import math
from typing import Any

from sagemaker_local.errors import validation_error

Request = dict[str, Any]

_JOBS = 20
_SPREAD = 2


def autotuned(request: Request) -> Request:
    """The request with what is left to the service filled in; raises ``ValidationException``."""
    config, changed = request["HyperParameterTuningJobConfig"], dict(request)
    if "Autotune" not in request:
        _refuse_hints(request)
        return request
    ranges, kept = _resolved(config.get("ParameterRanges", {}))
    changed["HyperParameterTuningJobConfig"] = _settings(request, config, ranges)
    if "TrainingJobDefinition" in request:
        changed["TrainingJobDefinition"] = _definition(request["TrainingJobDefinition"], kept)
    if "TrainingJobDefinitions" in request:
        changed["TrainingJobDefinitions"] = [_definition(item, {}) for item in request["TrainingJobDefinitions"]]
    return changed


def _refuse_hints(request: Request) -> None:
    definitions = [request.get("TrainingJobDefinition", {}), *request.get("TrainingJobDefinitions", [])]
    common = request["HyperParameterTuningJobConfig"].get("ParameterRanges", {})
    ranges = [common, *(definition.get("HyperParameterRanges", {}) for definition in definitions)]
    if any(item.get("AutoParameters") for item in ranges):
        raise validation_error("ParameterRanges.AutoParameters needs Autotune with Mode Enabled")


def _settings(request: Request, config: Request, ranges: Request) -> Request:
    """The settings with their defaults under autotune; what the request says stays."""
    single = "TrainingJobDefinition" in request and config["Strategy"] != "Hyperband"
    limits = {} if config["Strategy"] == "Grid" else {"MaxNumberOfTrainingJobs": _JOBS}
    return {
        "TrainingJobEarlyStoppingType": "Auto" if single else "Off",
        "TuningJobCompletionCriteria": {"ConvergenceDetected": {"CompleteOnConvergence": "Enabled"}},
        **config,
        **({"ParameterRanges": ranges} if "ParameterRanges" in config else {}),
        "ResourceLimits": {**limits, **config["ResourceLimits"]},
    }


def _definition(definition: Request, kept: dict[str, str]) -> Request:
    """The definition with its own hints resolved; hints that no range can be made of are what they say."""
    if "HyperParameterRanges" in definition:
        ranges, own = _resolved(definition["HyperParameterRanges"])
        definition, kept = {**definition, "HyperParameterRanges": ranges}, {**kept, **own}
    return {**definition, "StaticHyperParameters": {**kept, **definition.get("StaticHyperParameters", {})}}


def _resolved(ranges: Request) -> tuple[Request, dict[str, str]]:
    """The ranges with hints made into ranges, and the hints that stay values."""
    found: Request = {kind: list(items) for kind, items in ranges.items() if kind != "AutoParameters"}
    kept = {}
    for hint in ranges.get("AutoParameters", []):
        kind, low, high = _range_around(hint["ValueHint"])
        if kind is None:
            kept[hint["Name"]] = hint["ValueHint"]
        else:
            found.setdefault(kind, []).append({"Name": hint["Name"], "MinValue": low, "MaxValue": high})
    return found, kept


def _range_around(text: str) -> tuple[str | None, str, str]:
    """Half the hint to twice the hint; of a fraction not above 1, which is likely to be one by nature."""
    try:
        value = float(text)
    except ValueError:
        return None, "", ""
    if not math.isfinite(value) or value <= 0:
        return None, "", ""
    if text.isdigit():
        return "IntegerParameterRanges", str(max(1, int(text) // _SPREAD)), str(int(text) * _SPREAD)
    most = min(1.0, value * _SPREAD) if value <= 1 else value * _SPREAD
    return "ContinuousParameterRanges", repr(value / _SPREAD), repr(most)
