"""Night after night: what is due is done, what was found is decided on, and every decision is one line of the log."""

from __future__ import annotations

import heapq
import json
import shutil
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from mlops_sagemaker import drift, gates, traffic, windows
from mlops_sagemaker.drift import Action, Outcome
from mlops_sagemaker.errors import UserError
from nights.jobs import Champion, JobFailed, Jobs
from nights.plan import Plan
from nights.world import World

WINDOW_DAYS, RETRAINING_DAYS = 2, 1
"""How many days of data a night trains on, and a retraining after drift."""
TRAINING_TAKES = timedelta(minutes=40)
"""From a training's start until what it has promoted serves."""
LABEL_DELAY = 1
"""How many days after its end a day's labels are looked for."""
TRAFFIC, TRAINING, MONITORING, DECISION = "traffic", "training", "monitoring", "decision"
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
                yield self._train(moment, told)
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

    def _train(self, moment: datetime, told: Mapping[str, Any]) -> Entry:
        """A run of training: a night's, or one that an event with an ``extra`` has started."""
        self._receive(moment)
        extras = [told] if told else []
        window = windows.resolve(None, None if told else moment, moment, self._plan.timezone, extras, WINDOW_DAYS)
        why, served = "drift" if told else "night", self._served(moment)
        self._runs += 1
        run = self._jobs.folder / "runs" / str(self._runs)
        try:
            _, *objects = window.manifest("data/", [f"day={day}/rows.csv" for day in self._days])
            report = self._jobs.train(run, objects, served)
        except (UserError, JobFailed) as error:
            return self._entry(moment, TRAINING, "failed", str(error), why=why, window=str(window.end))
        verdict = gates.decide(report, self._plan.gate, champion=served is not None)
        if verdict.promoted is None:
            shutil.rmtree(run)
            return self._entry(moment, TRAINING, "refused", verdict.reason, why=why, window=str(window.end))
        self._versions += 1
        self._champions.append((moment + TRAINING_TAKES, Champion(self._versions, run, verdict.promoted)))
        return self._entry(
            moment, TRAINING, "promoted", verdict.reason, why=why, window=str(window.end), version=self._versions
        )

    def _receive(self, moment: datetime) -> None:
        """The data of the days that have ended by now."""
        today = moment.astimezone(self._zone).date()
        day = (self._plan.begin - timedelta(days=WINDOW_DAYS)).astimezone(self._zone).date()
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
        found = {"data": self._jobs.look("data", champion, window, moment)}
        day = traffic.ended_day(window, self._plan.timezone, LABEL_DELAY)
        if day is not None and self._served(day.end) is champion:
            found["model"] = self._jobs.look("model", champion, day, moment)
        outcomes = {name: Outcome(each["status"]) for name, each in found.items()}
        decision = drift.decide(self._plan.drift, self._memory, window.end, str(champion.version), outcomes)
        self._memory = decision.memory
        if decision.action is Action.RETRAIN:
            end = str(traffic.day_of(window.document()["end"], self._plan.timezone))
            self._put(moment, TRAINING, {windows.WINDOW_END: end, windows.WINDOW_DAYS: RETRAINING_DAYS})
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
