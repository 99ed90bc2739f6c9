"""The ingestion DAG's tasks, rendered by Airflow and run in order against an AWS of HTTP answers."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.definitions.param import process_params
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from botocore.client import BaseClient

from lifecycle.ingestion import ingestion_dag
from lifecycle.use_case import Ingestion
from mlops_sagemaker import ingestion
from mlops_sagemaker.errors import LifecycleError
from mlops_sagemaker.ingestion import Claims
from mlops_sagemaker.operators.ingestion import ResolveIngestionOperator
from tests.dags.lifecycle.declared import declared
from tests.unit.mlops_sagemaker.contexts import context_for
from tests.unit.mlops_sagemaker.fake_aws import FakeAws, Refused

SHA = "ab" * 32
NIGHT = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
RELEASE: dict[str, Any] = {
    "format": 2,
    "release": "0123456789abcdef",
    "bucket": "bucket",
    "role_arn": "arn:aws:iam::000000000000:role/jobs",
    "code": {
        "rings": {
            "uri": "s3://bucket/code/rings/",
            "sha256": SHA,
            "steps": {"inspect": {"uri": "s3://bucket/code/inspect/", "sha256": SHA}},
        }
    },
    "images": {"training": {"uri": "registry/training:1", "sha256": SHA}},
}
STEPS = ("resolve", "inspect", "settle", "announce", "notify")
INCOMING, DATA = "bucket/rings/incoming/", "bucket/rings/data/"
BAD = b"rings\nmany\n"
CHANGES = ("PutObject", "CopyObject", "DeleteObject")


class Arrivals:
    """A use case that files arrive for, and whose runs take them."""

    def __init__(self, fake: FakeAws, **ingestion: Any) -> None:
        self.aws, self.told, self.events = fake, list[Any](), list[dict[str, Any]]()
        self.use_case = declared(
            ingestion=Ingestion(**ingestion),
            timezone="Europe/Berlin",
            notifiers=[lambda context: self.told.append(context["notice"])],
        )
        fake.objects["bucket/releases/current.json"] = json.dumps(RELEASE).encode()
        fake.work = self._inspect

    def put(self, **contents: bytes) -> None:
        """Files arrive."""
        for name, content in contents.items():
            self.aws.objects[f"{INCOMING}{name}.csv"] = content

    def run(self, run_id: str = "run") -> Run:
        return Run(self, run_id)

    def below(self, prefix: str) -> dict[str, bytes]:
        """What lies there."""
        return {
            name.removeprefix(prefix): content for name, content in self.aws.objects.items() if name.startswith(prefix)
        }

    def _inspect(self, kind: str, job: dict[str, Any]) -> None:
        """What the job makes of the files; BAD ones are bad."""
        (source,) = [each for each in job["ProcessingInputs"] if each["InputName"] == "data"]
        found = self.below(source["S3Input"]["S3Uri"].removeprefix("s3://"))
        problem = {
            "check": "type", "column": "rings", "problem": "is not a number", "count": 1, "remedy": "correct it",
            "examples": [{"place": "line 2", "value": "many"}],
        }  # fmt: skip
        files = [
            {"file": name, "sha256": hashlib.sha256(content).hexdigest(), "rows": 1,
             "problems": [problem] if content == BAD else []}
            for name, content in found.items()
        ]  # fmt: skip
        (output,) = job["ProcessingOutputConfig"]["Outputs"]
        where = output["S3Output"]["S3Uri"].removeprefix("s3://") + "inspection.json"
        self.aws.objects[where] = json.dumps({"version": 1, "files": files}).encode()


class Run:
    """A run of the ingestion DAG, and what its tasks returned."""

    def __init__(self, arrivals: Arrivals, run_id: str) -> None:
        self.arrivals, self.run_id, self.dag = arrivals, run_id, ingestion_dag(arrivals.use_case)
        self.xcoms: dict[str, Any] = {}

    def execute(self, *task_ids: str) -> Any:
        for task_id in task_ids:
            task = self.dag.get_task(task_id)
            context = context_for(task, xcoms=self.xcoms, run_id=self.run_id, run_after=NIGHT, logical_date=None)
            context["dag"], context["dag_run"].conf = self.dag, {}
            context["params"] = process_params(self.dag, task, {}, suppress_exception=False)
            context["var"] = {"value": SimpleNamespace(get=_variable)}
            context["outlet_events"] = outlet_events = defaultdict(SimpleNamespace)
            task.render_template_fields(context)
            self.xcoms[task_id] = context["ti"].task.execute(context)
            self.arrivals.events += [each.extra for each in outlet_events.values()]
        return self.xcoms[task_ids[-1]]

    def skips(self, task_id: str) -> None:
        with pytest.raises(AirflowSkipException):
            self.execute(task_id)


def _variable(name: str, default: str = "") -> str:
    return {"nightshift_release": "s3://bucket/releases/current.json"}.get(name, default)


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    """Tasks run then."""
    monkeypatch.setattr("mlops_sagemaker.operators.ingestion.time", SimpleNamespace(time=moment.timestamp))


@pytest.fixture(autouse=True)
def night(monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, NIGHT)


@pytest.fixture
def arrivals(aws: FakeAws) -> Arrivals:
    return Arrivals(aws)


def data_name(content: bytes, day: str = "2026-03-02") -> str:
    return f"day={day}/{hashlib.sha256(content).hexdigest()[:16]}.csv"


def test_good_files_become_data_of_the_day_in_the_use_cases_zone_and_start_one_training_on_it(
    arrivals: Arrivals,
) -> None:
    arrivals.put(**{"a": b"rings\n1\n", "b c+ü/d": b"rings\n2\n"})
    run = arrivals.run()
    run.execute("resolve", "inspect", "settle", "announce")
    run.skips("notify")
    good = {data_name(content): content for content in (b"rings\n1\n", b"rings\n2\n")}
    assert arrivals.below(DATA) == good
    assert arrivals.below(INCOMING) == {}
    assert arrivals.below("bucket/rings/quarantine/") == {}
    assert arrivals.events == [{"window_end": "2026-03-03"}]
    (job,) = arrivals.aws.jobs.values()
    assert job["AppSpecification"]["ContainerArguments"] == [
        "inspect", "--min-rows=1", "--max-implausible=0.01", "--max-missing=0.5",
    ]  # fmt: skip


def test_a_bad_file_goes_to_quarantine_beside_its_report_and_people_are_told_once(arrivals: Arrivals) -> None:
    arrivals.put(bad=BAD, good=b"rings\n1\n")
    run = arrivals.run()
    run.execute(*STEPS)
    assert list(arrivals.below(DATA)) == [data_name(b"rings\n1\n")]
    kept = arrivals.below("bucket/rings/quarantine/day=2026-03-02/run-")
    (file,) = [name for name in kept if name.endswith("/0001/bad.csv")]
    (report,) = [name for name in kept if name.endswith("/0001.report.json")]
    assert kept[file] == BAD
    assert json.loads(kept[report])["file"] == "bad.csv"
    assert json.loads(kept[report])["problems"][0]["examples"] == [{"place": "line 2", "value": "many"}]
    (notice,) = arrivals.told
    assert (notice.outcome, notice.subject) == (
        "data refused",
        "abalone_training: 1 of 2 files refused, bad.csv among them",
    )
    assert "- column 'rings': is not a number (1 times, first line 2: 'many'); correct it" in notice.text
    assert "0001.report.json" in notice.text


def test_a_run_with_bad_files_only_starts_no_training(arrivals: Arrivals) -> None:
    arrivals.put(bad=BAD)
    run = arrivals.run()
    run.execute("resolve", "inspect", "settle")
    run.skips("announce")
    assert arrivals.events == []
    assert arrivals.below(DATA) == {}


def test_an_event_that_comes_again_finds_nothing_and_starts_nothing(arrivals: Arrivals) -> None:
    arrivals.put(a=b"rings\n1\n")
    arrivals.run("first").execute("resolve", "inspect", "settle", "announce")
    before = dict(arrivals.aws.objects)
    arrivals.run("again").skips("resolve")
    assert arrivals.aws.objects == before


def test_what_is_brought_twice_is_trained_on_once_and_told(arrivals: Arrivals) -> None:
    arrivals.put(a=b"rings\n1\n")
    arrivals.run("first").execute("resolve", "inspect", "settle", "announce")
    arrivals.put(a=b"rings\n1\n")
    again = arrivals.run("again")
    again.execute("resolve", "inspect", "settle", "notify")
    again.skips("announce")
    assert len(arrivals.events) == 1
    assert len(arrivals.below(DATA)) == 1
    assert f"has the content of {data_name(b'rings' + bytes([10]) + b'1' + bytes([10]))}" in arrivals.told[0].text


def test_a_file_of_another_content_under_the_same_name_is_taken_anew(arrivals: Arrivals) -> None:
    for number in (1, 2):
        arrivals.put(a=b"rings\n%d\n" % number)
        arrivals.run(f"run {number}").execute("resolve", "inspect", "settle", "announce")
    assert len(arrivals.below(DATA)) == len(arrivals.events) == 2


def test_nothing_is_inspected_where_nothing_has_arrived(arrivals: Arrivals) -> None:
    arrivals.aws.objects[INCOMING] = b""
    arrivals.run().skips("resolve")
    assert arrivals.below("bucket/rings/runs/") == {}


def test_files_wait_for_the_marker_of_their_folder(aws: FakeAws) -> None:
    arrivals = Arrivals(aws, marker="_SUCCESS")
    arrivals.put(**{"batch/1": b"rings\n1\n", "batch/2": b"rings\n2\n"})
    arrivals.run("early").skips("resolve")
    aws.objects[f"{INCOMING}batch/_SUCCESS"] = b""
    arrivals.run("late").execute("resolve", "inspect", "settle", "announce")
    assert (len(arrivals.below(DATA)), arrivals.below(INCOMING)) == (2, {})


def change_before_copy(aws: FakeAws, change: Callable[[], Any]) -> None:
    """Something happens after the files were listed."""
    act = aws._act

    def acted(operation: str, arguments: dict[str, Any]) -> Any:
        if operation == "HeadObject":
            aws._act = act  # type: ignore[method-assign]
            change()
        return act(operation, arguments)

    aws._act = acted  # type: ignore[method-assign]


def test_a_file_that_is_overwritten_before_it_is_taken_waits_for_the_next_run(arrivals: Arrivals) -> None:
    arrivals.put(a=b"rings\n1\n", b=b"rings\n2\n")
    change_before_copy(arrivals.aws, lambda: arrivals.put(a=b"rings\n3\n"))
    arrivals.run("first").execute("resolve", "inspect", "settle", "announce")
    assert arrivals.below(INCOMING) == {"a.csv": b"rings\n3\n"}
    assert list(arrivals.below(DATA)) == [data_name(b"rings\n2\n")]
    arrivals.run("second").execute("resolve", "inspect", "settle", "announce")
    assert sorted(arrivals.below(DATA)) == sorted(data_name(b"rings\n%d\n" % number) for number in (2, 3))


def test_a_file_that_is_deleted_before_it_is_taken_is_none(arrivals: Arrivals) -> None:
    arrivals.put(a=b"rings\n1\n")
    change_before_copy(arrivals.aws, lambda: arrivals.aws.objects.pop(f"{INCOMING}a.csv"))
    arrivals.run().skips("resolve")
    assert not arrivals.aws.jobs


def test_a_file_that_the_job_dies_of_can_be_taken_away(arrivals: Arrivals) -> None:
    arrivals.put(a=b"rings\n1\n", b=b"rings\n2\n")
    arrivals.aws.statuses, arrivals.aws.ending = ["Failed"], {"FailureReason": "AlgorithmError: out of memory"}
    run = arrivals.run()
    run.execute("resolve")
    with pytest.raises(AirflowFailException):
        run.execute("inspect")
    del arrivals.aws.objects[held(arrivals)]
    arrivals.aws.statuses, arrivals.aws.ending = ["Completed"], {}
    run.execute("inspect", "settle", "announce")
    assert list(arrivals.below(DATA)) == [data_name(b"rings\n2\n")]


class Killed(Exception):
    """The task's process ends in the middle of a call."""


