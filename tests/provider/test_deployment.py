"""The deployment DAG, task by task, against the local SageMaker."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from typing import NamedTuple

import pytest

from mlops_sagemaker.requests import BlueGreen
from tests.provider.deploying import ROWS, UseCases
from tests.support.fixtures import hosting  # noqa: F401 - a fixture
from tests.support.hosting import Hosting
from tests.support.local_aws import BUCKET
from tests.support.polling import eventually

SMALL = 100
"""What the container takes for a large row, in its faults."""
pytestmark = pytest.mark.local_only


@pytest.fixture
def rings(hosting: Hosting, monkeypatch: pytest.MonkeyPatch) -> UseCases:  # noqa: F811 - the fixture
    return UseCases(hosting, monkeypatch)


@pytest.fixture
def champion(rings: UseCases) -> str:
    """A version that was deployed."""
    arn = rings.version()
    rings.deploy()
    return arn


def test_the_first_version_comes_into_production_and_is_the_champion(rings: UseCases) -> None:
    arn = rings.version()
    run = rings.deploy()
    assert run.xcoms["replay"]["requests"] == 0, "nothing was captured yet"
    live = rings.endpoint(rings.production)
    assert live is not None
    assert live["EndpointStatus"] == "InService"
    assert live["EndpointConfigName"] == run.xcoms["config"]["name"]
    assert live["ProductionVariants"][0]["CurrentInstanceCount"] == 2
    assert rings.endpoint(rings.staging) is None
    pointer = rings.pointer()
    assert pointer["champion"]["model_package_arn"] == arn
    assert pointer["champion"]["config_name"] == live["EndpointConfigName"]
    assert pointer["previous"] is None
    facts = rings.facts(arn)
    assert facts["deployment"] == "live"
    assert facts["production_approval"].startswith("Approved for production by policy")
    targets = rings.aws.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="sagemaker")
    ours = [each for each in targets["ScalableTargets"] if rings.production in each["ResourceId"]]
    assert [(each["MinCapacity"], each["MaxCapacity"]) for each in ours] == [(2, 4)]


def test_nothing_waits_once_all_is_deployed(rings: UseCases, champion: str) -> None:
    assert rings.run().skipped == "resolve"
    assert rings.pointer()["champion"]["model_package_arn"] == champion


def test_a_second_version_loses_no_request_and_the_first_stays_as_previous(rings: UseCases, champion: str) -> None:
    arn = rings.version()
    with requests(rings) as answers:
        rings.deploy()
    assert len(answers) > 10
    assert {answer.said for answer in answers} == {"2.5"}
    assert rings.facts(arn)["drift"] == "not judged: the evaluation made 8 predictions of 300 that it takes"
    pointer = rings.pointer()
    assert pointer["champion"]["model_package_arn"] == arn
    assert pointer["previous"]["model_package_arn"] == champion


FAULTS = {
    "wrong": ("smoke", "row 8 is predicted as"),
    "schema": ("smoke", "could not convert"),
    "lenient": ("contract", "is answered with 200, not refused with a 4xx"),
    "slow": ("latency", "the budget 1000.0 ms"),
    "crash": ("stage", "did not pass the ping health check"),
    "breaking=20": ("latency", "a request got a 500"),
}
ALWAYS = ("wrong", "crash")
"""The others take as long, and are shown by the soak."""


@pytest.mark.parametrize(
    "fault", [pytest.param(fault, marks=[] if fault in ALWAYS else [pytest.mark.soak]) for fault in FAULTS]
)
def test_a_version_with_a_fault_stays_out_and_the_champion_serves_on(
    rings: UseCases, champion: str, fault: str
) -> None:
    before, bad = rings.endpoint(rings.production), rings.version(fault)
    run = rings.run()
    failed, reason = FAULTS[fault]
    assert run.failed == failed
    assert reason in run.reason
    assert rings.endpoint(rings.production) == before
    assert rings.endpoint(rings.staging) is None
    assert rings.pointer()["champion"]["model_package_arn"] == champion
    assert rings.facts(bad)["deployment"].startswith(f"failed: {failed}:")
    assert run.xcoms["restore"]["restored"] == champion


def test_what_answers_productions_requests_otherwise_never_comes_to_its_canary(rings: UseCases, champion: str) -> None:
    before = rings.endpoint(rings.production)
    for first in range(SMALL, SMALL + 60):
        rows = "\n".join(f"{first},{second},1" for second in range(2))
        rings.hosting.invoke(rings.production, rows, ContentType="text/csv")
    eventually(lambda: captured(rings) == 60, "captured requests")
    for fault, reason in {"picky": "schema: request 1: the answer is a 400: too large", "estranged": "shift: "}.items():
        bad = rings.version(fault)
        run = rings.run()
        assert run.failed == "replay", run.reason
        assert reason in run.reason
        report = json.loads(rings.aws.read(rings.facts(bad)["replay"]))
        assert (report["passed"], report["requests"]) == (False, 60), "tests are not replayed"
    assert report["rows"] == 120
    assert all(times["p99_ms"] > 0 for times in report["latency"].values()), "champion's and candidate's"
    assert report["candidate"]["mean"] == pytest.approx(10 * report["champion"]["mean"])
    assert rings.endpoint(rings.production) == before
    assert rings.pointer()["champion"]["model_package_arn"] == champion


def test_every_step_may_be_done_twice(rings: UseCases, champion: str) -> None:
    arn = rings.version()
    run = rings.run_twice()
    pointer = rings.pointer()
    assert pointer["champion"]["model_package_arn"] == arn
    assert pointer["previous"]["model_package_arn"] == champion
    assert (rings.endpoint(rings.production) or {})["EndpointConfigName"] == run.xcoms["config"]["name"]
    assert rings.endpoint(rings.staging) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"approval": "PendingManualApproval"}, "it is PendingManualApproval, not Approved"),
        ({"model_sha256": "cd" * 32}, "it was changed"),
        ({"gate": "s3://test-bucket/none"}, "it has no gate record"),
    ],
    ids=["not approved", "another archive", "no gate record"],
)
def test_what_may_not_be_deployed_is_refused_by_name_too(
    rings: UseCases, changes: dict[str, str], reason: str
) -> None:  # fmt: skip
    arn = rings.version(**changes)
    run = rings.run(version=1)
    assert run.failed == "resolve"
    assert reason in run.reason
    assert rings.endpoint(rings.staging) is None
    assert rings.facts(arn)["deployment"].startswith("refused: ")


@pytest.mark.parametrize(
    ("moment", "failed"),
    [
        pytest.param("resolve", "resolve"),
        pytest.param("stage", "stage", marks=pytest.mark.soak),
        pytest.param("deploy", "deploy"),
    ],
)
def test_an_archive_that_loses_its_end_before_a_step_is_never_served(
    rings: UseCases, champion: str, moment: str, failed: str
) -> None:
    """Nor where its hash was right when the deployment began."""
    before, bad = rings.endpoint(rings.production), rings.version()
    run = rings.run({moment: lambda: rings.truncate(bad)})
    assert run.failed == failed, run.reason
    assert rings.pointer()["champion"]["model_package_arn"] == champion
    assert before is not None
    live = rings.endpoint(rings.production)
    assert live is not None
    assert (live["EndpointStatus"], live["EndpointConfigName"]) == ("InService", before["EndpointConfigName"])
    assert rings.facts(bad)["deployment"].startswith(("refused: ", f"failed: {failed}: "))
    assert ("tally" in run.xcoms) == (failed == "deploy")
    if failed == "deploy":
        assert run.xcoms["tally"]["met"] == run.xcoms["tally"]["failed"] == 0


@pytest.mark.soak
@pytest.mark.parametrize("fault", ["late=30", "weary=100"])
def test_a_bad_canary_costs_its_share_at_most_until_the_champion_is_back_and_the_record_says_so(
    hosting: Hosting, monkeypatch: pytest.MonkeyPatch, fault: str  # noqa: F811 - the fixture
) -> None:  # fmt: skip
    """It was well in staging, and breaks once it has production's traffic; an alarm tells."""
    rings = UseCases(hosting, monkeypatch, shift=BlueGreen("CANARY", percent=50, interval=timedelta(minutes=30)))
    champion = rings.version()
    rings.deploy()
    before, bad = rings.endpoint(rings.production), rings.version(fault)
    with requests(rings) as answers:
        run = rings.run()
    assert run.failed == "deploy", run.reason
    assert before is not None
    assert (rings.endpoint(rings.production) or {})["EndpointConfigName"] == before["EndpointConfigName"]
    assert rings.pointer()["champion"]["model_package_arn"] == champion
    facts = rings.facts(bad)
    assert facts["deployment"].startswith("failed: deploy:")
    failed = [answer for answer in answers if answer.said != "2.5"]
    assert all("ModelError" in answer.said for answer in failed)
    toll = run.xcoms["tally"]
    print(f"\n{fault}: {toll['text']}; {len(failed)} of {len(answers)} requests failed")
    assert toll["failed"] == len(failed) > 0
    assert len(failed) < 0.5 * len(answers), "no more than the canary's share"
    assert toll["met"] >= toll["failed"]
    assert 0 < toll["share"] < 0.5
    assert toll["seconds"] >= failed[-1].at - failed[0].at
    assert facts["canary"].startswith(f"{toll['met']} of {toll['requests']} requests met the version")
    assert answers[-1].said == "2.5"


