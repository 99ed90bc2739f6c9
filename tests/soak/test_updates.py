"""A hundred updates of one endpoint under constant load: good ones lose nothing, bad ones little, none leaves any."""

from __future__ import annotations

import math
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.hosting import Hosting, variant
from tests.support.load.residue import Usage, left_processes, usage
from tests.support.local_aws import LocalAws, unique
from tests.support.polling import eventually
from tests.support.traffic import Load

UPDATES, SEED = int(os.environ.get("SOAK_UPDATES", "100")), 20261121
INSTANCES, CANARY_PERCENT = 2, 20
# Of ten updates one is a bad canary; the others take turns.
GOOD, BAD = ("all at once", "canary", "linear", "rolling"), "bad canary"
# Connections of clients and the caches of threads come and go: what is kept is seen after the first few updates.
MORE_DESCRIPTORS, MORE_MEBIBYTES = 32, 64

pytestmark = [pytest.mark.soak, pytest.mark.local_only, pytest.mark.timeout(120 + UPDATES * 60)]


@pytest.fixture
def server(tmp_path: Path, environments: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAws]:
    """A server with a temporary folder of its own, and short waits."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    one = LocalAws(tmp_path / "data", environments, "--speed-up", "20")
    one.start().prepare()
    yield one
    one.terminate()


def percent(value: int) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def blue_green(kind: str, wait: int, **size: Any) -> dict[str, Any]:
    routing = {"Type": kind, "WaitIntervalInSeconds": wait, **size}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": 5}}


HOW = {
    "all at once": blue_green("ALL_AT_ONCE", 0),
    "canary": blue_green("CANARY", 10, CanarySize=percent(CANARY_PERCENT)),
    "linear": blue_green("LINEAR", 5, LinearStepSize=percent(50)),
    "rolling": {"RollingUpdatePolicy": {"MaximumBatchSize": percent(50), "WaitIntervalInSeconds": 5}},
    # It bakes until the alarm.
    BAD: blue_green("CANARY", 3600, CanarySize=percent(CANARY_PERCENT)),
}


class Updates:
    """The endpoint, and one update after the other."""

    def __init__(self, server: LocalAws) -> None:
        self.server, self.hosting = server, Hosting(server)
        self.cloudwatch = server.client("cloudwatch")
        self.live, self.config = "", ""
        self.endpoint = self.hosting.endpoint(self._new_config())
        assert self.hosting.settled(self.endpoint)["EndpointStatus"] == "InService"
        self.live = self.config

    def _new_config(self, **container: Any) -> str:
        model = self.hosting.model(**container)
        self.config = self.hosting.config(variant(model, InitialInstanceCount=INSTANCES))
        return self.config

    def good(self, kind: str, load: Load) -> None:
        """Every request is answered, and soon by the new model alone."""
        config = self._new_config()
        done = self._update(config, HOW[kind])
        assert (done["EndpointConfigName"], "FailureReason" in done) == (config, False)
        self.live = config
        assert lost(load) == [], kind

    def bad(self, load: Load) -> tuple[int, int]:
        """The canary's share fails and no more, and nothing after the rollback; returns errors and requests."""
        config = self._new_config(Environment={"BROKEN": "yes"})
        errors, answers = len(load.errors), len(load.answers)
        rollback = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": self._alarm(config)}]}}
        done = self._update(config, {**HOW[BAD], **rollback})
        failed, requests = load.errors[errors:], len(load.answers) + len(load.errors) - answers - errors
        assert (done["EndpointStatus"], done["EndpointConfigName"]) == ("InService", self.live)
        assert "ALARM" in done["FailureReason"]
        assert lost(load) == []
        assert 0 < len(failed) <= at_most(CANARY_PERCENT / 100, requests), (len(failed), requests, done)
        # What was on its way at the end of the rollback is answered, and then nothing of the bad model.
        start = len(load.answers)
        eventually(lambda: len(load.answers) > start + 20 or None, "more answers")
        assert len(load.errors) - errors <= len(failed) + len(load)
        self.hosting.sagemaker.delete_endpoint_config(EndpointConfigName=config)
        return len(failed), requests

    def _alarm(self, config: str) -> str:
        """An alarm on what of *config* answers with 5xx, and on nothing else."""
        dimensions = {"EndpointName": self.endpoint, "VariantName": "AllTraffic", "EndpointConfigName": config}
        name = unique("alarm")
        self.cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="AWS/SageMaker",
            MetricName="Invocation5XXErrors",
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            Statistic="Sum",
            Period=10,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="notBreaching",
        )
        return name

    def _update(self, config: str, how: dict[str, Any]) -> dict[str, Any]:
        sagemaker = self.hosting.sagemaker
        sagemaker.update_endpoint(EndpointName=self.endpoint, EndpointConfigName=config, DeploymentConfig=how)
        return self.hosting.settled(self.endpoint)

    def running(self) -> list[str]:
        """The containers that there are."""
        return left_processes(str(self.server.data_dir / "hosting"))


def lost(load: Load) -> list[str]:
    """Errors that are not a bad model's own."""
    return [error for error in load.errors if "(500)" not in error or "broken" not in error]


def at_most(share: float, requests: int) -> float:
    """So many of *requests* have a probability of *share* each; more would be one case in a million."""
    return share * requests + 5 * math.sqrt(requests * share * (1 - share)) + 1


def kinds() -> Iterator[str]:
    """What each update is, in an order that mixes them."""
    order = random.Random(SEED)
    for number in range(UPDATES):
        yield BAD if number % 10 == 9 else order.choice(GOOD)


def test_a_hundred_updates_in_a_row_under_load_lose_no_request_and_leave_nothing(server: LocalAws) -> None:
    updates = Updates(server)
    processes, before = len(updates.running()), Usage(0, 0, 0, 0)
    bad: list[tuple[int, int]] = []
    with Load(updates.hosting, updates.endpoint).running() as load:
        for number, kind in enumerate(kinds()):
            if number == UPDATES // 5:
                before = usage(server.pid)
            if kind == BAD:
                bad.append(updates.bad(load))
            else:
                updates.good(kind, load)
    after = usage(server.pid)
    print(f"\n{UPDATES} updates, {len(load.answers)} answers; errors and requests of bad canaries: {bad}")
    print(f"before {before}\nafter  {after}")
    assert lost(load) == []
    eventually(lambda: len(updates.running()) == processes, "the end of all containers but the live ones")
    eventually(lambda: len(os.listdir(server.data_dir / "hosting")) == 1, "the end of all folders but the live one's")
    assert after.children <= before.children
    assert after.descriptors <= before.descriptors + MORE_DESCRIPTORS
    assert after.resident_mebibytes <= before.resident_mebibytes + MORE_MEBIBYTES
    updates.hosting.delete(updates.endpoint)
    eventually(lambda: updates.running() == [], "the end of the last containers")
    assert os.listdir(server.data_dir / "hosting") == []
    assert usage(server.pid).children == 0
    assert os.listdir(os.environ["TMPDIR"]) == []
    assert "Traceback" not in server.log.read_text()
