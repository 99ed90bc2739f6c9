"""A job is not run again for what an earlier success has left, and only then."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from mlops_sagemaker.operators import base
from mlops_sagemaker.operators.jobs import SageMakerProcessingJobOperator
from mlops_sagemaker.requests import Input, Instances, Output, ProcessingJob
from tests.unit.mlops_sagemaker.contexts import DAG_ID, RUN_ID, context_for
from tests.unit.mlops_sagemaker.fake_aws import FakeAws

JOB = ProcessingJob(
    module="abalone",
    arguments=["preprocess"],
    image="registry/training:1",
    code="s3://b/code/",
    role_arn="arn:aws:iam::000000000000:role/jobs",
    instances=Instances("ml.m5.large"),
    max_runtime=timedelta(hours=1),
    inputs=[Input("data", "s3://b/runs/1/manifest.json", manifest=True), Input("more", "s3://b/more/")],
    outputs=[Output("train", "s3://b/runs/1/train/", "train")],
)
LATER = "scheduled__2026-03-03T02:00:00+00:00"


@pytest.fixture(autouse=True)
def short_naps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "WORKER_POLL_SECONDS", 0.01)


@pytest.fixture
def aws(aws: FakeAws) -> FakeAws:
    """An AWS with inputs, and jobs that leave something."""
    manifest = json.dumps([{"prefix": "s3://b/data/"}, "a.csv", "b.csv"]).encode()
    contents = {"data/a.csv": b"a", "data/b.csv": b"b", "more/x": b"x", "code/abalone/main.py": b"code"}
    aws.objects.update({f"b/{name}": content for name, content in contents.items()})
    aws.objects["b/runs/1/manifest.json"] = aws.objects["b/runs/2/manifest.json"] = manifest

    def work(kind: str, job: dict[str, Any]) -> None:
        for output in job["ProcessingOutputConfig"]["Outputs"]:
            uri = output["S3Output"]["S3Uri"].removeprefix("s3://")
            aws.objects.update({f"{uri}one.npy": b"1", f"{uri}two.npy": b"2"})

    aws.work = work
    return aws


def operator(job: ProcessingJob = JOB, **arguments: Any) -> SageMakerProcessingJobOperator:
    return SageMakerProcessingJobOperator(task_id="preprocess", job=job, ledger="s3://b/ledger", retries=2, **arguments)


def next_night(job: ProcessingJob = JOB) -> ProcessingJob:
    """The same step of another run, which keeps its things elsewhere."""
    data, *others = job.inputs
    return replace(
        job,
        inputs=[replace(data, uri="s3://b/runs/2/manifest.json"), *others],
        outputs=[Output("train", "s3://b/runs/2/train/", "train")],
    )


def run(job: ProcessingJob = JOB, run_id: str = RUN_ID, generation: int = 0, **arguments: Any) -> dict[str, Any]:
    task = operator(job, **arguments)
    return task.execute(context_for(task, run_id=run_id, generation=generation))


def test_an_unchanged_step_starts_no_job_and_says_whose_outputs_it_uses(aws: FakeAws) -> None:
    first = run()
    again = run(next_night(), LATER)
    origin = {"dag_id": DAG_ID, "run_id": RUN_ID, "task_id": "preprocess", "map_index": -1, "generation": 0}
    assert again == {**first, "reused": origin}
    assert again["outputs"] == {"train": "s3://b/runs/1/train/"}
    assert len(aws.jobs) == 1


def test_a_task_that_uses_an_earlier_ones_outputs_leads_to_it(aws: FakeAws) -> None:
    run()
    task = operator(next_night())
    context = context_for(task, run_id=LATER)
    task.execute(context)
    assert context["ti"].pushed["_link_OriginLink"].endswith("/tasks/preprocess")


@pytest.mark.parametrize(
    "change",
    [
        {"image": "registry/training:2"},
        {"arguments": ["preprocess", "--seed=1"]},
        {"module": "churn"},
        {"instances": Instances("ml.m5.large", count=2)},
        {"inputs": [*JOB.inputs, Input("champion", "s3://b/more/x")]},
        {"inputs": [JOB.inputs[0], replace(JOB.inputs[1], path="elsewhere")]},
    ],
    ids=["image", "arguments", "module", "instances", "another input", "an input elsewhere"],
)
def test_another_request_is_another_step(aws: FakeAws, change: dict[str, Any]) -> None:
    run()
    assert "reused" not in run(next_night(replace(JOB, **change)), LATER)


@pytest.mark.parametrize("change", [{"role_arn": "arn:aws:iam::1:role/new"}, {"max_runtime": timedelta(hours=2)}])
def test_who_may_run_it_and_for_how_long_changes_no_output(aws: FakeAws, change: dict[str, Any]) -> None:
    run()
    assert "reused" in run(next_night(replace(JOB, **change)), LATER)


@pytest.mark.parametrize(
    "name", ["data/a.csv", "data/b.csv", "more/x", "more/new", "code/abalone/main.py", "code/abalone/new.py"]
)
def test_another_byte_in_an_input_is_another_step(aws: FakeAws, name: str) -> None:
    run()
    aws.objects[f"b/{name}"] = b"changed"
    assert "reused" not in run(next_night(), LATER)


def test_an_object_that_no_manifest_lists_changes_nothing(aws: FakeAws) -> None:
    run()
    aws.objects["b/data/c.csv"] = b"c"
    assert "reused" in run(next_night(), LATER)


@pytest.mark.parametrize("spoil", ["missing", "changed", "more"])
def test_outputs_that_are_not_what_was_recorded_are_never_reused_and_made_anew(aws: FakeAws, spoil: str) -> None:
    run()
    if spoil == "missing":
        del aws.objects["b/runs/1/train/two.npy"]
    else:
        aws.objects[f"b/runs/1/train/{'two' if spoil == 'changed' else 'three'}.npy"] = b"?"
    assert "reused" not in run(next_night(), LATER)
    third = run(JOB, "manual__3")
    assert third["outputs"] == {"train": "s3://b/runs/2/train/"}
    assert third["reused"]["run_id"] == LATER


def test_a_failure_is_no_success(aws: FakeAws) -> None:
    aws.statuses, aws.ending = ["Failed"], {"FailureReason": "InternalServerError"}
    with pytest.raises(Exception, match="InternalServerError"):
        run()
    aws.statuses, aws.ending = ["Completed"], {}
    assert "reused" not in run(next_night(), LATER)


def test_whoever_asks_for_it_anew_gets_a_job_which_the_next_night_uses(aws: FakeAws) -> None:
    run()
    assert "reused" not in run(next_night(), LATER, anew="True")
    assert run(JOB, "manual__3")["reused"]["run_id"] == LATER


def test_a_task_that_a_person_cleared_gets_a_fresh_job_past_the_ledger(aws: FakeAws) -> None:
    first = run()
    assert "reused" in run(next_night(), LATER)
    fresh = run(next_night(), LATER, generation=2)
    assert "reused" not in fresh
    assert fresh["job_name"] != first["job_name"]
    assert run(JOB, "manual__3")["reused"]["generation"] == 2


def test_a_repeated_task_adopts_its_own_job_before_it_looks_for_others(aws: FakeAws) -> None:
    first = run()
    assert run() == first
    assert len(aws.jobs) == 1


def test_a_job_that_was_only_attached_to_is_not_recorded(aws: FakeAws) -> None:
    aws.statuses = ["InProgress"]
    task = operator(worker_wait=timedelta(0))
    with pytest.raises(TaskDeferred):
        task.execute(context_for(task))
    next(iter(aws.jobs.values()))["_statuses"] = ["Completed"]
    run()
    assert not [name for name in aws.objects if name.startswith("b/ledger/")]


def test_a_deferred_job_is_recorded_under_what_its_inputs_held_when_it_began(aws: FakeAws) -> None:
    aws.statuses = ["InProgress"]
    task = operator(worker_wait=timedelta(0))
    with pytest.raises(TaskDeferred) as deferred:
        task.execute(context_for(task))
    aws.objects["b/more/x"], before = b"changed meanwhile", aws.objects["b/more/x"]
    next(iter(aws.jobs.values()))["_statuses"] = ["Completed"]
    assert deferred.value.kwargs is not None
    operator().resume(context_for(task), {"status": "done"}, **deferred.value.kwargs)
    aws.statuses = ["Completed"]
    assert "reused" not in run(next_night(), LATER)
    aws.objects["b/more/x"] = before
    assert run(next_night(), "manual__3")["reused"]["run_id"] == RUN_ID


def test_an_operator_without_a_ledger_neither_reads_nor_writes_any(aws: FakeAws) -> None:
    for run_id in (RUN_ID, LATER):
        task = SageMakerProcessingJobOperator(task_id="preprocess", job=JOB)
        assert "reused" not in task.execute(context_for(task, run_id=run_id))
    assert len(aws.jobs) == 2
    assert not aws.asked("ListObjects")


def test_inputs_that_the_operator_may_not_look_at_are_no_reason_to_fail(aws: FakeAws) -> None:
    aws.fail("ListObjects", "AccessDenied")
    assert run()["status"] == "Completed"
    assert not [name for name in aws.objects if name.startswith("b/ledger/")]


def test_a_record_whose_answer_got_lost_is_written_once(aws: FakeAws) -> None:
    run()
    (name,) = [name for name in aws.objects if name.startswith("b/ledger/")]
    content = aws.objects[name]
    run(generation=0)
    assert aws.objects[name] == content
