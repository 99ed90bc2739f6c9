"""The gate: a pure function from an evaluation report and a policy to a recorded verdict.

Every enforced rule must be shown to hold for a candidate to be registered; of those that pass all, the best one is.
Whatever a report holds, the answer is a verdict with reasons, and never an error.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from mlops_sagemaker.evaluation import METRICS, NONE, SCORED, Evaluation, Shown
from mlops_sagemaker.rules import Finding, Mode, Rule, Threshold


@dataclass(frozen=True)
class Policy:
    """What a candidate must show. ``metric`` says which of several is the best, and must be a usable number."""

    metric: str
    rules: tuple[Rule, ...]

    def __post_init__(self) -> None:
        names = [rule.name for rule in self.rules]
        if doubled := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two rules are about the same: {', '.join(doubled)}")
        if self.metric not in METRICS:
            raise ValueError(f"no metric is named {self.metric!r}; there are {', '.join(METRICS)}")

    @property
    def threshold(self) -> Threshold | None:
        """The absolute limit of the deciding metric, if there is one."""
        return next((rule for rule in self._thresholds()), None)

    def with_threshold(self, bound: float) -> "Policy":
        """The same with another absolute limit of the deciding metric."""
        own = list(self._thresholds())
        return replace(self, rules=tuple(replace(r, bound=bound) if r in own else r for r in self.rules))

    def _thresholds(self) -> Iterator[Threshold]:
        return (rule for rule in self.rules if isinstance(rule, Threshold) and rule.metric == self.metric)


@dataclass(frozen=True)
class Check:
    """What became of one rule for one candidate. ``held`` is None where the rule was off, or is about a champion and
    there is none."""

    candidate: str
    rule: str
    mode: str
    held: bool | None
    observed: Shown
    required: str
    reason: str

    @property
    def refuses(self) -> bool:
        """Whether it keeps the candidate from being registered."""
        return self.held is False and self.mode == Mode.ENFORCE


@dataclass(frozen=True)
class Verdict:
    """The decision: ``promoted`` is the candidate to register, None if all are refused; ``best`` the one with the best
    metric among the promotable, else among all, None if none has a usable one."""

    promoted: str | None
    best: str | None
    checks: tuple[Check, ...]
    metrics: dict[str, float]
    champion: str

    @property
    def passed(self) -> bool:
        """Whether a candidate may be registered."""
        return self.promoted is not None

    @property
    def reason(self) -> str:
        """All the reasons for the candidate that is promoted, or against those that are refused."""
        told = [check for check in self.checks if check.candidate == self.promoted and check.held]
        if not self.passed:
            told = [check for check in self.checks if check.refuses]
        several = len({check.candidate for check in self.checks}) > 1
        texts = (
            f"{check.candidate}: {check.reason}" if several and check.candidate else check.reason for check in told
        )
        return "; ".join(texts) or "no rule of the policy is enforced, so nothing was shown"

    def record(self) -> dict[str, Any]:
        """The verdict as JSON without NaN or infinity."""
        return {
            "passed": self.passed,
            "candidate": self.promoted,
            "best": self.best,
            "champion": self.champion,
            "reason": self.reason,
            "checks": [asdict(check) for check in self.checks],
            "metrics": self.metrics,
        }


def decide(report: Any, policy: Policy, champion: bool) -> Verdict:
    """The verdict on the candidates of ``report``; never raises, whatever the report holds.

    ``champion`` says that there is a champion, which the report must then have scored.
    """
    evaluation = Evaluation(report)
    if not evaluation.candidates:
        return refusal("candidates", "the report has no candidates; did every training fail?")
    if evaluation.champion != SCORED and (champion or evaluation.champion != NONE):
        return refusal("champion", f"the state of the champion is {evaluation.champion} in the report, not {SCORED}")
    checks = {name: tuple(_checks(evaluation, policy, name)) for name in evaluation.candidates}
    values = {name: evaluation.metric(policy.metric, "candidates", name).value for name in evaluation.candidates}
    good = [name for name in values if _passes(checks[name])]
    best = _best(good or list(values), values, policy.metric)
    return Verdict(
        promoted=best if good else None,
        best=best,
        checks=tuple(check for name in evaluation.candidates for check in checks[name]),
        metrics=evaluation.metrics(best) if best else {},
        champion=str(evaluation.champion),
    )


def shortcomings(report: Any, policy: Policy) -> list[str]:
    """Why the champion of ``report`` is not shown to be good there, by the enforced rules that ask for no rival; empty
    if it is. Never raises, whatever the report holds."""
    evaluation = Evaluation(report)
    if evaluation.champion != SCORED:
        return [f"the state of the champion is {evaluation.champion} in the report, not {SCORED}"]
    asked = [rule for rule in policy.rules if rule.absolute and rule.mode == Mode.ENFORCE]
    if not asked:
        return ["no enforced rule asks what a model is by itself, so nothing was shown"]
    findings = [rule.judge(evaluation.of_champion(), "champion") for rule in asked]
    return [f"the champion: {finding.reason}" for finding in findings if not finding.held]


def refusal(rule: str, reason: str) -> Verdict:
    """The verdict when there is nothing to decide from."""
    return Verdict(None, None, (Check("", rule, Mode.ENFORCE, False, None, "a report", reason),), {}, "unknown")


def _checks(evaluation: Evaluation, policy: Policy, candidate: str) -> Iterator[Check]:
    deciding = evaluation.metric(policy.metric, "candidates", candidate)
    if deciding.value is None:
        enforced = str(Mode.ENFORCE)
        yield Check(candidate, policy.metric, enforced, False, deciding.shown, "a usable number", deciding.problem)
    for rule in policy.rules:
        found = _finding(evaluation, rule, candidate)
        held = None if isinstance(found, str) else found.held
        shown = Finding(False, None, "", found) if isinstance(found, str) else found
        yield Check(candidate, rule.name, str(rule.mode), held, shown.observed, shown.required, shown.reason)


def _finding(evaluation: Evaluation, rule: Rule, candidate: str) -> Finding | str:
    """What a rule finds, or why it is not looked at."""
    if rule.mode == Mode.OFF:
        return "the rule is off"
    if rule.needs_champion and evaluation.champion == NONE:
        return "there is no champion yet"
    return rule.judge(evaluation, candidate)


def _passes(checks: Sequence[Check]) -> bool:
    """Something was asked for, and nothing of it failed."""
    shown = [check for check in checks if check.held and check.mode == Mode.ENFORCE]
    return bool(shown) and not any(check.refuses for check in checks)


def _best(names: Sequence[str], values: dict[str, float | None], metric: str) -> str | None:
    """The name with the best value, the first of equals."""
    usable = {name: value for name in names if (value := values[name]) is not None}
    choose = min if METRICS[metric].lower_is_better else max
    return choose(usable, key=usable.__getitem__) if usable else None
