"""The metric gate: a pure function from an evaluation report and a policy to a recorded verdict.

Every rule must be shown to hold. A value that is missing, not a finite number, text that looks like one, or
out of the metric's range holds nothing, so such a report refuses the model, with the reason.

The report is the evaluation job's, in the shape of SageMaker's model quality reports::

    {"rows": 600, "regression_metrics": {"mse": {"value": 4.5}},
     "baseline": {"name": "linear", "regression_metrics": ...}, "champion": null or as "baseline"}
"""

import math
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

SHOWN_LENGTH = 80


@dataclass(frozen=True)
class Policy:
    """What a candidate must show on the evaluation rows.

    ``metrics`` is the report's section ("regression_metrics"), ``metric`` the deciding one ("mse"),
    ``threshold`` its worst acceptable value; ``lowest`` and ``highest`` are the ends of what the metric can
    be at all. ``min_rows`` is the number of rows below which no figure counts. ``champion`` says that there
    is a champion to beat; the baseline must be beaten always.
    """

    metrics: str
    metric: str
    threshold: float
    lower_is_better: bool = True
    lowest: float = 0.0
    highest: float = math.inf
    min_rows: int = 1
    champion: bool = False


@dataclass(frozen=True)
class Check:
    """One rule and whether it held; ``observed`` is the number found, or what stood in its place."""

    rule: str
    passed: bool
    observed: float | str | None
    required: str
    reason: str


@dataclass(frozen=True)
class Verdict:
    """The decision: passed only if every check did."""

    checks: tuple[Check, ...]
    metrics: Mapping[str, float]

    @property
    def passed(self) -> bool:
        """Whether the candidate may be registered."""
        return bool(self.checks) and all(check.passed for check in self.checks)

    @property
    def reason(self) -> str:
        """All the reasons against the candidate, or all those for it."""
        return "; ".join(check.reason for check in self.checks if check.passed == self.passed)

    def record(self) -> dict[str, Any]:
        """The verdict as JSON without NaN or infinity."""
        return {
            "passed": self.passed,
            "reason": self.reason,
            "checks": [asdict(check) for check in self.checks],
            "metrics": dict(self.metrics),
        }


def decide(report: Any, policy: Policy) -> Verdict:
    """The verdict on the candidate of ``report``; never raises, whatever the report holds."""
    candidate = _number(report, (policy.metrics, policy.metric, "value"), policy)
    checks = [
        _rows(report, policy),
        _threshold(candidate, policy),
        _rival(report, candidate, "baseline", policy),
    ]
    if policy.champion:
        checks.append(_rival(report, candidate, "champion", policy))
    return Verdict(tuple(checks), _all_metrics(report, policy))


def refusal(rule: str, reason: str) -> Verdict:
    """The verdict when there is no report to decide from."""
    return Verdict((Check(rule, False, None, "a report", reason),), {})


def as_finite(value: Any) -> float | None:
    """``value`` if it is a finite JSON number, else None: True, "4.5", NaN and 10**400 are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) <= sys.float_info.max else None


@dataclass(frozen=True)
class _Found:
    """What a report holds at one place: a usable number, or a description of what is wrong with it."""

    value: float | None
    shown: float | str | None
    problem: str


def _number(report: Any, path: tuple[str, ...], policy: Policy) -> _Found:
    """The metric at ``path`` of the report, usable only if it is finite and within the metric's range."""
    found = _look_up(report, path)
    value = as_finite(found)
    name = ".".join(path)
    if value is None:
        return _Found(None, _shown(found), f"{name} is {_shown(found)}, not a finite number")
    if not policy.lowest <= value <= policy.highest:
        return _Found(None, value, f"{name} is {value:g}, which no {policy.metric} can be")
    return _Found(value, value, "")


def _rows(report: Any, policy: Policy) -> Check:
    rows = _look_up(report, ("rows",))
    passed = isinstance(rows, int) and not isinstance(rows, bool) and rows >= policy.min_rows
    reason = f"evaluated on {_shown(rows)} rows, at least {policy.min_rows} required"
    return Check("rows", passed, _shown(rows), f">= {policy.min_rows}", reason)


def _threshold(candidate: _Found, policy: Policy) -> Check:
    sign = "<=" if policy.lower_is_better else ">="
    limit = as_finite(policy.threshold)
    required = f"{sign} {policy.threshold:g}"
    if candidate.value is None or limit is None:
        reason = candidate.problem or f"the threshold is {policy.threshold:g}, not a finite number"
        return Check("threshold", False, candidate.shown, required, reason)
    passed = candidate.value <= limit if policy.lower_is_better else candidate.value >= limit
    word = "meets" if passed else "misses"
    reason = f"{policy.metric} {candidate.value:g} {word} the threshold {required}"
    return Check("threshold", passed, candidate.value, required, reason)


def _rival(report: Any, candidate: _Found, rival: str, policy: Policy) -> Check:
    """The candidate must be strictly better than ``rival`` ("baseline" or "champion") on the same rows."""
    sign = "<" if policy.lower_is_better else ">"
    other = _number(report, (rival, policy.metrics, policy.metric, "value"), policy)
    if candidate.value is None or other.value is None:
        problem = other.problem or candidate.problem
        return Check(rival, False, candidate.shown, f"{sign} the {rival}'s", problem)
    passed = candidate.value < other.value if policy.lower_is_better else candidate.value > other.value
    word = "beats" if passed else "does not beat"
    reason = f"{policy.metric} {candidate.value:g} {word} the {rival}'s {other.value:g}"
    return Check(rival, passed, candidate.value, f"{sign} {other.value:g}", reason)


def _all_metrics(report: Any, policy: Policy) -> dict[str, float]:
    """Every finite metric of the candidate, for the record."""
    section = _look_up(report, (policy.metrics,))
    names = section if isinstance(section, Mapping) else {}
    values = {str(name): as_finite(_look_up(section, (name, "value"))) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def _look_up(report: Any, path: tuple[str, ...]) -> Any:
    """The value at ``path``, or None where the path ends early."""
    for key in path:
        report = report.get(key) if isinstance(report, Mapping) else None
    return report


def _shown(value: Any) -> float | str | None:
    """``value`` fit for a JSON record: a finite number or nothing as it is, anything else as a short text."""
    fit = value is None or as_finite(value) is not None
    shown: float | str | None = value if fit else repr(value)[:SHOWN_LENGTH]
    return shown