def test_predictions_that_drift_during_the_canary_bring_the_champion_back(
    hosting: Hosting, monkeypatch: pytest.MonkeyPatch  # noqa: F811 - the fixture
) -> None:  # fmt: skip
    rings = UseCases(hosting, monkeypatch, shift=BlueGreen("CANARY", percent=50, interval=timedelta(minutes=30)))
    champion = rings.version()
    rings.deploy()
    before, bad = rings.endpoint(rings.production), rings.version("drifting")
    with requests(rings) as answers:
        run = rings.run()
    assert run.failed == "deploy", run.reason
    assert "-drift" in run.reason
    assert before is not None
    assert (rings.endpoint(rings.production) or {})["EndpointConfigName"] == before["EndpointConfigName"]
    assert rings.pointer()["champion"]["model_package_arn"] == champion
    assert rings.facts(bad)["deployment"].startswith("failed: deploy:")
    assert {answer.said for answer in answers} == {"2.5", "12.5"}
    assert answers[-1].said == "2.5"


def test_one_click_brings_the_previous_champion_back(rings: UseCases, champion: str) -> None:
    before, gone = rings.endpoint(rings.production), rings.version()
    rings.deploy()
    assert rings.roll_back("scheduled").skipped == "resolve", "nobody asked for it"
    run = rings.roll_back("manual", reason="too shy")
    assert (run.failed, run.reason) == ("", "")
    assert before is not None
    assert (rings.endpoint(rings.production) or {})["EndpointConfigName"] == before["EndpointConfigName"]
    pointer = rings.pointer()
    assert pointer["champion"]["model_package_arn"] == champion
    assert pointer["previous"] is None
    assert rings.facts(gone)["deployment"] == "rolled back: by hand: too shy"
    again = rings.roll_back("manual")
    assert again.failed == "resolve"
    assert "no previous champion to go back to" in again.reason
    assert rings.run().skipped == "resolve", "what was rolled back is not deployed again by itself"


