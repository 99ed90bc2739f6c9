"""Hours of traffic with drift planted in, and a day of that world's data: `python -m deploy.local.traffic USE_CASE`.

Production's endpoint predicts each row; what SageMaker would have captured of it is laid where capture lies, in the
hours before this one, and the labels, which come late, where they are looked for. Prints the ends of the hours, one a
line. Runs in the airflow environment, which has boto3, with the local endpoint in its environment.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import boto3

from deploy.load import load
from deploy.local.production import champion_of, document, endpoint_of
from deploy.local.settings import BUCKET
from deploy.samples import SAMPLES
from deploy.traffic import PLANTED, Row, captured, ground_truth

LABELS = {"abalone": "rings", "churn": "Churn?"}
HOURS, ROWS, DATA_ROWS = 3, 120, 3000
HOUR = timedelta(hours=1)
LABELS_LATE = HOUR


def send(use_case: str, now: datetime) -> list[str]:
    """Lay traffic, labels and data; the ends of the hours, as Airflow's form takes them."""
    random, rows = Random(f"{use_case}/{now:%Y-%m-%dT%H}"), _rows(use_case)
    planted = PLANTED[use_case]
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    ends = [this_hour - number * HOUR for number in reversed(range(HOURS))]
    for end in ends:
        _lay(use_case, end - HOUR, [planted.into(row, random) for row in random.sample(rows, ROWS)])
    drifted = [planted.into(row, random) for row in random.sample(rows, min(DATA_ROWS, len(rows)))]
    # Any of the hours may find the drift, also one of the day before: its training sees the days before that one.
    known = (ends[0] - HOUR).date() - timedelta(days=1)
    load(boto3.client("s3"), BUCKET, use_case, known, _as_csv(drifted))
    return [f"{end:%Y-%m-%dT%H:%M:%S+00:00}" for end in ends]


def _lay(use_case: str, hour: datetime, rows: Sequence[Row]) -> None:
    """An hour's capture file, and its labels."""
    columns = document(champion_of(use_case)["smoke"])["columns"]
    asked = [{name: row[name] for name in columns if name in row} for row in rows]
    names = [f"{hour:%Y%m%d%H}-{number}" for number in range(len(rows))]
    answers = _predicted(endpoint_of(use_case), asked)
    records = [captured(name, hour, row, answer) for name, row, answer in zip(names, asked, answers, strict=True)]
    labels = [ground_truth(name, row[LABELS[use_case]]) for name, row in zip(names, rows, strict=True)]
    folder = f"{use_case}/capture/{endpoint_of(use_case)}/AllTraffic"
    _put(f"{folder}/{hour:%Y/%m/%d/%H}/00-00-000-planted.jsonl", records)
    _put(f"{use_case}/labels/{hour + LABELS_LATE:%Y/%m/%d/%H}/planted.jsonl", labels)


def _predicted(name: str, rows: Sequence[Mapping[str, str]]) -> list[str]:
    """What the endpoint answers to all of the rows, in one request."""
    body = "".join(f"{json.dumps(dict(row))}\n" for row in rows)
    answer = boto3.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=name, Body=body, ContentType="application/jsonlines", Accept="text/csv"
    )
    found: list[str] = answer["Body"].read().decode().split()
    return found


def _put(key: str, records: Iterable[Mapping[str, Any]]) -> None:
    body = "".join(f"{json.dumps(record)}\n" for record in records)
    boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body.encode())


def _rows(use_case: str) -> list[Row]:
    with SAMPLES[use_case].file.open(newline="") as stream:
        return list(csv.DictReader(stream))


def _as_csv(rows: Sequence[Row]) -> bytes:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode()


if __name__ == "__main__":
    print("\n".join(send(sys.argv[1], datetime.now(UTC))))
