"""``kill -9`` at random points under load, a hundred times: what was acknowledged is there, whole, and is told of."""

from __future__ import annotations

import io
import json
import os
import random
import tarfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.load import workers
from tests.support.load.ledger import Ledger
from tests.support.load.residue import left_processes
from tests.support.load.workers import Jobs, Objects, Registry, Worker, described, reader, status_of
from tests.support.local_aws import TERMINAL, LocalAws, unique
from tests.support.polling import eventually

KILLS, SEED = int(os.environ.get("SOAK_KILLS", "100")), 20261121
WORKERS = {"objects-1": Objects, "objects-2": Objects, "training": Jobs, "processing": Jobs, "registry": Registry}

pytestmark = [pytest.mark.soak, pytest.mark.local_only, pytest.mark.timeout(KILLS * 60)]


class Events(Worker):
    """Takes what EventBridge's rule put into the queue, as a watcher does: it deletes on receipt."""

    def __init__(self, server: LocalAws, queue: str, seen: set[tuple[str, ...]]) -> None:
        super().__init__(server, Ledger(), "events", "")
        self._queue, self._seen, self._sqs = queue, seen, server.client("sqs")

    def work(self) -> None:
        answer = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        messages = answer.get("Messages", [])
        for message in messages:
            self._seen.add(essence(json.loads(message["Body"])["detail"]))
            self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])


def essence(detail: dict[str, Any]) -> tuple[str, ...]:
    """What tells the event of one change from that of another."""
    if "ModelPackageArn" in detail:
        return (detail["ModelPackageArn"], detail["ModelApprovalStatus"])
    if "TrainingJobName" in detail:
        return (detail["TrainingJobName"], detail["TrainingJobStatus"], detail["SecondaryStatus"])
    return (detail["ProcessingJobName"], detail["ProcessingJobStatus"])


