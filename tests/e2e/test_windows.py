"""Nights repeated by a backfill, new data that starts a training, and files that are brought."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.local.environment import AIRFLOWS_KEY
from deploy.samples import SAMPLES
from tests.support.calls import asked, lines
from tests.support.permissions import refusals
from tests.support.polling import eventually
from tests.support.stack import BUCKET, DAG_ID, LocalStack

pytestmark = pytest.mark.local_only

INGESTION = "abalone_ingestion"
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


def test_a_file_that_is_brought_is_trained_on_once(stack: LocalStack, tmp_path: Path) -> None:
    trained, rows = len(stack.runs("asset_triggered")), list(SAMPLES["abalone"].days())[40][1]
    brought = ingest(stack, tmp_path / "forty rows.csv", rows)
    assert "Taken          forty rows.csv, 40 rows: s3://" in brought, brought
    assert "Test metrics" in brought
    *_, run = stack.runs("asset_triggered")
    resolved, settled = stack.result(run["dag_run_id"], "resolve"), settlements(stack)[0]
    day = date.fromisoformat(resolved["data"]["last_day"])
    assert resolved["window"]["end"] == (day + timedelta(days=1)).isoformat()
    (taken,) = settled["taken"]
    assert taken["where"].startswith(f"s3://{BUCKET}/abalone/data/day={day}/")
    assert stack.aws.read(taken["where"]) == rows
    assert "has the content of day=" in ingest(stack, tmp_path / "forty rows.csv", rows)
    assert len(stack.runs("asset_triggered")) == trained + 1


def test_a_malformed_file_is_kept_apart_reported_and_told_of(stack: LocalStack, tmp_path: Path) -> None:
    trained = len(stack.runs("asset_triggered"))
    rows = list(SAMPLES["abalone"].days())[41][1].replace(b"\nM,0.", b"\nM,long.", 1)
    brought = ingest(stack, tmp_path / "bad.csv", rows)
    assert "column 'length': is not a number" in brought, brought
    (refused,) = settlements(stack)[0]["refused"]
    assert stack.aws.read(refused["where"]) == rows
    assert json.loads(stack.aws.read(refused["report"]))["problems"][0]["column"] == "length"
    assert len(eventually(lambda: notices(stack, "bad.csv"), "the notice")) == 1
    assert stack.aws.s3.list_objects_v2(Bucket=BUCKET, Prefix="abalone/incoming/")["KeyCount"] == 0
    assert len(stack.runs("asset_triggered")) == trained


def test_airflow_may_do_all_that_files_ask_for(stack: LocalStack) -> None:
    wanted = {each for line in lines(stack.calls, AIRFLOWS_KEY) for each in asked(line)}
    deleted = {
        each.resource.removeprefix(f"arn:aws:s3:::{BUCKET}/") for each in wanted if each.action == "s3:DeleteObject"
    }
    assert "abalone/incoming/forty rows.csv" in deleted
    assert list(refusals("Airflow", wanted)) == []


def ingest(stack: LocalStack, file: Path, content: bytes) -> str:
    """Bring a file; what the command said became of it."""
    file.write_bytes(content)
    done = stack.call("ingest", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def ingestions(stack: LocalStack) -> list[dict[str, Any]]:
    """The runs of the ingestion, the latest first."""
    return list(stack.airflow.request("GET", f"dags/{INGESTION}/dagRuns?limit=100&order_by=-run_after")["dag_runs"])


def settlements(stack: LocalStack) -> list[Any]:
    """What the runs that had files have made of them, the latest first."""
    ran = [
        run["dag_run_id"]
        for run in ingestions(stack)
        for task in stack.airflow.task_instances(INGESTION, run["dag_run_id"])
        if task["task_id"] == "settle" and task["state"] == "success"
    ]
    return [stack.airflow.result(INGESTION, run_id, "settle") for run_id in ran]


def notices(stack: LocalStack, about: str) -> list[str]:
    """The notices that have come to the queue which keeps them, and name something."""
    sqs = stack.aws.client("sqs")
    url = sqs.get_queue_url(QueueName="nightshift-notices")["QueueUrl"]
    found = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        found += [message["Body"] for message in messages]
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [body for body in found if about in body]
