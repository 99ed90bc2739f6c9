"""What follows from what monitoring found: retrain, call people, or wait. Decided from outcomes alone, without AWS.

Each check of a window ends as ``ok``, ``violations`` or ``no_data``. What earlier windows came to is the memory; a
window's step makes of memory and outcomes a decision and the next memory, so the same windows are always decided alike.

A check is in drift from a window in violation, when ``violations`` of its last ``windows`` are, until as many windows
with data in a row as ``windows`` were ok. What was found of one champion does not count against the next. Drift asks
for a retraining, after each of which the cool-down must pass before anything else; once ``retrainings`` of them have
not ended a check's drift, people are called, once. That check then waits for them, and no other does; when its drift
has ended, it starts anew.

To a check whose baseline has moved the champion counts as another one: what is compared with something else begins
anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any


class Outcome(StrEnum):
    """What a check found in a window."""

    OK = "ok"
    VIOLATIONS = "violations"
    NO_DATA = "no_data"


class Action(StrEnum):
    """What a window's decision asks for."""

    NONE = "none"
    RETRAIN = "retrain"
    ESCALATE = "escalate"


@dataclass(frozen=True)
class Check:
    """What a check calls drift: the latest window in violation, and at least ``violations`` of the last ``windows``.

    A window is ``period`` long. When there was no data for ``silence``, that is told. Raises ValueError for a rule that
    could not hold.
    """

    period: timedelta
    silence: timedelta
    violations: int = 2
    windows: int = 5

    def __post_init__(self) -> None:
        if not 1 <= self.violations <= self.windows:
            raise ValueError(
                f"{self.violations} of the last {self.windows} windows: declare 1 <= violations <= windows"
            )
        if not timedelta(0) < self.period <= self.silence:
            raise ValueError(f"silence of {self.silence}: declare at least one window, which is {self.period} long")


@dataclass(frozen=True)
class DriftPolicy:
    """The checks, and what follows from their drift: a retraining no sooner than ``cool_down`` after the last, and
    people once ``retrainings`` did not help. Raises ValueError for negative ones."""

    checks: Mapping[str, Check]
    cool_down: timedelta = timedelta(days=1)
    retrainings: int = 3

    def __post_init__(self) -> None:
        if self.cool_down < timedelta(0) or self.retrainings < 0:
            raise ValueError(f"cool_down {self.cool_down} and retrainings {self.retrainings} must not be negative")


@dataclass(frozen=True)
class Looked:
    """One check so far: its last windows by their end, how many ok ones in a row, since when it has no data; whether it
    is in drift, how many retrainings that has had, and whether people have been called.

    ``since`` is when the violations began that have come again and again, the last at ``violated_at``.
    """

    recent: tuple[tuple[datetime, Outcome], ...] = ()
    calm: int = 0
    since: datetime | None = None
    violated_at: datetime | None = None
    drifting: bool = False
    attempts: int = 0
    escalated: bool = False
    silent_since: datetime | None = None
    silence_told: bool = False


@dataclass(frozen=True)
class Memory:
    """What is carried from window to window: ``at`` is the end of the last, in which ``champion`` was looked at, by
    each check beside what is ``compared``."""

    at: datetime | None = None
    champion: str = ""
    checks: Mapping[str, Looked] = field(default_factory=dict)
    retrained_at: datetime | None = None
    compared: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """The memory as JSON, which `remembered` reads."""
        return {
            "at": _text(self.at),
            "champion": self.champion,
            "checks": {name: _document(looked) for name, looked in self.checks.items()},
            "retrained_at": _text(self.retrained_at),
            "compared": dict(self.compared),
        }


@dataclass(frozen=True)
class Decision:
    """What follows from a window. ``drifting`` are the checks that are in drift by this very window, ``silent`` those
    whose silence is to be told now."""

    action: Action
    reason: str
    drifting: tuple[str, ...]
    silent: tuple[str, ...]
    memory: Memory

    @property
    def since(self) -> datetime | None:
        """From when on what is in drift has been in violation again and again; None if nothing is."""
        drifting = (each for each in self.memory.checks.values() if each.drifting)
        return max((each.since for each in drifting if each.since is not None), default=None)


