"""Five nights by the real Airflow and the local SageMaker are decided on as by the time machine, entry by entry."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from deploy.local.http import HttpError
from mlops_sagemaker.drift import Action
from nights.__main__ import call
from nights.plan import TRAINING_TAKES
from tests.support.local_aws import ROOT
from tests.support.polling import eventually
from tests.support.stack import BUCKET, DAG_ID, LocalStack

pytestmark = [pytest.mark.soak, pytest.mark.local_only, pytest.mark.timeout(3600)]

MONITORING = "abalone_monitoring"
BEGIN = "2025-06-02"
"""A day before all sample data, which a stack holds from its beginning: windows see none of it."""
CAPTURE = "abalone/capture/abalone-production/AllTraffic"

TELLING = ("resolve", "gate", "register", "rebaseline", "data", "model", "decide")

Entry = dict[str, Any]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of what the time machine has made of the nights."""
    folder, home = tmp_path_factory.mktemp("lived"), tmp_path_factory.mktemp("airflow")
    environ = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
    }
    plan = str(home / "plan")
    airflow = ROOT / ".venv" / "airflow" / "bin" / "python"
    call(airflow, ("nights.calendar", "abalone", "UTC", BEGIN, "5", plan), environ, ("plugins", "dags"))
    python = ROOT / ".venv" / "training-test" / "bin" / "python"
    call(python, ("tests.nights.five", plan, str(folder)), environ, ("plugins", "include/scripts"))
    return folder


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    one = LocalStack(tmp_path_factory.mktemp("stack"), os.environ)
    up = one.call("up")
    assert up.returncode == 0, up.stdout + up.stderr
    eventually(lambda: known(one), "the DAGs", 120)
    one.airflow.unpause(DAG_ID)
    yield one
    assert one.call("down").returncode == 0


def known(stack: LocalStack) -> bool:
    try:
        return all(bool(stack.airflow.dag(dag_id)) for dag_id in (DAG_ID, MONITORING))
    except HttpError:
        return False


class Lifecycle:
    """The nights by the real thing. Deployment is not played here either: what is registered serves as long after its
    training began as in the time machine."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack
        self.pointer: dict[str, Any] = {"champion": None, "previous": None}
        self.log: list[Entry] = []
        self.retrained = 0

    def load(self, folder: Path) -> None:
        """The world's data, traffic and labels: who looks sees only what had come by then."""
        for kind, place in (("data", "abalone/data"), ("capture", CAPTURE), ("labels", "abalone/labels")):
            for file in sorted((folder / kind).rglob("*.*")):
                key = f"{place}/{file.relative_to(folder / kind).as_posix()}"
                self.stack.aws.s3.put_object(Bucket=BUCKET, Key=key, Body=file.read_bytes())

    def train(self, at: datetime) -> None:
        """A night."""
        self._trained(at, "night", self.stack.trigger({"window_end": f"{at:%Y-%m-%d}"}))

    def watch(self, at: datetime) -> None:
        """An hour of monitoring, and the training that its event starts."""
        # An unpaused DAG also runs by the clock on the wall, whose hours come after all of these.
        eventually(lambda: not 13 <= datetime.now(UTC).minute <= 15, "the next hour's run to be past", 240)
        self.stack.airflow.unpause(MONITORING)
        run_id = self.stack.trigger({"window_end": f"{at:%Y-%m-%dT%H}:00:00+00:00"}, MONITORING)
        states = self.stack.finished(run_id, MONITORING)
        self.stack.airflow.request("PATCH", f"dags/{MONITORING}", {"is_paused": True})
        assert states["run"] == "success", states
        result = self._results(MONITORING, run_id, states)
        self._decided(at, result)
        if result["decide"]["action"] == Action.RETRAIN:
            self._trained(at, "drift", self._started())

    def _started(self) -> str:
        self.retrained += 1
        runs = eventually(lambda: self.stack.runs("asset_triggered")[self.retrained - 1 :], "the drift's training", 300)
        return str(runs[0]["dag_run_id"])

    def _decided(self, at: datetime, result: dict[str, Any]) -> None:
        decision, told = result["decide"], ""
        for name, outcome in decision["outcomes"].items():
            (folder,) = result[name]["outputs"].values()
            reason = json.loads(self.stack.aws.read(f"{folder.rstrip('/')}/result.json"))["reason"]
            told += f"; {name}: {reason}"
            served = result["resolve"][name]["model_package_arn"]
            if outcome != "ok" and served == result["resolve"]["champion"]["model_package_arn"]:
                self._entry(at, name, outcome, reason, version=decision["champion"])
        for action in (
            decision["action"] if decision["action"] != Action.NONE else "",
            decision["silent"] and "silence",
        ):
            if action:
                why = decision["reason"].removesuffix(told)
                self._entry(at, "decision", action, why, version=decision["champion"])

    def _trained(self, at: datetime, why: str, run_id: str) -> None:
        states = self.stack.finished(run_id)
        assert states["run"] == "success", states
        result = self._results(DAG_ID, run_id, states)
        gate, window = result["gate"], result["resolve"]["window"]["end"]
        more = {"version": result["register"]["version"]} if gate["passed"] else {}
        outcome = "promoted" if gate["passed"] else "refused"
        self._entry(at, "training", outcome, gate["reason"], why=why, window=window, **more)
        if found := result.get("rebaseline"):
            champion = result["resolve"]["champion"]["version"]
            self._entry(at, "baseline", "rebaselined" if found["moved"] else "stays", found["reason"], version=champion)
        if gate["passed"]:
            self._promote(result["register"], at)

    def _promote(self, registered: dict[str, Any], at: datetime) -> None:
        served = {name: registered[name] for name in ("model_package_arn", "version")}
        served["since"] = (at + TRAINING_TAKES).isoformat()
        self.pointer = {"champion": served, "previous": self.pointer["champion"]}
        body = json.dumps(self.pointer).encode()
        self.stack.aws.s3.put_object(Bucket=BUCKET, Key="abalone/champion.json", Body=body)

    def _results(self, dag_id: str, run_id: str, states: dict[str, str]) -> dict[str, Any]:
        """What the tasks returned that ran and that tell of decisions."""
        ran = [task for task in TELLING if states.get(task) == "success"]
        return {task: self.stack.airflow.result(dag_id, run_id, task) for task in ran}

    def _entry(self, at: datetime, what: str, outcome: str, reason: str, **more: Any) -> None:
        self.log.append({"at": at.isoformat(), "what": what, "outcome": outcome, "reason": reason, **more})


def test_five_nights_are_decided_on_alike(stack: LocalStack, lived: Path) -> None:
    nights = Lifecycle(stack)
    nights.load(lived)
    for what, at in json.loads((lived / "due.json").read_text()):
        (nights.train if what == "training" else nights.watch)(datetime.fromisoformat(at))
    expected = [json.loads(line) for line in (lived / "log.jsonl").read_text().splitlines()]
    told = {(entry["what"], entry["outcome"]) for entry in expected}
    assert told >= {("training", "promoted"), ("training", "refused"), ("data", "violations"), ("decision", "retrain")}
    assert nights.log == [{name: entry[name] for name in entry if name != "planted"} for entry in expected]
