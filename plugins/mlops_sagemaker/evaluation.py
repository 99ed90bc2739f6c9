"""Reading an evaluation report that may hold anything: a figure is a usable number, or it has a problem.

The report is the evaluation job's, metrics in the shape of SageMaker's model quality reports; the job's own
documentation describes all of it. What is read here::

    {"rows": 600, "fresh": null or {"rows": 90}, "baseline": MODEL, "champion": {"state": "scored" or "none"} and MODEL,
     "candidates": {name: MODEL and {"comparisons": {"baseline": COMPARED, "champion": COMPARED}}}}
    MODEL: {"regression_metrics": {"mse": {"value": 4.5}}, "intervals": {"mse": [4.1, 4.9]},
            "slices": {by: {group: {"rows": 200} and MODEL}}}
    COMPARED: {"metrics": {"mse": {"difference": -0.2, "standard_deviation": 0.1}}, "slices": {by: {group: the same}}}
"""

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SHOWN_LENGTH = 80
SECTIONS = ("regression_metrics", "binary_classification_metrics")
SCORED, NONE = "scored", "none"

Path = tuple[str, ...]
Shown = float | str | None


@dataclass(frozen=True)
class Metric:
    """What is known of a metric: which way is better, and the ends of what it can be at all."""

    lower_is_better: bool
    lowest: float
    highest: float


_ERROR = Metric(True, 0.0, math.inf)
_SHARE, _WRONG_SHARE = Metric(False, 0.0, 1.0), Metric(True, 0.0, 1.0)
METRICS: Mapping[str, Metric] = {
    **dict.fromkeys(("mse", "rmse", "mae"), _ERROR),
    "r2": Metric(False, -math.inf, 1.0),
    **dict.fromkeys(("accuracy", "precision", "recall", "f0_5", "f1", "f2", "auc"), _SHARE),
    **dict.fromkeys(("true_positive_rate", "true_negative_rate", "predicted_positive_rate"), _SHARE),
    **dict.fromkeys(("false_positive_rate", "false_negative_rate"), _WRONG_SHARE),
}
"""The metrics that rules may be about."""


@dataclass(frozen=True)
class Figure:
    """A usable number, or None with a description of what is wrong; ``shown`` is what was found, fit for JSON."""

    value: float | None
    shown: Shown
    problem: str = ""


@dataclass(frozen=True)
class Difference:
    """How much better a candidate is than another model on the same rows: more than 0 is better, whichever way the
    metric goes. ``deviation`` is the standard deviation of that."""

    gain: Figure
    deviation: Figure


class Evaluation:
    """A report, whatever it is."""

    def __init__(self, document: Any) -> None:
        self._document = document

    @property
    def candidates(self) -> list[str]:
        """The candidates' names, sorted."""
        found = self._look_up(("candidates",))
        return sorted(name for name in found if isinstance(name, str)) if isinstance(found, Mapping) else []

    @property
    def champion(self) -> Shown:
        """`SCORED`, `NONE`, or whatever else stands there."""
        found = self._look_up(("champion", "state"))
        return found if found in (SCORED, NONE) else _shown(found)

    def of_champion(self) -> "Evaluation":
        """The report as if the champion, under that name, were the only candidate and had no rival."""
        return Evaluation({"rows": self._look_up(("rows",)), "candidates": {"champion": self._look_up(("champion",))}})

    def rows(self, *path: str) -> Figure:
        """A count of rows: of all, or those at ``path`` ("fresh", or a group's)."""
        found, name = self._look_up((*path, "rows")), ".".join((*path, "rows"))
        if isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= sys.maxsize:
            return Figure(found, found)
        return Figure(None, _shown(found), f"{name} is {_shown(found)}, not a number of rows")

    def metric(self, metric: str, *path: str) -> Figure:
        """The metric of the model, or of the group of one, at ``path``; usable if finite and possible."""
        section = next((name for name in SECTIONS if self._look_up((*path, name)) is not None), SECTIONS[0])
        figure = self._number((*path, section, metric, "value"))
        limits = METRICS[metric]
        if figure.value is not None and not limits.lowest <= figure.value <= limits.highest:
            problem = f"{'.'.join((*path, section, metric))} is {figure.value:g}, which no {metric} can be"
            return Figure(None, figure.shown, problem)
        return figure

    def metrics(self, candidate: str) -> dict[str, float]:
        """Every usable metric of a candidate, for the record."""
        figures = {name: self.metric(name, "candidates", candidate) for name in METRICS}
        return {name: figure.value for name, figure in figures.items() if figure.value is not None}

    def interval(self, metric: str, *path: str) -> tuple[float, float] | None:
        """The ends of what the metric of the model at ``path`` may be in truth; None where they are not known."""
        found = self._look_up((*path, "intervals", metric))
        ends = [as_finite(each) for each in found] if isinstance(found, Sequence) else []
        return (ends[0], ends[1]) if len(ends) == 2 and ends[0] is not None and ends[1] is not None else None

    def groups(self, candidate: str, by: str) -> list[str]:
        """The names of a slice's groups, sorted."""
        found = self._look_up(("candidates", candidate, "slices", by))
        return sorted(name for name in found if isinstance(name, str)) if isinstance(found, Mapping) else []

    def difference(self, candidate: str, rival: str, metric: str, *group: str) -> Difference:
        """Candidate against ``rival`` ("baseline" or "champion"), on all rows or on the ``group`` (slice, name)."""
        place = ("slices", *group) if group else ("metrics",)
        path = ("candidates", candidate, "comparisons", rival, *place, metric)
        gain, deviation = self._number((*path, "difference")), self._number((*path, "standard_deviation"))
        if gain.value is not None and METRICS[metric].lower_is_better:
            gain = Figure(0.0 - gain.value, gain.shown)
        if self._look_up((*path, "standard_deviation")) == "NaN":
            deviation = Figure(None, "NaN", f"the standard deviation of {'.'.join(path)} was not computed")
        elif deviation.value is not None and deviation.value < 0:
            deviation = Figure(None, deviation.shown, f"{'.'.join(path)} has a standard deviation below 0")
        return Difference(gain, deviation)

    def _number(self, path: Path) -> Figure:
        found = self._look_up(path)
        value = as_finite(found)
        if value is None:
            return Figure(None, _shown(found), f"{'.'.join(path)} is {_shown(found)}, not a finite number")
        return Figure(value, value)

    def _look_up(self, path: Path) -> Any:
        """What stands at ``path``, or None where the path ends early."""
        found = self._document
        for key in path:
            found = found.get(key) if isinstance(found, Mapping) else None
        return found


def as_finite(value: Any) -> float | None:
    """``value`` if it is a finite JSON number, else None: True, "4.5", NaN and 10**400 are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) <= sys.float_info.max else None


def _shown(value: Any) -> Shown:
    """``value`` fit for a JSON record: a finite number or nothing as it is, anything else as a short text."""
    fit = value is None or as_finite(value) is not None
    shown: Shown = value if fit else repr(value)[:SHOWN_LENGTH]
    return shown
