"""A month of nights, repeated unattended by Airflow's own backfill, on a stack of its own."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from deploy.local.http import HttpError
from tests.support.polling import eventually
from tests.support.stack import DAG_ID, LocalStack

pytestmark = [pytest.mark.soak, pytest.mark.local_only]

FIRST, BY_COMMAND, BY_API = datetime.date(2026, 3, 1), 28, 3
A_NIGHT_SECONDS = 180.0


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[LocalStack]:
    one = LocalStack(tmp_path, os.environ)
    up = one.call("up")
    assert up.returncode == 0, up.stdout + up.stderr
    eventually(lambda: known(one), "the DAG", 120)
    one.airflow.unpause(DAG_ID)
    yield one
    assert one.call("down").returncode == 0


def known(stack: LocalStack) -> bool:
    try:
        return bool(stack.airflow.dag(DAG_ID))
    except HttpError:
        return False


def active(stack: LocalStack) -> bool:
    backfills = stack.airflow.request("GET", f"backfills?dag_id={DAG_ID}")["backfills"]
    return any(backfill["completed_at"] is None for backfill in backfills)


def day(number: int) -> str:
    return (FIRST + datetime.timedelta(days=number)).isoformat()


def by_command(stack: LocalStack, first: int, nights: int) -> None:
    """Repeat nights as docs/data.md says."""
    dates = ("--from-date", day(first), "--to-date", day(first + nights))
    command = ("airflow", "backfill", "create", "--dag-id", DAG_ID, *dates, "--max-active-runs", "1")
    created = stack.call(*command)
    assert created.returncode == 0, created.stdout + created.stderr


def by_api(stack: LocalStack, first: int, nights: int) -> None:
    """The same as the UI does it."""
    dates = {"from_date": f"{day(first)}T00:00:00Z", "to_date": f"{day(first + nights)}T00:00:00Z"}
    stack.airflow.request("POST", "backfills", {"dag_id": DAG_ID, **dates, "max_active_runs": 1})


@pytest.mark.timeout(A_NIGHT_SECONDS * (BY_COMMAND + BY_API))
def test_a_month_of_nights_is_repeated_each_on_its_own_days(stack: LocalStack) -> None:
    by_command(stack, 0, BY_COMMAND)
    stack.backfilled(BY_COMMAND, A_NIGHT_SECONDS * BY_COMMAND)
    eventually(lambda: not active(stack), "the end of the first backfill", 300)
    by_api(stack, BY_COMMAND, BY_API)
    runs = stack.backfilled(BY_COMMAND + BY_API, A_NIGHT_SECONDS * BY_API)
    assert {run["state"] for run in runs} == {"success"}
    for number, run in enumerate(runs):
        resolved = stack.result(run["dag_run_id"], "resolve")
        assert (resolved["window"]["end"], resolved["run_type"]) == (day(number), "backfill")
        objects = json.loads(stack.aws.read(resolved["data"]["manifest"]))[1:]
        assert [name[4:14] for name in objects] == [day(each) for each in range(-1, number)]
    assert all(earlier["end_date"] <= later["start_date"] for earlier, later in pairwise(runs))
    report(stack, runs)


def report(stack: LocalStack, runs: list[dict[str, Any]]) -> None:
    """Print what became of the month; none of it may be waiting for an approval."""
    nights = {run["dag_run_id"] for run in runs}
    packages = [stack.package(version) for version in stack.versions()]
    own = [package for package in packages if package["CustomerMetadataProperties"]["run_id"] in nights]
    assert {package["ModelApprovalStatus"] for package in own} == {"Rejected"}
    ends = [
        datetime.datetime.fromisoformat(run[name]) for run, name in ((runs[0], "start_date"), (runs[-1], "end_date"))
    ]
    print(f"{len(runs)} nights in {(ends[1] - ends[0]).total_seconds():.0f} s, {len(own)} versions")
