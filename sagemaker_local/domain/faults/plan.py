"""A fault plan and its decisions. The same plan over the same calls and jobs decides the same, run after run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from sagemaker_local.domain.faults.effects import Effect, SpotInterruption


@dataclass(frozen=True)
class Call:
    """A request to the API: its operation, the values of its ``...Name`` members, the tags that it gives."""

    operation: str
    names: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Attempt:
    """A job that is about to run: its kind as in ARNs (``training-job``), its name, its tags."""

    kind: str
    name: str
    tags: Mapping[str, str] = field(default_factory=dict)
    spot: bool = False


Subject = Call | Attempt


@dataclass(frozen=True)
class Calls:
    """Which calls: patterns as of file names (``*``, ``?``, ``[ab]``); what is not said is any."""

    operation: str = "*"
    name: str = "*"
    tags: Mapping[str, str] = field(default_factory=dict)

    def match(self, subject: Subject) -> bool:
        """Whether *subject* is one of these calls."""
        return (
            isinstance(subject, Call)
            and fnmatchcase(subject.operation, self.operation)
            and (self.name == "*" or any(fnmatchcase(name, self.name) for name in subject.names))
            and _tagged(subject.tags, self.tags)
        )


@dataclass(frozen=True)
class Jobs:
    """Which jobs: patterns as of file names; what is not said is any."""

    kind: str = "*"
    name: str = "*"
    tags: Mapping[str, str] = field(default_factory=dict)

    def match(self, subject: Subject) -> bool:
        """Whether *subject* is one of these jobs."""
        return (
            isinstance(subject, Attempt)
            and fnmatchcase(subject.kind, self.kind)
            and fnmatchcase(subject.name, self.name)
            and _tagged(subject.tags, self.tags)
        )


def _tagged(tags: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return all(key in tags and fnmatchcase(tags[key], pattern) for key, pattern in wanted.items())


@dataclass(frozen=True)
class Fault:
    """One entry of a plan: whom it strikes, how, how often at most, and with what probability each time."""

    name: str
    strikes: Calls | Jobs
    effect: Effect
    times: int | None = None
    probability: float = 1.0

    def concerns(self, subject: Subject) -> bool:
        """Whether *subject* may be struck by it at all."""
        if isinstance(self.effect, SpotInterruption) and not getattr(subject, "spot", False):
            return False
        return self.strikes.match(subject)


@dataclass(frozen=True)
class Count:
    """How often a fault met a subject that it concerns, and how often it struck."""

    met: int = 0
    struck: int = 0


@dataclass(frozen=True)
class Plan:
    """Faults in order of precedence: of those that concern a subject the first that decides so strikes."""

    faults: tuple[Fault, ...] = ()
    seed: int = 0

    def meet(
        self, subject: Subject, effects: tuple[type[Effect], ...], counts: Mapping[str, Count]
    ) -> tuple[Fault | None, dict[str, Count]]:
        """The fault of one of the types *effects* that strikes *subject*, if any, and the counts that have changed."""
        changed: dict[str, Count] = {}
        for fault in self.faults:
            if not isinstance(fault.effect, effects) or not fault.concerns(subject):
                continue
            count = counts.get(fault.name, Count())
            strikes = self._strikes(fault, count)
            changed[fault.name] = Count(count.met + 1, count.struck + strikes)
            if strikes:
                return fault, changed
        return None, changed

    def _strikes(self, fault: Fault, count: Count) -> bool:
        exhausted = fault.times is not None and count.struck >= fault.times
        return not exhausted and self._chance(fault.name, count.met) < fault.probability

    def _chance(self, name: str, number: int) -> float:
        """A number from 0 up to 1, other for each meeting of a fault, the same whenever the plan is played."""
        digest = hashlib.sha256(f"{self.seed}/{name}/{number}".encode()).digest()
        return int.from_bytes(digest[:8], "big") / (1 << 64)
