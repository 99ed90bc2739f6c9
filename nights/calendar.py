"""`python -m nights.calendar USE_CASE TIMEZONE BEGIN NIGHTS FILE`: a plan of nights, by the DAGs' own timetables.

Runs in Airflow's environment, which has no data libraries; the nights themselves run in that of the jobs.
"""

from __future__ import annotations

import pickle
import runpy
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pendulum
from airflow.sdk import DAG
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.base import DataInterval, TimeRestriction

from lifecycle.monitoring import monitoring_dag
from lifecycle.training import training_dag
from nights.plan import Plan

DAGS = Path(__file__).resolve().parents[1] / "dags"


def due(dag: DAG, begin: datetime, end: datetime) -> Iterator[datetime]:
    """When the scheduler starts runs of a DAG from ``begin`` on and before ``end``, as its database has it."""
    timetable: Any = DagSerialization.from_dict(DagSerialization.to_dict(dag)).timetable
    restriction = TimeRestriction(earliest=pendulum.instance(begin), latest=None, catchup=True)
    last: DataInterval | None = None
    while (info := timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)) is not None:
        if info.run_after >= end:
            return
        yield datetime.fromtimestamp(info.run_after.timestamp(), tz=begin.tzinfo)
        last = info.data_interval


def plan(name: str, timezone: str, begin: date, nights: int) -> Plan:
    """The plan of so many nights from the midnight that opens ``begin`` on, were the use case's zone ``timezone``."""
    declared = replace(runpy.run_path(str(DAGS / f"{name}.py"))["USE_CASE"], timezone=timezone)
    zone, utc = ZoneInfo(timezone), ZoneInfo("UTC")
    first, last = (
        datetime.combine(day, time(), zone).astimezone(utc) for day in (begin, begin + timedelta(days=nights))
    )
    return Plan(
        use_case=name,
        timezone=timezone,
        begin=first,
        end=last,
        training=tuple(due(training_dag(declared), first, last)),
        monitoring=tuple(due(monitoring_dag(declared), first, last)),
        gate=declared.gate,
        drift=declared.monitoring.drift,
    )


def main(name: str, timezone: str, begin: str, nights: str, file: str) -> None:
    """Write the plan to a file."""
    Path(file).write_bytes(pickle.dumps(plan(name, timezone, date.fromisoformat(begin), int(nights))))


if __name__ == "__main__":
    main(*sys.argv[1:])
