"""Night after night: what is due is done, what was found is decided on, and every decision is one line of the log."""

from __future__ import annotations

import heapq
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from mlops_sagemaker import baselines, drift, gates, traffic, windows
from mlops_sagemaker.baselines import Measured
from mlops_sagemaker.drift import Action, Outcome
from mlops_sagemaker.errors import UserError
from nights.jobs import Champion, JobFailed, Jobs
from nights.plan import TRAINING_TAKES, Plan
from nights.world import World

DAYS_BEFORE = 2
"""How many days of data are there when the first day begins."""
LABEL_DELAY = 1
"""How many days after its end a day's labels are looked for."""
TRAFFIC, TRAINING, MONITORING, DECISION, BASELINE = "traffic", "training", "monitoring", "decision", "baseline"
HOUR = timedelta(hours=1)

Entry = dict[str, Any]


class Nights:
    """The lifecycle of a use case through a plan, in a world. Iterating gives the log."""

    def __init__(self, plan: Plan, world: World, jobs: Jobs) -> None:
        self._plan, self._world, self._jobs = plan, world, jobs
        self._zone = ZoneInfo(plan.timezone)
        self._champions: list[tuple[datetime, Champion]] = []
        self._memory = drift.Memory()
        self._days: list[str] = []
        self._versions = 0
        self._runs = 0
        self._order = count()
        self._due: list[tuple[datetime, int, str, Mapping[str, Any]]] = []

    def __iter__(self) -> Iterator[Entry]:
        hour = self._plan.begin
        while hour < self._plan.end:
            self._put(hour + HOUR, TRAFFIC, {})
            hour += HOUR
        for moment in self._plan.training:
            self._put(moment, TRAINING, {})
        for moment in self._plan.monitoring:
            self._put(moment, MONITORING, {})
        while self._due:
            moment, _, what, told = heapq.heappop(self._due)
            if what == TRAFFIC:
                self._ask(moment - HOUR)
            elif any(each.holds(moment) for each in self._world.blackouts):
                if what == TRAINING:
                    yield self._entry(moment, what, "missed", "Airflow was down; no night is made up for")
            elif what == TRAINING:
                yield from self._train(moment, told)
            else:
                yield from self._watch(moment)

    def _ask(self, hour: datetime) -> None:
        """Production is asked, and captures what."""
        champion, rows = self._served(hour), self._world.asked(hour)
        if champion is not None and rows:
            self._jobs.capture(rows, champion, hour, self._world.lateness(hour))

    def _put(self, moment: datetime, what: str, told: Mapping[str, Any]) -> None:
        # The number decides between what is due at once.
        heapq.heappush(self._due, (moment, next(self._order), what, told))

    def _train(self, moment: datetime, told: Mapping[str, Any]) -> Iterator[Entry]:
        """A run of training: a night's, or one that an event with an ``extra`` has started."""
        self._receive(moment)
        extras = [told] if told else []
        window = windows.resolve(
            None, None if told else moment, moment, self._plan.timezone, extras, self._plan.window_days
        )
        served = self._served(moment)
        entry = partial(self._entry, moment, TRAINING, why="drift" if told else "night", window=str(window.end))
        self._runs += 1
        run = self._jobs.folder / "runs" / str(self._runs)
        try:
            _, *objects = window.manifest("data/", [f"day={day}/rows.csv" for day in self._days])
            report = self._jobs.train(run, objects, served)
        except (UserError, JobFailed) as error:
            yield entry("failed", str(error))
            return
        verdict = gates.decide(report, self._plan.gate, champion=served is not None)
        if verdict.promoted is not None:
            self._versions += 1
            self._champions.append((moment + TRAINING_TAKES, Champion(self._versions, run, verdict.promoted)))
            yield entry("promoted", verdict.reason, version=self._versions)
            return
        yield entry("refused", verdict.reason)
        cause = baselines.latest(extras)
        if served is not None and cause is not None:
            yield self._rebaseline(moment, served, run, cause, objects, report)
        shutil.rmtree(run)

    def _rebaseline(
        self,
        moment: datetime,
        served: Champion,
        run: Path,
        cause: Mapping[str, Any],
        objects: Sequence[str],
        report: Any,
    ) -> Entry:
        """The champion stays after a retraining: whether its baseline moves to the data of that."""
        first = windows.day_of(objects[0])
        if first is None:
            raise ValueError(f"{objects[0]} names no day")
        opened = traffic.midnight(first, self._zone)
        compared, _ = served.beside(moment)
        measured = Measured(served.name, compared, opened, report, served.registered.quality.constraints)
        against = baselines.obstacles(self._plan.gate, cause, measured)
        if not against:
            served.move(run, opened)
        outcome, why = ("stays", "; ".join(against)) if against else ("rebaselined", baselines.harmless(cause))
        return self._entry(moment, BASELINE, outcome, why, version=served.version)

    def _receive(self, moment: datetime) -> None:
        """The data of the days that have ended by now."""
        today = moment.astimezone(self._zone).date()
        day = (self._plan.begin - timedelta(days=DAYS_BEFORE)).astimezone(self._zone).date()
        while day < today:
            if str(day) not in self._days and (rows := self._world.data(day, self._zone)):
                self._jobs.store(str(day), rows)
                self._days.append(str(day))
            day += timedelta(days=1)

    def _watch(self, moment: datetime) -> Iterator[Entry]:
        """A run of monitoring: only what is not as ever is told."""
        window = traffic.last_hour("", moment, moment)
        champion = self._served(window.end)
        if champion is None:
            return
        compared, _ = champion.beside(window.end)
        found = {"data": self._jobs.look("data", champion, window, moment)}
        day = traffic.ended_day(window, self._plan.timezone, LABEL_DELAY)
        # Of what another has done it is not decided.
        if day is not None and self._served(day.end) is champion:
            found["model"] = self._jobs.look("model", champion, day, moment)
        outcomes = {name: Outcome(each["status"]) for name, each in found.items()}
        decision = drift.decide(self._plan.drift, self._memory, window.end, champion.name, outcomes, {"data": compared})
        self._memory = decision.memory
        if decision.action is Action.RETRAIN:
            where = window.document(), found.values(), self._plan.timezone, self._plan.retraining_days
            self._put(moment, TRAINING, baselines.event(decision, champion.name, compared, *where))
        for name, each in found.items():
            if outcomes[name] is not Outcome.OK:
                yield self._entry(moment, name, str(outcomes[name]), each["reason"], version=champion.version)
        for action in (decision.action if decision.action is not Action.NONE else "", decision.silent and "silence"):
            if action:
                yield self._entry(moment, DECISION, str(action), decision.reason, version=champion.version)

    def _served(self, moment: datetime) -> Champion | None:
        return next((each for since, each in reversed(self._champions) if since <= moment), None)

    def _entry(self, moment: datetime, what: str, outcome: str, reason: str, **more: Any) -> Entry:
        planted = self._world.drift(moment)
        return {
            "at": moment.astimezone(self._zone).isoformat(),
            "what": what,
            "outcome": outcome,
            "reason": reason,
            "planted": f"{planted.kind} of {planted.column}" if planted else "",
            **more,
        }


def line(entry: Entry) -> str:
    """An entry as it stands in the log."""
    return json.dumps(entry, sort_keys=True) + "\n"
