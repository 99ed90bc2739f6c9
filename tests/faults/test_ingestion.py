"""Whatever dies while the ingestion DAG runs: each file is in one place in the end, and one training is asked for."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import pytest

from deploy.local.settings import BUCKET
from deploy.samples import SAMPLES
from tests.faults.conftest import Undisturbed
from tests.faults.left import Registers
from tests.faults.plans import every_task_is_killed_before_and_after_each_change_and_while_it_waits
from tests.faults.stack import DAG_ID, GROUP, FaultyStack
from tests.support.polling import eventually

pytestmark = [pytest.mark.local_only, pytest.mark.timeout(900)]
INGESTION = f"{GROUP}_ingestion"
GOOD = list(SAMPLES[GROUP].days())[40][1]
BAD = GOOD.replace(b"\nM,0.", b"\nM,long.", 1)


@pytest.fixture
def waiting(undisturbed: Undisturbed) -> Iterator[FaultyStack]:
    """The stack, which waits for files and only notes that a training was asked for."""
    stack = undisturbed.stack
    paused(stack, DAG_ID, True)
    eventually(lambda: INGESTION in known(stack), f"the DAG {INGESTION} in Airflow", 300, 0.5)
    paused(stack, INGESTION, False)
    yield stack
    paused(stack, INGESTION, True)
    paused(stack, DAG_ID, False)


def paused(stack: FaultyStack, dag_id: str, whether: bool) -> None:
    stack.airflow.request("PATCH", f"dags/{dag_id}", {"is_paused": whether})


def known(stack: FaultyStack) -> set[str]:
    """The DAGs that Airflow has read so far."""
    return {dag["dag_id"] for dag in stack.airflow.request("GET", "dags")["dags"]}


def announced(stack: FaultyStack) -> int:
    """How many trainings the ingestion has asked for."""
    return int(stack.airflow.request("GET", f"assets/events?source_dag_id={INGESTION}")["total_entries"])


def runs(stack: FaultyStack) -> list[str]:
    found = stack.airflow.request("GET", f"dags/{INGESTION}/dagRuns?limit=100")["dag_runs"]
    return [str(run["state"]) for run in found]


def below(stack: FaultyStack, folder: str) -> list[str]:
    pages = stack.aws.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"{GROUP}/{folder}")
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def test_tasks_killed_at_every_step_of_an_ingestion(waiting: FaultyStack) -> None:
    registers, before, known_data = Registers(waiting), announced(waiting), set(below(waiting, "data/"))
    with waiting.door.following(every_task_is_killed_before_and_after_each_change_and_while_it_waits) as struck:
        for name, content in {"good ü+.csv": GOOD, "bad.csv": BAD}.items():
            waiting.aws.s3.put_object(Bucket=BUCKET, Key=f"{GROUP}/incoming/{name}", Body=content)
        eventually(lambda: announced(waiting) > before, "the event of new data", 800, 1)
        eventually(lambda: {*runs(waiting)} <= {"success", "failed"}, "the end of the runs", 800, 1)
    left = registers.left()
    print(f"\n{Counter(runs(waiting))}; {len(struck)} kills; jobs {dict(left.statuses)}")
    for boundary, times in sorted(Counter(call.boundary for call, _, _ in struck).items()):
        print(f"  {times} x {boundary}")
    assert set(runs(waiting)) == {"success"}
    assert announced(waiting) == before + 1
    (data,) = set(below(waiting, "data/")) - known_data
    assert waiting.aws.read(f"s3://{BUCKET}/{data}") == GOOD
    kept = {key: waiting.aws.read(f"s3://{BUCKET}/{key}") for key in below(waiting, "quarantine/")}
    (refused,) = [content for key, content in kept.items() if key.endswith("/bad.csv")]
    (report,) = [json.loads(content) for key, content in kept.items() if key.endswith(".report.json")]
    assert (refused, report["file"], report["problems"][0]["column"]) == (BAD, "bad.csv", "length")
    assert below(waiting, "incoming/") == []
    assert [key.rpartition("/")[2] for key in below(waiting, "runs/") if "/files/" in key] == ["0001.csv", "0002.csv"]
    # Each of the two files is copied twice and deleted once; the run's three records and the report are written once.
    moments = Counter((call.operation, moment) for call, moment, _ in struck if moment == "after")
    assert moments["DELETE", "after"] == 2
    assert moments["PUT", "after"] >= 8
    assert left.statuses == Counter(Completed=1)