class Killer:
    """Kills a task at one of its calls that change something, before or after the call."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._left, self._acted = 0, False
        call = BaseClient._make_api_call

        def struck(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
            self._left -= operation in CHANGES
            if operation not in CHANGES or self._left:
                return call(client, operation, arguments)
            if self._acted:
                call(client, operation, arguments)
            raise Killed

        monkeypatch.setattr(BaseClient, "_make_api_call", struck)

    def strikes(self, number: int, acted: bool, act: Callable[[], Any]) -> bool:
        """Whether ``act`` has so many calls, of which the last is the end of it."""
        self._left, self._acted = number, acted
        try:
            act()
        except Killed:
            return True
        finally:
            self._left = 0
        return False


@pytest.mark.parametrize("acted", [False, True])
@pytest.mark.parametrize(("task", "calls"), [("resolve", 8), ("settle", 5)])
def test_a_task_that_is_killed_at_any_change_is_made_good_by_the_next_try(
    aws: FakeAws, task: str, calls: int, acted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    killer, number = Killer(monkeypatch), 1
    while struck_at(killer, number, task, acted, aws):
        number += 1
    assert number == calls + 1


def struck_at(killer: Killer, number: int, task: str, acted: bool, aws: FakeAws) -> bool:
    """Whether the task had so many changes to be killed at; everything is as it should be in the end."""
    aws.objects.clear()
    aws.jobs.clear()
    arrivals = Arrivals(aws)
    arrivals.put(a=b"rings\n1\n", bad=BAD, c=b"rings\n3\n")
    run = arrivals.run()
    before = STEPS[: STEPS.index(task)]
    if before:
        run.execute(*before)
    killed = killer.strikes(number, acted, lambda: run.execute(task))
    run.execute(*STEPS[len(before) :])
    assert sorted(arrivals.below(DATA)) == sorted(data_name(b"rings\n%d\n" % each) for each in (1, 3))
    assert [name.rpartition("/")[2] for name in arrivals.below("bucket/rings/quarantine/")].count("bad.csv") == 1
    assert arrivals.below(INCOMING) == {}
    assert arrivals.events == [{"window_end": "2026-03-03"}]
    assert len(arrivals.told) == 1
    return killed


def test_two_tries_at_once_agree_on_what_the_first_has_found(
    arrivals: Arrivals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one stands still before it writes down what it has claimed, until the second one has done all."""
    arrivals.put(a=b"rings\n1\n")
    run, copied = arrivals.run(), ResolveIngestionOperator._copied

    def overtaken(self: Any, *arguments: Any) -> Any:
        monkeypatch.setattr(ResolveIngestionOperator, "_copied", copied)
        run.execute("resolve")
        return copied(self, *arguments)

    monkeypatch.setattr(ResolveIngestionOperator, "_copied", overtaken)
    run.execute("resolve", "inspect", "settle", "announce")
    assert list(arrivals.below(DATA)) == [data_name(b"rings\n1\n")]


