"""A world that is played from a seed: what production is asked, what data comes, and what goes wrong."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from deploy.traffic import Planted, Row

REQUESTS = (60, 120)
"""How many rows an hour production is asked, at least and at most."""
ROWS_A_DAY = 2200
QUIET_DAYS, DRIFT_DAYS = (12, 40), (4, 14)
"""How long nothing drifts, and how long a drift lasts."""
OUTAGE_HOURS = (3, 30)
LABEL_HOURS = 12.0
"""How many hours a label takes on average."""
HOUR = timedelta(hours=1)
DRIFTS = {
    "abalone": (
        Planted("shift", "length", 0.15),
        Planted("scale", "whole_weight", 1.6),
        Planted("unit", "height"),
        Planted("category", "sex", 0.3),
        Planted("label", "rings", 1.3),
        Planted("missing", "diameter"),
    ),
    "churn": (
        Planted("scale", "Day Mins", 1.6),
        Planted("shift", "CustServ Calls", 2.0),
        Planted("unit", "Eve Mins"),
        Planted("category", "State", 0.3),
        Planted("label", "Churn?", 0.3, ("False.", "True.")),
        Planted("missing", "Intl Calls"),
    ),
}
"""By use case the drifts that follow on each other."""


@dataclass(frozen=True)
class Episode:
    """Something that is so from ``start`` on and before ``end``; ``planted`` is None for an outage."""

    start: datetime
    end: datetime
    planted: Planted | None = None

    def holds(self, moment: datetime) -> bool:
        """Whether it is so then."""
        return self.start <= moment < self.end


class World:
    """The rows of a CSV file with a header, drawn again and again; the same ``seed`` draws the same.

    ``drifts`` follow on each other with quiet days between; ``silences`` are hours in which nobody asks, ``blackouts``
    such in which Airflow itself is down, ``missing`` days of which no data comes.
    """

    def __init__(self, file: Path, seed: int, begin: datetime, end: datetime, kinds: Sequence[Planted]) -> None:
        with file.open(newline="") as stream:
            self._rows: list[Row] = list(csv.DictReader(stream))
        self._seed = seed
        self.drifts = self._episodes("drift", begin, end, kinds)
        self.silences = self._outages("silence", begin, end, 45)
        self.blackouts = self._outages("blackout", begin, end, 60)
        self.missing = {each.start.date() for each in self._outages("missing", begin, end, 25)}

    def asked(self, hour: datetime) -> list[Row]:
        """What production is asked in the hour that begins then."""
        if any(each.holds(hour) for each in self.silences):
            return []
        random = self._random("traffic", hour.isoformat())
        return [self._row(random, hour) for _ in range(random.randint(*REQUESTS))]

    def lateness(self, hour: datetime) -> Iterator[timedelta]:
        """How long after the hour each of its labels comes: most within a day, some much later."""
        random = self._random("labels", hour.isoformat())
        while True:
            yield HOUR * int(random.expovariate(1 / LABEL_HOURS))

    def data(self, day: date, zone: ZoneInfo) -> list[Row]:
        """The labelled rows of a day, a share of them from each of its hours; none if they never came."""
        if day in self.missing:
            return []
        random, midnight = self._random("data", day.isoformat()), datetime.combine(day, time(), zone)
        return [
            self._row(random, midnight.astimezone(ZoneInfo("UTC")) + random.random() * 24 * HOUR)
            for _ in range(ROWS_A_DAY)
        ]

    def drift(self, moment: datetime) -> Planted | None:
        """The drift that is planted then."""
        return next((each.planted for each in self.drifts if each.holds(moment)), None)

    def _row(self, random: Random, moment: datetime) -> Row:
        row, drift = random.choice(self._rows), self.drift(moment)
        return drift.into(row, random) if drift else dict(row)

    def _episodes(self, what: str, begin: datetime, end: datetime, kinds: Sequence[Planted]) -> list[Episode]:
        random, start = self._random(what), begin
        episodes: list[Episode] = []
        while (start := start + HOUR * random.randint(*(24 * days for days in QUIET_DAYS))) < end:
            over = start + HOUR * random.randint(*(24 * days for days in DRIFT_DAYS))
            episodes.append(Episode(start, over, kinds[len(episodes) % len(kinds)]))
            start = over
        return episodes

    def _outages(self, what: str, begin: datetime, end: datetime, every_days: int) -> list[Episode]:
        random, start = self._random(what), begin
        outages: list[Episode] = []
        while (start := start + HOUR * random.randint(24, 48 * every_days)) < end:
            outages.append(Episode(start, start + HOUR * random.randint(*OUTAGE_HOURS)))
        return outages

    def _random(self, *what: object) -> Random:
        return Random("/".join(map(str, (self._seed, *what))))
