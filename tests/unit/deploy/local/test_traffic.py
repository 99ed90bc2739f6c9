"""Drifted traffic lies where capture and labels lie, by a real local AWS."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from deploy.local import traffic
from deploy.local.settings import BUCKET
from tests.support.local_aws import LocalAws

NOW = datetime(2099, 3, 2, 12, 40, tzinfo=UTC)  # sample data is of earlier days


@pytest.fixture
def world(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """A champion whose endpoint answers."""
    for name, value in {"ENDPOINT_URL": aws.endpoint, "ACCESS_KEY_ID": "local", "SECRET_ACCESS_KEY": "local"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it would keep these keys for other tests, or theirs for this
    monkeypatch.chdir(Path(__file__).parents[4])
    monkeypatch.setattr(traffic, "_predicted", lambda name, rows: ["9.5"] * len(rows))
    aws.s3.create_bucket(Bucket=BUCKET)
    smoke = {"columns": ["sex", "length"], "rows": [], "predictions": []}
    champion = {"champion": {"smoke": f"s3://{BUCKET}/abalone/smoke.json"}, "previous": None}
    for key, document in {"smoke": smoke, "champion": champion}.items():
        aws.s3.put_object(Bucket=BUCKET, Key=f"abalone/{key}.json", Body=json.dumps(document).encode())


@pytest.fixture
def laid(world: None) -> list[str]:
    return traffic.send("abalone", NOW)


def lines(aws: LocalAws, key: str) -> list[Any]:
    body = aws.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()
    return [json.loads(line) for line in body.splitlines()]


def test_the_hours_before_this_one_are_asked_with_drift_and_labelled_later(aws: LocalAws, laid: list[str]) -> None:
    assert laid == [f"2099-03-02T{hour}:00:00+00:00" for hour in (10, 11, 12)]
    for hour in (9, 10, 11):
        folder = f"abalone/capture/abalone-production/AllTraffic/2099/03/02/{hour:02}"
        records = lines(aws, f"{folder}/00-00-000-planted.jsonl")
        asked = [json.loads(record["captureData"]["endpointInput"]["data"]) for record in records]
        assert {tuple(row) for row in asked} == {("sex", "length")}
        assert sum(float(row["length"]) for row in asked) / len(asked) > 0.8, "half a unit is usual"
        labels = lines(aws, f"abalone/labels/2099/03/02/{hour + 1:02}/planted.jsonl")
        names = [record["eventMetadata"]["inferenceId"] for record in records]
        assert [label["eventMetadata"]["eventId"] for label in labels] == names


def test_after_midnight_the_data_is_known_to_a_training_that_the_evening_before_asks_for(
    aws: LocalAws, world: None
) -> None:
    ends = traffic.send("abalone", datetime(2099, 5, 2, 0, 13, tzinfo=UTC))
    assert ends[0] == "2099-05-01T22:00:00+00:00"
    listed = aws.s3.list_objects_v2(Bucket=BUCKET, Prefix="abalone/data/day=2099-04-30/")
    assert listed["KeyCount"] == 1, "that training's window ends with the last day of April"


def test_a_day_of_the_drifted_worlds_data_has_come(aws: LocalAws, laid: list[str]) -> None:
    listed = aws.s3.list_objects_v2(Bucket=BUCKET, Prefix="abalone/data/day=2099-03-01/")["Contents"]
    (key,) = [each["Key"] for each in listed]
    rows = list(csv.DictReader(aws.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode().splitlines()))
    assert len(rows) == traffic.DATA_ROWS
    assert min(float(row["length"]) for row in rows) > 0.4
