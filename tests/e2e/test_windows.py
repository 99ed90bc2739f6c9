"""Nights repeated by a backfill, and new data that starts a training."""

from __future__ import annotations

import pytest

from tests.support.polling import eventually
from tests.support.stack import DAG_ID, LocalStack

pytestmark = pytest.mark.local_only

NIGHTS = ("2026-03-30", "2026-03-31")


def test_a_backfill_repeats_each_night_on_its_own_days_oldest_first_and_ships_nothing(stack: LocalStack) -> None:
    dates = ("--from-date", NIGHTS[0], "--to-date", "2026-04-01")
    created = stack.call("airflow", "backfill", "create", "--dag-id", DAG_ID, *dates, "--max-active-runs", "1")
    assert created.returncode == 0, created.stdout + created.stderr
    runs = stack.backfilled(len(NIGHTS), 300)
    assert [run["state"] for run in runs] == ["success", "success"]
    assert runs[0]["end_date"] <= runs[1]["start_date"]
    resolved = [stack.result(run["dag_run_id"], "resolve") for run in runs]
    assert [each["window"]["end"] for each in resolved] == list(NIGHTS)
    assert [each["data"]["last_day"] for each in resolved] == ["2026-03-29", "2026-03-30"]
    assert [each["data"]["objects"] for each in resolved] == [30, 31]
    registered = [stack.result(run["dag_run_id"], "register") for run in runs]
    assert {each["approval_status"] for each in registered} == {"Rejected"}


def test_new_data_starts_a_training_on_it(stack: LocalStack) -> None:
    arrived = stack.call("data")
    assert arrived.returncode == 0, arrived.stdout + arrived.stderr
    assert "day=2026-04-01/" in arrived.stdout
    (run,) = eventually(lambda: stack.runs("asset_triggered"), "the run that the event starts", 60)
    assert stack.finished(run["dag_run_id"])["run"] == "success"
    resolved = stack.result(run["dag_run_id"], "resolve")
    assert resolved["window"]["end"] == "2026-04-02"
    assert (resolved["data"]["last_day"], resolved["data"]["objects"]) == ("2026-04-01", 33)
