"""The ingestion DAG's tasks, rendered by Airflow and run in order against an AWS of HTTP answers."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.definitions.param import process_params
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from lifecycle.ingestion import ingestion_dag
from lifecycle.use_case import Ingestion
from mlops_sagemaker.errors import ApiError
from tests.dags.lifecycle.declared import declared
from tests.unit.mlops_sagemaker.contexts import context_for
from tests.unit.mlops_sagemaker.fake_aws import FakeAws, Refused

SHA = "ab" * 32
NIGHT = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
RELEASE = {
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
    (poison,) = [name for name in arrivals.aws.objects if name.endswith("files/0001.csv")]
    del arrivals.aws.objects[poison]
    arrivals.aws.statuses, arrivals.aws.ending = ["Completed"], {}
    run.execute("inspect", "settle", "announce")
    assert list(arrivals.below(DATA)) == [data_name(b"rings\n2\n")]


@pytest.mark.parametrize("operation", ["PutObject", "CopyObject", "HeadObject", "DeleteObject"])
@pytest.mark.parametrize("task", ["resolve", "settle"])
@pytest.mark.parametrize(("call", "acted"), [(1, False), (2, True)])
def test_a_try_that_breaks_off_anywhere_is_made_good_by_the_next(
    arrivals: Arrivals, operation: str, task: str, call: int, acted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrivals.put(a=b"rings\n1\n", bad=BAD, c=b"rings\n3\n")
    run = arrivals.run()
    if task == "settle":
        run.execute("resolve", "inspect")
    left, act = [call], arrivals.aws._act

    def broken(name: str, arguments: dict[str, Any]) -> Any:
        if name == operation:
            left[0] -= 1
            if left[0] == 0:
                if acted:
                    act(name, arguments)
                raise Refused("AccessDenied", status=403)
        return act(name, arguments)

    with monkeypatch.context() as patch:
        patch.setattr(arrivals.aws, "call", broken)
        with pytest.raises((ApiError, AirflowFailException)):
            run.execute(task)
    run.execute(*STEPS[STEPS.index(task) :])
    assert sorted(arrivals.below(DATA)) == sorted(data_name(b"rings\n%d\n" % number) for number in (1, 3))
    assert [name.rpartition("/")[2] for name in arrivals.below("bucket/rings/quarantine/")].count("bad.csv") == 1
    assert arrivals.below(INCOMING) == {}
    assert not [name for name in arrivals.below("bucket/rings/runs/") if "/files/" in name]
    assert arrivals.events == [{"window_end": "2026-03-03"}]
    assert len(arrivals.told) == 1