def decide(
    policy: DriftPolicy,
    memory: Memory,
    at: datetime,
    champion: str,
    outcomes: Mapping[str, Outcome],
    compared: Mapping[str, str] = MappingProxyType({}),
) -> Decision:
    """The decision on the window that ends ``at``, of which the checks that were due found ``outcomes``; ``champion``
    names what was looked at, ``compared`` by check what that was compared with, where that can move.

    Raises ValueError for a window that is not later than the last.
    """
    if memory.at is not None and at <= memory.at:
        raise ValueError(f"the window that ends at {at} comes after that of {memory.at}: decide windows in their order")
    before = {n: c if _same(memory, n, champion, compared) else _forgotten(c) for n, c in memory.checks.items()}
    seen = {name: _seen(policy, name, before.get(name, Looked()), at, outcome) for name, outcome in outcomes.items()}
    checks = {**before, **seen}
    drifting = tuple(name for name, looked in seen.items() if _in_violation(policy.checks[name], looked, at))
    silent = tuple(name for name in seen if checks[name].silence_told and not before.get(name, Looked()).silence_told)
    remembered = replace(memory, at=at, champion=champion, checks=checks, compared=dict(compared))
    action, why = _action(policy, remembered, drifting, at)
    told = [*(_drift(policy.checks[name], name, seen[name]) for name in drifting), why]
    told += [f"{name}: no data since {checks[name].silent_since:%Y-%m-%d %H:%M %Z}" for name in silent]
    after = _acted(policy, remembered, drifting, action)
    return Decision(action, "; ".join(filter(None, told)), drifting, silent, after)


def remembered(document: Mapping[str, Any]) -> Memory:
    """The memory in its JSON. Raises KeyError, TypeError or ValueError for anything else."""
    return Memory(
        at=_time(document["at"]),
        champion=document["champion"],
        checks={name: _looked(each) for name, each in document["checks"].items()},
        retrained_at=_time(document["retrained_at"]),
        compared=document.get("compared", {}),  # older memories do not say
    )


def _same(memory: Memory, check: str, champion: str, compared: Mapping[str, str]) -> bool:
    """Whether a check looks at what it looked at before, beside the same; without a baseline that can move, that is the
    champion's own."""
    before = memory.champion, memory.compared.get(check, memory.champion)
    return before == (champion, compared.get(check, champion))


def _forgotten(looked: Looked) -> Looked:
    """What stays of a check when another champion serves: that there was drift, which the new one has yet to end."""
    return replace(looked, recent=(), calm=0, since=None, violated_at=None)


def _seen(policy: DriftPolicy, name: str, looked: Looked, at: datetime, outcome: Outcome) -> Looked:
    """The check after one more window."""
    check = policy.checks[name]
    recent = (*looked.recent, (at, outcome))[-check.windows :]
    calm = looked.calm if outcome is Outcome.NO_DATA else looked.calm + 1 if outcome is Outcome.OK else 0
    since = (looked.silent_since or at - check.period) if outcome is Outcome.NO_DATA else None
    after = Looked(
        recent=tuple((end, each) for end, each in recent if end > at - check.windows * check.period),
        calm=calm,
        since=looked.since,
        violated_at=looked.violated_at,
        silent_since=since,
        silence_told=since is not None and at - since >= check.silence,
    )
    if outcome is Outcome.VIOLATIONS:
        after = replace(after, since=_began(policy, check, looked, at), violated_at=at)
    if _in_violation(check, after, at) or (looked.drifting and calm < check.windows):
        return replace(after, drifting=True, attempts=looked.attempts, escalated=looked.escalated)
    return after


