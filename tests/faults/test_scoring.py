"""Whatever dies while the scoring DAG runs: a day's predictions are one whole object, of one run, at every moment."""

from __future__ import annotations

import csv
import io
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from deploy.local.settings import BUCKET
from tests.faults.conftest import Undisturbed
from tests.faults.left import Registers
from tests.faults.plans import every_task_is_killed_before_and_after_each_change_and_while_it_waits
from tests.faults.proxy import Call, Strike, kill
from tests.faults.stack import GROUP, FaultyStack
from tests.support import parquet
from tests.support.local_aws import unique
from tests.support.polling import eventually

pytestmark = [pytest.mark.local_only, pytest.mark.timeout(900)]
DAG_ID = f"{GROUP}_scoring"
DAY = "2026-03-31"
PREDICTIONS = f"{GROUP}/predictions/"
PARTITION = f"{PREDICTIONS}day={DAY}/predictions.parquet"
CHANGES = Counter(CreateProcessingJob=2, CreateTransformJob=1, PUT=1)
"""Of a scoring: the jobs of `select`, `collect` and `transform`, and the list of the day's data."""


@pytest.fixture
def scored(undisturbed: Undisturbed) -> Iterator[FaultyStack]:
    """The stack with a champion, whose day is scored."""
    stack = undisturbed.stack
    s3, champion = stack.aws.client("s3"), f"{GROUP}/champion.json"
    s3.put_object(Bucket=BUCKET, Key=champion, Body=json.dumps({"champion": served(stack), "previous": None}))
    eventually(lambda: DAG_ID in known(stack), f"the DAG {DAG_ID} in Airflow", 300, 0.5)
    stack.airflow.unpause(DAG_ID)
    assert score(stack) == "success"
    yield stack
    stack.airflow.request("PATCH", f"dags/{DAG_ID}", {"is_paused": True})
    s3.delete_object(Bucket=BUCKET, Key=champion)


def known(stack: FaultyStack) -> set[str]:
    """The DAGs that Airflow has read so far."""
    return {dag["dag_id"] for dag in stack.airflow.request("GET", "dags")["dags"]}


def served(stack: FaultyStack) -> dict[str, object]:
    """A champion: the version that the training has registered, as a model."""
    sagemaker = stack.aws.sagemaker
    first = sagemaker.list_model_packages(ModelPackageGroupName=GROUP)["ModelPackageSummaryList"][-1]
    facts = sagemaker.describe_model_package(ModelPackageName=first["ModelPackageArn"])["CustomerMetadataProperties"]
    release = json.loads(stack.aws.read(f"s3://{BUCKET}/releases/current.json"))
    container = {"Image": release["images"]["inference"]["uri"], "ModelDataUrl": facts["model_data"]}
    name = unique("scored")
    sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=release["role_arn"])
    return {
        "model_package_arn": first["ModelPackageArn"],
        "version": first["ModelPackageVersion"],
        "approved_at": 0.0,
        "model_name": name,
        "config_name": name,
        "smoke": facts["smoke"],
        "since": "2026-03-01T00:00:00+00:00",
        "run": "none",
    }


def score(stack: FaultyStack) -> str:
    """The state that a scoring of the day ended in."""
    return stack.ended(stack.airflow.trigger(DAG_ID, {"day": DAY}), DAG_ID)


def every_task_is_killed(call: Call, times: int) -> Strike | None:
    """Around each change, while it waits for its job, and once it has read who the champion is."""
    if call.target.endswith("/champion.json") and times == 0:
        return Strike("after", kill)
    return every_task_is_killed_before_and_after_each_change_and_while_it_waits(call, times)


@contextmanager
def seen(stack: FaultyStack) -> Iterator[set[tuple[str, bytes]]]:
    """All that a reader of the predictions finds there within the block, which looks without pause: objects and their
    content."""
    found: set[tuple[str, bytes]] = set()
    over = threading.Event()

    def look() -> None:
        s3 = stack.aws.client("s3")
        while not over.wait(0.05):
            for each in s3.list_objects_v2(Bucket=BUCKET, Prefix=PREDICTIONS).get("Contents", []):
                found.add((each["Key"], s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read()))

    reader = threading.Thread(target=look)
    reader.start()
    try:
        yield found
    finally:
        over.set()
        reader.join()


def lines(stack: FaultyStack) -> list[tuple[str, int]]:
    """Where each row of the day's data is: its file, and its line."""
    s3, prefix = stack.aws.client("s3"), f"{GROUP}/data/"
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{prefix}day={DAY}/")["Contents"]
    texts = {each["Key"]: stack.aws.read(f"s3://{BUCKET}/{each['Key']}").decode() for each in found}
    return [
        (key.removeprefix(prefix), number)
        for key, text in texts.items()
        for number, _ in enumerate(csv.DictReader(io.StringIO(text)), 2)
    ]


def test_tasks_killed_at_every_step_of_a_scoring(scored: FaultyStack) -> None:
    registers = Registers(scored)
    with seen(scored) as found, scored.door.following(every_task_is_killed) as struck:
        state = score(scored)
    left = registers.left()
    print(f"\n{state}; {len(struck)} kills; jobs {dict(left.statuses)}; {len(found)} contents seen by a reader")
    for boundary, times in sorted(Counter(call.boundary for call, _, _ in struck).items()):
        print(f"  {times} x {boundary}")
    assert state == "success"
    for moment in ("before", "after"):
        changes = Counter(call.operation for call, at, _ in struck if at == moment and call.changes_something)
        assert changes == CHANGES, f"not every change was struck {moment}"
    assert sum(call.operation.startswith("Describe") for call, _, _ in struck) == left.steps == 3
    assert left.statuses == Counter(Completed=3), "one job a step, found again by the tries that followed"
    assert {key for key, _ in found} == {PARTITION}
    assert len(found) == 2, "the predictions before, and those after"
    for _, content in found:
        rows = parquet.rows(content)
        assert [(row["file"], row["line"]) for row in rows] == lines(scored)
        assert len({row["predicted_at"] for row in rows}) == 1
