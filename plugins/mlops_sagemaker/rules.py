"""What a candidate must show before it may be registered: one class per kind of rule, pure functions of a report.

A rule must be shown to hold. A value that is missing, not a finite number, text that looks like one, out of the
metric's range, or computed from too few rows shows nothing, and the finding says so.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist
from typing import Literal

from mlops_sagemaker.evaluation import METRICS, Difference, Evaluation, Figure, Shown

BASELINE: Literal["baseline"] = "baseline"
CHAMPION: Literal["champion"] = "champion"


class Mode(StrEnum):
    """What a rule that does not hold means."""

    ENFORCE = "enforce"
    """No registration."""
    DRY_RUN = "dry_run"
    """A note in the record, to see what enforcing it would have done."""
    OFF = "off"
    """The rule is not looked at."""


@dataclass(frozen=True)
class Finding:
    """Whether a rule holds; ``observed`` is the number it was decided by, or what stood in its place."""

    held: bool
    observed: Shown
    required: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Rule(ABC):
    """Something that must hold. Raises ValueError if declared with values that mean nothing."""

    mode: Mode = Mode.ENFORCE

    @property
    @abstractmethod
    def name(self) -> str:
        """Short, and different for rules that are different."""

    @property
    def needs_champion(self) -> bool:
        """Whether the rule is about the champion, and so about nothing where there is none."""
        return False

    @property
    def absolute(self) -> bool:
        """Whether it asks what a model is by itself, and not beside another."""
        return False

    @abstractmethod
    def judge(self, evaluation: Evaluation, candidate: str) -> Finding:
        """Whether it holds for ``candidate``."""


@dataclass(frozen=True, kw_only=True)
class MinRows(Rule):
    """At least ``rows`` evaluation rows; fewer show nothing."""

    rows: int

    @property
    def name(self) -> str:
        return "rows"

    @property
    def absolute(self) -> bool:
        return True

    def judge(self, evaluation: Evaluation, candidate: str) -> Finding:
        return _enough(evaluation.rows(), self.rows, "evaluated on")


@dataclass(frozen=True, kw_only=True)
class MinFreshRows(Rule):
    """At least ``rows`` evaluation rows from days that the champion has not seen: without them tonight's comparison
    would be last night's once more, and noise would win in the end."""

    rows: int

    @property
    def name(self) -> str:
        return "fresh rows"

    @property
    def needs_champion(self) -> bool:
        return True

    def judge(self, evaluation: Evaluation, candidate: str) -> Finding:
        return _enough(evaluation.rows("fresh"), self.rows, "fresh rows:")


@dataclass(frozen=True, kw_only=True)
class Threshold(Rule):
    """The metric is at most, or at least, ``bound``, whichever is better."""

    metric: str
    bound: float

    def __post_init__(self) -> None:
        _check(self.metric in METRICS, f"no metric is named {self.metric!r}; there are {', '.join(METRICS)}")

    @property
    def name(self) -> str:
        return f"{self.metric} threshold"

    @property
    def absolute(self) -> bool:
        return True

    def judge(self, evaluation: Evaluation, candidate: str) -> Finding:
        lower = METRICS[self.metric].lower_is_better
        required = f"{'<=' if lower else '>='} {self.bound:g}"
        found = evaluation.metric(self.metric, "candidates", candidate)
        if found.value is None or not math.isfinite(self.bound):
            problem = found.problem or f"the threshold is {self.bound:g}, not a finite number"
            return Finding(False, found.shown, required, problem)
        held = found.value <= self.bound if lower else found.value >= self.bound
        reason = f"{self.metric} {found.value:g} {'meets' if held else 'misses'} the threshold {required}"
        return Finding(held, found.value, required, reason)


@dataclass(frozen=True, kw_only=True)
class Beats(Rule):
    """The candidate is better than ``rival`` by more than ``min_gain``, in units of the metric.

    It is shown when the gain's lower confidence bound is beyond ``min_gain``: if in truth it is not, that happens with
    a probability of at most ``alpha``, over all candidates of the report together (Bonferroni). Two models of one
    recipe that learned from different samples do differ in truth, so ``min_gain`` has to be more than that difference
    usually is. With an ``alpha`` of 0.5 the observed gain itself decides.
    """

    rival: Literal["baseline", "champion"]
    metric: str
    min_gain: float = 0.0
    alpha: float = 0.05

    def __post_init__(self) -> None:
        _check(self.metric in METRICS, f"no metric is named {self.metric!r}; there are {', '.join(METRICS)}")
        _check(1e-9 <= self.alpha <= 0.5, f"alpha is {self.alpha:g}; it must be from 1e-9 to 0.5")
        _check(0 <= self.min_gain < math.inf, f"min_gain is {self.min_gain:g}; it must be a number from 0 on")

    @property
    def name(self) -> str:
        return f"{self.metric} against the {self.rival}"

    @property
    def needs_champion(self) -> bool:
        return self.rival == CHAMPION

    def judge(self, evaluation: Evaluation, candidate: str) -> Finding:
        required = f"gain > {self.min_gain:g}"
        difference = evaluation.difference(candidate, self.rival, self.metric)
        bound = _lower_bound(difference, self._tail(evaluation))
        if bound.value is None:
            return Finding(False, bound.shown, required, bound.problem)
        held = bound.value > self.min_gain
        verb = "gains" if held else "is not shown to gain"
        sure = "" if self.alpha == 0.5 else f", at least {bound.value:.4g} with {1 - self.alpha:.4g} confidence"
        reason = f"{self.metric} {verb} more than {self.min_gain:g} on the {self.rival}'s: {difference.gain.value:.4g}"
        return Finding(held, bound.value, required, reason + sure)

    def _tail(self, evaluation: Evaluation) -> float:
        """The error allowed to each candidate. By the observed gain it is not divided: all are simply compared."""
        return self.alpha if self.alpha == 0.5 else self.alpha / max(1, len(evaluation.candidates))