def test_a_champion_that_is_rejected_is_rolled_back(rings: UseCases, champion: str) -> None:
    bad = rings.version()
    rings.deploy()
    decision = {"ModelApprovalStatus": "Rejected", "ApprovalDescription": "unfair"}
    rings.aws.sagemaker.update_model_package(ModelPackageArn=bad, **decision)
    assert rings.roll_back("asset_triggered").failed == ""
    assert rings.pointer()["champion"]["model_package_arn"] == champion
    assert rings.facts(bad)["deployment"] == "rolled back: rejected in the registry: unfair"


def captured(rings: UseCases) -> int:
    """How many requests to production were captured, but for tests."""
    prefix = f"{rings.name}/capture/"
    files = [rings.aws.read(f"s3://{BUCKET}/{prefix}{key}").decode() for key in rings.aws.keys(prefix)]
    return sum("customAttributes" not in line for file in files for line in file.splitlines())


CONNECTIONS = 4


class Said(NamedTuple):
    """An answer, or the error in its place, and when it came (monotonic seconds)."""

    said: str
    at: float


@contextmanager
def requests(rings: UseCases) -> Iterator[list[Said]]:
    """Requests to production without pause meanwhile, on some connections at once, and what they are answered."""
    answers: list[Said] = []
    done = Event()

    def ask() -> None:
        while not done.is_set():
            try:
                body = ",".join(ROWS[1])
                said = rings.hosting.invoke(rings.production, body, ContentType="text/csv").decode()
            except Exception as error:
                said = repr(error)
            answers.append(Said(said, time.monotonic()))

    threads = [Thread(target=ask) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        done.set()
        for thread in threads:
            thread.join()