def test_two_tries_at_once_number_the_files_alike(arrivals: Arrivals, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one stands still before it writes down what has arrived; until then another file comes."""
    arrivals.put(b=b"rings\n2\n")
    run, claimable = arrivals.run(), ingestion.claimable

    def overtaken(*arguments: Any) -> Claims:
        monkeypatch.setattr(ingestion, "claimable", claimable)
        claims = claimable(*arguments)
        arrivals.put(a=b"rings\n1\n")
        run.execute("resolve")
        return claims

    monkeypatch.setattr(ingestion, "claimable", overtaken)
    run.execute("resolve", "inspect", "settle", "announce")
    assert sorted(arrivals.below(DATA)) == sorted(data_name(b"rings\n%d\n" % each) for each in (1, 2))
    (record,) = [content for name, content in arrivals.aws.objects.items() if name.endswith("arrivals.json")]
    assert [each["key"] for each in json.loads(record)["files"]] == ["a.csv", "b.csv"]


def test_a_run_that_has_succeeded_can_be_run_again(arrivals: Arrivals) -> None:
    arrivals.put(a=b"rings\n1\n", bad=BAD)
    run = arrivals.run()
    run.execute(*STEPS)
    data, written = arrivals.below(DATA), len(arrivals.aws.asked("CopyObject"))
    run.execute(*STEPS)
    assert arrivals.below(DATA) == data
    assert arrivals.events == [{"window_end": "2026-03-03"}] * 2
    assert len(arrivals.aws.asked("CopyObject")) == written + 1  # only that to quarantine: data is written once


def test_files_of_a_run_that_is_cleared_later_are_of_the_day_on_which_that_happens(
    arrivals: Arrivals, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrivals.put(a=b"rings\n1\n")
    run = arrivals.run()
    run.execute("resolve", "inspect")
    at(monkeypatch, NIGHT + timedelta(days=5))
    run.execute("settle", "announce")
    assert list(arrivals.below(DATA)) == [data_name(b"rings\n1\n", "2026-03-07")]
    at(monkeypatch, NIGHT + timedelta(days=6))
    run.execute("settle", "announce")
    assert list(arrivals.below(DATA)) == [data_name(b"rings\n1\n", "2026-03-07")]
    assert arrivals.events == [{"window_end": "2026-03-08"}] * 2


def test_a_file_that_is_gone_before_it_became_data_is_named(arrivals: Arrivals) -> None:
    arrivals.put(a=b"rings\n1\n")
    run = arrivals.run()
    run.execute("resolve", "inspect")
    change_before_copy(arrivals.aws, lambda: arrivals.aws.objects.pop(held(arrivals)))
    with pytest.raises(LifecycleError, match=r"0001.csv, which came as a.csv, is gone or has changed; bring it once"):
        run.execute("settle")


def test_a_folder_of_which_a_file_is_overwritten_keeps_its_marker(aws: FakeAws) -> None:
    arrivals = Arrivals(aws, marker="_SUCCESS")
    arrivals.put(**{"batch/1": b"rings\n1\n", "batch/2": b"rings\n2\n"})
    aws.objects[f"{INCOMING}batch/_SUCCESS"] = b""
    change_before_copy(aws, lambda: arrivals.put(**{"batch/1": b"rings\n3\n"}))
    arrivals.run("first").execute("resolve", "inspect", "settle", "announce")
    assert sorted(arrivals.below(INCOMING)) == ["batch/1.csv", "batch/_SUCCESS"]
    arrivals.run("second").execute("resolve", "inspect", "settle", "announce")
    assert sorted(arrivals.below(DATA)) == sorted(data_name(b"rings\n%d\n" % number) for number in (2, 3))
    assert arrivals.below(INCOMING) == {}


@pytest.mark.parametrize(
    ("operation", "refused"),
    [("CopyObject", Refused("InvalidObjectState", status=403)), ("HeadObject", Refused("InvalidRequest", status=400))],
)
def test_a_file_that_cannot_be_read_stays_and_keeps_no_other_from_becoming_data(
    arrivals: Arrivals, operation: str, refused: Refused
) -> None:
    arrivals.put(archived=b"rings\n1\n")
    act = arrivals.aws._act

    def unreadable(name: str, arguments: dict[str, Any]) -> Any:
        if name == operation and "archived" in str(arguments):
            raise refused
        return act(name, arguments)

    arrivals.aws._act = unreadable  # type: ignore[method-assign]
    with pytest.raises(AirflowFailException, match=r"copying s3://bucket/rings/incoming/archived.csv failed .* delete"):
        arrivals.run("alone").execute("resolve")
    arrivals.put(z=b"rings\n2\n")
    arrivals.run("with another").execute("resolve", "inspect", "settle", "announce")
    assert list(arrivals.below(DATA)) == [data_name(b"rings\n2\n")]
    assert list(arrivals.below(INCOMING)) == ["archived.csv"]


def test_a_release_that_lacks_the_step_leaves_the_files_to_the_next_run(arrivals: Arrivals) -> None:
    arrivals.put(a=b"rings\n1\n")
    code = {"rings": {**RELEASE["code"]["rings"], "steps": {}}}
    arrivals.aws.objects["bucket/releases/current.json"] = json.dumps({**RELEASE, "code": code}).encode()
    with pytest.raises(AirflowFailException, match=r"code.rings.steps holds nothing, but not 'inspect'; publish"):
        arrivals.run().execute("resolve")
    assert list(arrivals.below(INCOMING)) == ["a.csv"]


def held(arrivals: Arrivals) -> str:
    """The first of the files that a run holds."""
    return next(name for name in arrivals.aws.objects if name.endswith("files/0001.csv"))