@dataclass(frozen=True, kw_only=True)
class NotWorse(Rule):
    """The candidate is no worse than the champion by more than ``margin``: overall, or with ``by`` in every group of
    that slice.

    It is shown when the loss's upper confidence bound is within the margin; if in truth it is beyond, that happens with
    a probability of at most ``alpha``. Groups of fewer than ``min_rows`` rows show nothing.
    """

    metric: str
    margin: float
    by: str = ""
    alpha: float = 0.05
    min_rows: int = 50

    def __post_init__(self) -> None:
        _check(self.metric in METRICS, f"no metric is named {self.metric!r}; there are {', '.join(METRICS)}")
        _check(1e-9 <= self.alpha <= 0.5, f"alpha is {self.alpha:g}; it must be from 1e-9 to 0.5")
        _check(0 <= self.margin < math.inf, f"margin is {self.margin:g}; it must be a number from 0 on")

    @property
    def name(self) -> str:
        return f"{self.metric} no worse than the champion's" + (f" by {self.by}" if self.by else "")

    @property
    def needs_champion(self) -> bool:
        return True

    def judge(self, evaluation: Evaluation, candidate: str) -> Finding:
        if not self.by:
            return self._judge(evaluation, candidate)
        groups = evaluation.groups(candidate, self.by)
        return _worst(self._in_group(evaluation, candidate, group) for group in groups) or _no_slice(self.by)

    def _in_group(self, evaluation: Evaluation, candidate: str, group: str) -> Finding:
        rows = evaluation.rows("candidates", candidate, "slices", self.by, group)
        enough = _enough(rows, self.min_rows, f"{self.by} {group}:")
        return self._judge(evaluation, candidate, self.by, group) if enough.held else enough

    def _judge(self, evaluation: Evaluation, candidate: str, *group: str) -> Finding:
        required = f"loss <= {self.margin:g}"
        difference = evaluation.difference(candidate, CHAMPION, self.metric, *group)
        bound = _lower_bound(difference, self.alpha)
        if bound.value is None:
            return Finding(False, bound.shown, required, bound.problem)
        loss = 0.0 - bound.value
        where = f" of {group[0]} {group[1]}" if group else ""
        reason = f"{self.metric}{where} may lose {loss:.4g} to the champion's, at most {self.margin:g} allowed"
        return Finding(loss <= self.margin, loss, required, reason)


@dataclass(frozen=True, kw_only=True)
class MaxGap(Rule):
    """Fairness: between the groups of slice ``by`` the metric differs by at most ``limit``. Groups of fewer than
    ``min_rows`` rows show nothing.

    Of a classifier, `true_positive_rate` makes this equality of opportunity (Hardt, Price and Srebro, 2016) and
    `predicted_positive_rate` demographic parity.
    """

    metric: str
    by: str
    limit: float
    min_rows: int = 50

    def __post_init__(self) -> None:
        _check(self.metric in METRICS, f"no metric is named {self.metric!r}; there are {', '.join(METRICS)}")
        _check(0 <= self.limit < math.inf, f"limit is {self.limit:g}; it must be a number from 0 on")

    @property
    def name(self) -> str:
        return f"{self.metric} gap by {self.by}"

    @property
    def absolute(self) -> bool:
        return True

    def judge(self, evaluation: Evaluation, candidate: str) -> Finding:
        required = f"<= {self.limit:g}"
        values: dict[str, float] = {}
        for group in evaluation.groups(candidate, self.by):
            path = ("candidates", candidate, "slices", self.by, group)
            enough = _enough(evaluation.rows(*path), self.min_rows, f"{self.by} {group}:")
            found = evaluation.metric(self.metric, *path)
            if not enough.held or found.value is None:
                return enough if not enough.held else Finding(False, found.shown, required, found.problem)
            values[group] = found.value
        if len(values) < 2:
            return _no_slice(self.by)
        low, high = min(values, key=values.__getitem__), max(values, key=values.__getitem__)
        gap = values[high] - values[low]
        between = f"from {values[low]:.4g} ({low}) to {values[high]:.4g} ({high})"
        return Finding(gap <= self.limit, gap, required, f"{self.metric} by {self.by} goes {between}, {required} asked")


def _check(condition: bool, problem: str) -> None:
    if not condition:
        raise ValueError(problem)


def _enough(found: Figure, rows: int, what: str) -> Finding:
    required = f">= {rows}"
    if found.value is None:
        return Finding(False, found.shown, required, found.problem)
    reason = f"{what} {found.value:g} rows, at least {rows} required"
    return Finding(found.value >= rows, found.value, required, reason)


def _lower_bound(difference: Difference, tail: float) -> Figure:
    """What the gain exceeds in truth, wrongly with the probability ``tail``."""
    gain, deviation = difference.gain, difference.deviation
    if tail == 0.5 or gain.value is None:
        return gain
    if deviation.value is None:
        return Figure(None, gain.shown, deviation.problem)
    bound = gain.value + NormalDist().inv_cdf(tail) * deviation.value
    if not math.isfinite(bound):
        return Figure(None, gain.shown, f"a gain of {gain.value:g} +- {deviation.value:g} has no bound")
    return Figure(bound, bound)


def _worst(findings: Iterator[Finding]) -> Finding | None:
    """The first that does not hold, else the first."""
    found = list(findings)
    return next((finding for finding in found if not finding.held), found[0] if found else None)


def _no_slice(by: str) -> Finding:
    return Finding(
        False, None, "groups", f"the report has no groups of rows by {by!r}; does the use case declare them?"
    )
