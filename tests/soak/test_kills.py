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

from tests.support.load import endpoints, jobs, workers
from tests.support.load.endpoints import Endpoints
from tests.support.load.jobs import KINDS, Jobs, described, status_of
from tests.support.load.ledger import Ledger
from tests.support.load.reading import reader
from tests.support.load.residue import left_processes
from tests.support.load.workers import Objects, Registry, Worker
from tests.support.local_aws import TERMINAL, LocalAws
from tests.support.polling import eventually
from tests.support.tuning import training_jobs

KILLS, SEED = int(os.environ.get("SOAK_KILLS", "100")), 20261121
WORKERS = {
    **{"objects-1": Objects, "objects-2": Objects, "registry": Registry, "endpoints": Endpoints},
    **dict.fromkeys(KINDS, Jobs),
}

pytestmark = [pytest.mark.soak, pytest.mark.local_only, pytest.mark.timeout(KILLS * 60)]


class Events(Worker):
    """Takes what EventBridge's rule put into the queue, as a watcher does: it deletes on receipt."""

    def __init__(self, server: LocalAws, queue: str, seen: set[tuple[str, ...]]) -> None:
        super().__init__(server, Ledger(), "events", "")
        self._queue, self._seen, self._sqs = queue, seen, server.client("sqs")

    def work(self) -> None:
        answer = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        messages = answer.get("Messages", [])
        self._seen.update(essence(json.loads(message["Body"])["detail"]) for message in messages)
        taken = [
            {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]} for number, message in enumerate(messages)
        ]
        if taken:
            self._sqs.delete_message_batch(QueueUrl=self._queue, Entries=taken)


def essence(detail: dict[str, Any]) -> tuple[str, ...]:
    """What tells the event of one change from that of another; nothing for those that are not counted."""
    if "ModelPackageArn" in detail:
        return (detail["ModelPackageArn"], detail["ModelApprovalStatus"])
    for noun in (kind.noun for kind in KINDS.values()):
        if f"{noun}Name" in detail:
            secondary = [detail["SecondaryStatus"]] if "SecondaryStatus" in detail else []
            return (detail[f"{noun}Name"], detail[f"{noun}Status"], *secondary)
    return ()


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
        Jobs.material = jobs.lay_out(server)
        endpoints.lay_out(server)

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
        enough = self.ledger.acknowledged + self.random.randrange(150)
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
        places = (str(self.server.data_dir / folder) for folder in ("jobs", "hosting"))
        return left_processes(Jobs.material.marker, *places)

    def settle(self) -> None:
        """Wait for the end of every job, and for the last event."""
        for name in self.jobs():
            eventually(lambda name=name: self.ended(name), f"the end of {name}")
        expected = self.expected()
        watcher = Events(self.server, self.queue, self.events)
        watcher.start()
        try:
            while expected - self.events:
                self._another_event()
        except AssertionError:
            missing = sorted(expected - self.events)
            raise AssertionError(f"{len(missing)} of {len(expected)} events are lost: {missing[:20]}") from None
        finally:
            watcher.end()

    def _another_event(self) -> None:
        """However many are on their way, there is no standstill."""
        seen = len(self.events)
        eventually(lambda: len(self.events) > seen, "the arrival of another event")

    def ended(self, name: str) -> bool:
        return status_of(name, described(self.server, name) or {}) in TERMINAL

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
            job = described(self.server, name) or {}
            expected |= told(name, job)
            if "TrainingJobDefinition" in job:
                expected |= self._trained_for(name)
        return expected

    def _trained_for(self, tuning: str) -> set[tuple[str, ...]]:
        """The events of the training jobs of a tuning job, which has two at most."""
        children = training_jobs(self.server, tuning)
        assert len(children) <= 2, children
        names = [child["TrainingJobName"] for child in children]
        describe = self.server.sagemaker.describe_training_job
        return set().union(*(told(name, describe(TrainingJobName=name)) for name in names))

    def output(self) -> int:
        """Read the model or the predictions of every completed training or transform job; returns how many."""
        ended = [(name, described(self.server, name) or {}) for name in self.jobs()]
        completed = [job for name, job in ended if status_of(name, job) == "Completed"]
        trained = [job["ModelArtifacts"]["S3ModelArtifacts"] for job in completed if "ModelArtifacts" in job]
        for uri in trained:
            with tarfile.open(fileobj=io.BytesIO(self.server.read(uri)), mode="r:gz") as tar:
                assert tar.getnames() == []
        predicted = [job["TransformOutput"]["S3OutputPath"] for job in completed if "TransformOutput" in job]
        for folder in predicted:
            assert self.server.read(f"{folder}/body.out") in jobs.PREDICTIONS
        return len(trained) + len(predicted)

    def end_endpoints(self) -> None:
        """See that each serves what it should, and delete it."""
        for name in self.ledger.names(workers.ENDPOINT):
            if endpoints.settled(self.server, name):
                assert endpoints.served(self.server, name) == endpoints.settled(self.server, name)
                self.server.sagemaker.delete_endpoint(EndpointName=name)
                assert endpoints.settled(self.server, name) is None


def told(name: str, job: dict[str, Any]) -> set[tuple[str, ...]]:
    """The events that a job's own history calls for."""
    if "SecondaryStatusTransitions" not in job:
        return {(name, "InProgress"), (name, status_of(name, job))}
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
    output = siege.output()
    siege.end_endpoints()
    print(
        f"\n{KILLS} kills, {siege.ledger.acknowledged} acknowledged writes: {checked} values, "
        f"{output} models and predictions and {len(siege.events)} events are as they must be"
    )
    assert siege.left() == []
    for folder in ("jobs", "hosting"):
        assert os.listdir(server.data_dir / folder) == []
    assert os.listdir(os.environ["TMPDIR"]) == []
    assert threading.active_count() < 10
