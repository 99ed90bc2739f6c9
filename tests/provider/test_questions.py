"""A question to people in a running Airflow: answered over its REST API, or overtaken by a run by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.provider.deploying import UseCases
from tests.provider.running import PAUSE, RunningAirflow
from tests.support.hosting import Hosting
from tests.support.local_aws import LocalAws
from tests.support.polling import eventually

pytestmark = [pytest.mark.soak, pytest.mark.local_only, pytest.mark.timeout(900)]
WAITING = ("deferred", "awaiting_input")
"""The second is what Airflow 3.3 calls it."""


class Questions:
    """A use case's deployments in a running Airflow."""

    def __init__(self, rings: UseCases, airflow: RunningAirflow) -> None:
        self.rings, self.airflow = rings, airflow
        self.dag_id = f"{rings.name}_deployment"

    def run(self, arn: str, approval: str) -> str:
        """A run that somebody starts by hand, for a version."""
        conf = {"version": int(arn.rpartition("/")[2]), "approval": approval}
        return self.airflow.api.trigger(self.dag_id, conf)

    def asked(self, arn: str) -> str:
        """A run that has asked about a version, and has looked once whether the question still stands."""
        run_id = self.run(arn, "manual")
        first = eventually(lambda: self._waits(run_id), "the question", 240, PAUSE)
        eventually(lambda: self._waits(run_id) not in (None, first), "another look at the question", 60, PAUSE)
        return run_id

    def answer(self, run_id: str, option: str, reason: str) -> dict[str, str]:
        """The states that a run ended with after an answer."""
        self.airflow.answer(self.dag_id, run_id, "approve", option, reason)
        return self.ended(run_id)

    def ended(self, run_id: str) -> dict[str, str]:
        """The states that a run ended with."""
        return self.airflow.ended(self.dag_id, run_id)

    def _waits(self, run_id: str) -> int | None:
        """The process that has looked last whether the question stands, while it is waited for."""
        tasks = {task["task_id"]: task for task in self.airflow.api.task_instances(self.dag_id, run_id)}
        task = tasks["approve"]
        return int(task["pid"]) if task["state"] in WAITING else None


@pytest.fixture(scope="module")
def questions(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Questions]:
    hosting = Hosting(aws)
    with pytest.MonkeyPatch.context() as patch:
        rings = UseCases(hosting, patch)
        variables = {"AIRFLOW_VAR_NIGHTSHIFT_RELEASE": rings.release, "AIRFLOW_VAR_NIGHTSHIFT_TOPIC": ""}
        folder = tmp_path_factory.mktemp("airflow")
        airflow = RunningAirflow(folder, Path(__file__).with_name("asking"), aws, {"RINGS": rings.name, **variables})
        questions = Questions(rings, airflow)
        try:
            airflow.start(questions.dag_id)
            yield questions
        finally:
            airflow.stop()
            hosting.clean_up()


def test_a_yes_puts_the_version_into_production_and_says_who_and_why(questions: Questions) -> None:
    rings = questions.rings
    arn = rings.version()
    states = questions.answer(questions.asked(arn), "Approve", "it is good")
    assert {name for name, state in states.items() if state != "success"} == {"restore", "tally"}, states
    facts = rings.facts(arn)
    assert (facts["deployment"], facts["production_approval"]) == (
        "live",
        "Approved for production by admin: it is good",
    )
    assert rings.pointer()["champion"]["model_package_arn"] == arn
    assert (rings.endpoint(rings.production) or {})["EndpointStatus"] == "InService"


def test_a_no_rejects_the_version_and_is_no_red_run(questions: Questions) -> None:
    rings = questions.rings
    before, arn = rings.endpoint(rings.production), rings.version()
    states = questions.answer(questions.asked(arn), "Reject", "too slow")
    assert (states["run"], states["approve"], states["record"]) == ("success", "success", "skipped")
    assert {states[name] for name in ("config", "deploy", "promote")} == {"skipped"}
    package = rings.package(arn)
    assert package["ModelApprovalStatus"] == "Rejected"
    assert package["ApprovalDescription"] == "Rejected for production by admin: too slow"
    assert rings.facts(arn)["deployment"].startswith("refused: Rejected for production by admin")
    assert rings.endpoint(rings.production) == before


def test_a_run_by_hand_waits_for_no_answer_about_another_version(questions: Questions) -> None:
    rings = questions.rings
    older, newer = rings.version(), rings.version()
    asking = questions.asked(newer)
    states, by_hand = questions.ended, questions.run(older, "automatic")
    assert states(by_hand)["run"] == "success"
    asked = states(asking)
    assert (asked["run"], asked["approve"], asked["record"]) == ("success", "skipped", "skipped")
    assert rings.facts(newer)["deployment"] == f"superseded: by {older} that admin named"
    assert rings.pointer()["champion"]["model_package_arn"] == older