@pytest.fixture
def server(tmp_path: Path, environments: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAws]:
    """A server with a temporary folder of its own."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    one = LocalAws(tmp_path / "data", environments, "--stop-grace", "1", "--max-jobs", "4")
    one.start().prepare()
    yield one
    one.terminate()


class Siege:
    """A server that is killed again and again while it works, and what is known of it."""

    def __init__(self, server: LocalAws) -> None:
        self.server, self.ledger, self.random = server, Ledger(), random.Random(SEED)
        self.events: set[tuple[str, ...]] = set()
        self.queue = subscribed(server)
        Jobs.marker = unique("marker")

    def round(self, number: int) -> None:
        """Load until the kill, then what must be true after it."""
        load: list[Worker] = [
            kind(self.server, self.ledger, name, f"{SEED}-{number}-{name}") for name, kind in WORKERS.items()
        ]
        load.append(Events(self.server, self.queue, self.events))
        for worker in load:
            worker.start()
        self._wait_for_the_moment()
        self.server.kill()
        for worker in load:
            worker.end()
        assert [worker.problem for worker in load if worker.problem] == []
        self.bring_back()
        self.ledger.check(reader(self.server, self.ledger), everything=False)

    def _wait_for_the_moment(self) -> None:
        """By what was done and not by the clock, so that a slow machine does as much; then at any point of a call."""
        enough = self.ledger.acknowledged + self.random.randrange(60)
        eventually(lambda: self.ledger.acknowledged >= enough, "the load's progress", 120)
        time.sleep(self.random.uniform(0.0, 0.05))

    def bring_back(self) -> None:
        """Start it again; now and then it is killed while it starts, too."""
        eventually(lambda: not self.left(), f"the end of the jobs' processes: {self.left()}")
        while self.random.random() < 0.25:
            self.server.launch()
            time.sleep(self.random.uniform(0.0, 1.5))
            self.server.kill()
        self.server.start()

    def left(self) -> list[str]:
        """Processes of jobs."""
        return left_processes(Jobs.marker, str(self.server.data_dir / "jobs"))

    def settle(self) -> None:
        """Wait for the end of every job, and for the last event."""
        for name in self.jobs():
            eventually(lambda name=name: status_of(described(self.server, name)) in TERMINAL, f"the end of {name}")
        expected = self.expected()
        watcher = Events(self.server, self.queue, self.events)
        watcher.start()
        try:
            eventually(lambda: expected <= self.events, "the arrival of every event", 120)
        except AssertionError:
            missing = sorted(expected - self.events)
            raise AssertionError(f"{len(missing)} of {len(expected)} events are lost: {missing[:20]}") from None
        finally:
            watcher.end()

    def jobs(self) -> list[str]:
        """The jobs that are there, acknowledged or not."""
        return [name for name in self.ledger.names(workers.JOB) if described(self.server, name) is not None]

    def expected(self) -> set[tuple[str, ...]]:
        """The event of every change that the server tells of."""
        expected = {(arn, "PendingManualApproval") for arn in self.ledger.names(workers.APPROVAL)}
        for arn in self.ledger.names(workers.APPROVAL):
            package = self.server.sagemaker.describe_model_package(ModelPackageName=arn)
            expected.add((arn, package["ModelApprovalStatus"]))
        for name in self.jobs():
            expected |= told(name, described(self.server, name) or {})
        return expected

    def models(self) -> int:
        """Read the model of every completed training job; returns how many there are."""
        ended = [described(self.server, name) or {} for name in self.jobs() if name.startswith("training")]
        completed = [job for job in ended if job["TrainingJobStatus"] == "Completed"]
        for job in completed:
            body = self.server.read(job["ModelArtifacts"]["S3ModelArtifacts"])
            with tarfile.open(fileobj=io.BytesIO(body), mode="r:gz") as tar:
                assert tar.getnames() == []
        return len(completed)


def told(name: str, job: dict[str, Any]) -> set[tuple[str, ...]]:
    """The events that a job's own history calls for."""
    if "ProcessingJobName" in job:
        return {(name, "InProgress"), (name, job["ProcessingJobStatus"])}
    statuses = {"Stopping": "Stopping", **{end: end for end in TERMINAL}, "MaxRuntimeExceeded": "Stopped"}
    passed = [transition["Status"] for transition in job["SecondaryStatusTransitions"]]
    # While it is being stopped it may yet upload.
    stopping = passed.index("Stopping") if "Stopping" in passed else len(passed)
    return {
        (name, statuses.get(status, "InProgress" if index < stopping else "Stopping"), status)
        for index, status in enumerate(passed)
    }


def subscribed(server: LocalAws) -> str:
    """The URL of a queue, on disk, into which EventBridge puts every event of SageMaker's."""
    sqs, events = server.client("sqs"), server.client("events")
    queue = sqs.create_queue(QueueName="all")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="all", EventPattern=json.dumps({"source": ["aws.sagemaker"]}))
    events.put_targets(Rule="all", Targets=[{"Id": "queue", "Arn": arn}])
    state = server.data_dir / "base" / "state" / "eventbridge.json"
    eventually(lambda: state.exists() and arn in state.read_text(), "the save of the rule")
    return str(queue)


def test_nothing_acknowledged_is_lost_or_half_there_and_every_event_arrives(server: LocalAws) -> None:
    siege = Siege(server)
    for number in range(KILLS):
        siege.round(number)
    siege.settle()
    checked = siege.ledger.check(reader(server, siege.ledger), everything=True)
    models = siege.models()
    print(
        f"\n{KILLS} kills, {siege.ledger.acknowledged} acknowledged writes: {checked} values, "
        f"{models} models and {len(siege.events)} events are as they must be"
    )
    assert siege.left() == []
    assert os.listdir(server.data_dir / "jobs") == []
    assert os.listdir(os.environ["TMPDIR"]) == []
    assert threading.active_count() < 10
