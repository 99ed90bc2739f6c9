"""New days of sample data: they arrive in the local S3, and Airflow is told."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

from deploy.local.stack import Stack

DAY = re.compile(r"/day=(\d{4}-\d{2}-\d{2})/")


def arrive(stack: Stack, use_case: str, days: int) -> None:
    """Let the next days come, and say so to the DAGs that wait for it. Raises Failure."""
    stack.require_up()
    lines = stack.add_days(use_case, days)
    end = window_end(lines)
    # Named in dags/assets.py.
    stack.airflow().announce(f"{use_case}_data", {"window_end": end})
    print("\n".join([*lines, f"Airflow is told: the data of {use_case} is there up to {end}, exclusive"]))


def window_end(lines: Iterable[str]) -> str:
    """The day after the last that URIs in these lines name."""
    last = max(date.fromisoformat(day) for line in lines for day in DAY.findall(line))
    return (last + timedelta(days=1)).isoformat()