def _began(policy: DriftPolicy, check: Check, looked: Looked, at: datetime) -> datetime:
    """When the violations began of which this is one: a small drift shows in some windows only, and one violation is as
    that before it if no more than the cool-down lies between them, or as many windows as are looked at."""
    again = max(policy.cool_down, check.windows * check.period)
    if looked.since is None or looked.violated_at is None or at - looked.violated_at > again:
        return at - check.period
    return looked.since


def _in_violation(check: Check, looked: Looked, at: datetime) -> bool:
    return looked.recent[-1] == (at, Outcome.VIOLATIONS) and _violations(looked) >= check.violations


def _violations(looked: Looked) -> int:
    return sum(outcome is Outcome.VIOLATIONS for _, outcome in looked.recent)


def _action(policy: DriftPolicy, memory: Memory, drifting: Sequence[str], at: datetime) -> tuple[Action, str]:
    if not drifting:
        return Action.NONE, ""
    if memory.retrained_at is not None and at - memory.retrained_at < policy.cool_down:
        return Action.NONE, f"no retraining before {memory.retrained_at + policy.cool_down:%Y-%m-%d %H:%M %Z}"
    untold, willing = _untold(policy, memory, drifting), _willing(policy, memory, drifting)
    if untold:
        names = ", ".join(untold)
        return Action.ESCALATE, f"{policy.retrainings} retrainings have not ended that of {names}: people must"
    if willing:
        number = 1 + max(memory.checks[name].attempts for name in willing)
        return Action.RETRAIN, f"retraining {number} of {policy.retrainings}"
    return Action.NONE, "people have been called"


def _untold(policy: DriftPolicy, memory: Memory, drifting: Sequence[str]) -> list[str]:
    """The checks that retraining does not help, and of which nobody knows."""
    found = {name: memory.checks[name] for name in drifting}
    return [name for name, looked in found.items() if looked.attempts >= policy.retrainings and not looked.escalated]


def _willing(policy: DriftPolicy, memory: Memory, drifting: Sequence[str]) -> list[str]:
    return [name for name in drifting if memory.checks[name].attempts < policy.retrainings]


def _acted(policy: DriftPolicy, memory: Memory, drifting: Sequence[str], action: Action) -> Memory:
    """The memory after the action, which is of those checks alone that are in drift and that it can help."""
    checks = memory.checks
    if action is Action.RETRAIN:
        tried = {n: replace(checks[n], attempts=checks[n].attempts + 1) for n in _willing(policy, memory, drifting)}
        return replace(memory, checks={**checks, **tried}, retrained_at=memory.at)
    if action is Action.ESCALATE:
        told = {name: replace(checks[name], escalated=True) for name in _untold(policy, memory, drifting)}
        return replace(memory, checks={**checks, **told})
    return memory


def _drift(check: Check, name: str, looked: Looked) -> str:
    return f"{name}: violations in {_violations(looked)} of the last {check.windows} windows and in the latest"


def _document(looked: Looked) -> dict[str, Any]:
    return {
        "recent": [[_text(end), str(outcome)] for end, outcome in looked.recent],
        "calm": looked.calm,
        "since": _text(looked.since),
        "violated_at": _text(looked.violated_at),
        "drifting": looked.drifting,
        "attempts": looked.attempts,
        "escalated": looked.escalated,
        "silent_since": _text(looked.silent_since),
        "silence_told": looked.silence_told,
    }


def _looked(document: Mapping[str, Any]) -> Looked:
    return Looked(
        recent=tuple((datetime.fromisoformat(end), Outcome(outcome)) for end, outcome in document["recent"]),
        calm=document["calm"],
        since=_time(document.get("since")),  # older memories do not say
        violated_at=_time(document.get("violated_at")),
        drifting=document["drifting"],
        attempts=document["attempts"],
        escalated=document["escalated"],
        silent_since=_time(document["silent_since"]),
        silence_told=document["silence_told"],
    )


def _text(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
