import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferralError, TaskDeferralTimeout, TaskDeferred
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
from airflow.sdk.module_loading import import_string
from airflow.sdk.serde import deserialize, serialize

from mlops_sagemaker.errors import ApiError, JobFailed, LifecycleError, TaskKilled, WaitFailed, WaitTimedOut
from mlops_sagemaker.operators import base
from mlops_sagemaker.operators.base import SageMakerJobOperator
from mlops_sagemaker.operators.jobs import (
    SageMakerProcessingJobOperator,
    SageMakerTrainingJobOperator,
    SageMakerTransformJobOperator,
    SageMakerTuningJobOperator,
)
from mlops_sagemaker.requests import (
    ContinuousRange,
    Input,
    Instances,
    ProcessingJob,
    TrainingJob,
    TransformJob,
    TuningJob,
)
from tests.unit.mlops_sagemaker.contexts import context_for
from tests.unit.mlops_sagemaker.fake_aws import FakeAws, Refused

TRAINING = TrainingJob(
    module="abalone",
    arguments=["train"],
    image="image",
    code="s3://b/code/",
    role_arn="arn:aws:iam::000000000000:role/jobs",
    instances=Instances("ml.m5.large"),
    max_runtime=timedelta(hours=1),
    channels={"train": "s3://b/train/"},
    output="s3://b/run/train/",
)


@pytest.fixture(autouse=True)
def short_naps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "WORKER_POLL_SECONDS", 0.01)


def train(**arguments: Any) -> SageMakerTrainingJobOperator:
    return SageMakerTrainingJobOperator(task_id="train", job=TRAINING, retries=2, **arguments)


def the_job(aws: FakeAws) -> dict[str, Any]:
    (job,) = aws.jobs.values()
    return job


def deferral_of(operator: SageMakerJobOperator, context: dict[str, Any]) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as caught:
        operator.execute(context)
    return caught.value


def resume(
    operator: SageMakerJobOperator, deferred: TaskDeferred, context: dict[str, Any], status: str = "done"
) -> Any:
    """What Airflow does with a fired trigger, on the way through its database."""
    event = {"status": status, "message": "why"}
    kwargs = deserialize(serialize({**(deferred.kwargs or {}), "event": event}))
    return operator.resume_execution(deferred.method_name, kwargs, context)


def test_a_job_that_ends_soon_is_waited_for_in_the_worker(aws: FakeAws) -> None:
    aws.statuses = ["InProgress", "InProgress", "Completed"]
    operator = train()
    result = operator.execute(context_for(operator))
    assert result["status"] == "Completed"
    assert result["job_name"].startswith("abalone-training-train-")
    assert result["model_data"] == f"s3://b/run/train/{result['job_name']}/output/model.tar.gz"
    assert len(aws.asked("CreateTrainingJob")) == 1


def test_a_longer_job_is_left_to_the_trigger_and_finished_afterwards(aws: FakeAws) -> None:
    aws.statuses = ["InProgress"]
    operator = train(worker_wait=timedelta(0), region_name="eu-west-1", poll_interval=timedelta(seconds=7))
    context = context_for(operator)
    deferred = deferral_of(operator, context)
    path, arguments = deferred.trigger.serialize()
    assert import_string(path) is type(deferred.trigger)
    assert (arguments["kind"], arguments["aws"]["region_name"]) == ("training", "eu-west-1")
    assert arguments["poll_interval"] == 7
    assert not aws.asked("StopTrainingJob")
    the_job(aws)["_statuses"] = ["Completed"]
    fresh = train(region_name="eu-west-1")
    assert resume(fresh, deferred, context)["job_name"] == arguments["job_name"]


def test_the_trigger_waits_as_long_as_the_job_may_run_and_no_longer(aws: FakeAws) -> None:
    aws.statuses = ["InProgress"]
    operator = train(worker_wait=timedelta(0), pending_timeout=timedelta(minutes=5))
    deadline = deferral_of(operator, context_for(operator)).trigger.serialize()[1]["deadline"]
    assert deadline == pytest.approx(the_job(aws)["CreationTime"] + 3600 + 300, abs=1)


def test_an_execution_timeout_holds_for_the_deferred_time_too(aws: FakeAws) -> None:
    aws.statuses = ["InProgress"]
    operator = train(worker_wait=timedelta(0), execution_timeout=timedelta(minutes=10))
    context = context_for(operator)
    deadline = deferral_of(operator, context).trigger.serialize()[1]["deadline"]
    assert deadline == pytest.approx((context["ti"].start_date + timedelta(minutes=10)).timestamp())


def test_a_repeated_task_attaches_to_its_running_job(aws: FakeAws) -> None:
    aws.statuses = ["InProgress"]
    first, second = train(worker_wait=timedelta(0)), train()
    deferral_of(first, context_for(first))
    the_job(aws)["_statuses"] = ["InProgress", "Completed"]
    assert second.execute(context_for(second, try_number=2))["status"] == "Completed"
    assert len(aws.asked("CreateTrainingJob")) == 1


def test_a_repeated_task_adopts_its_finished_job(aws: FakeAws) -> None:
    results = [operator.execute(context_for(operator)) for operator in (train(), train())]
    assert results[0] == results[1]
    assert len(aws.asked("CreateTrainingJob")) == 1


@pytest.mark.parametrize("end", ["Failed", "Stopped", "Stopping"])
def test_a_lost_job_is_followed_by_the_next_attempt(aws: FakeAws, end: str) -> None:
    operator = train()
    name = operator.execute(context_for(operator))["job_name"]
    for attempt in (2, 3):
        list(aws.jobs.values())[-1]["_statuses"] = [end]
        operator = train()
        result = operator.execute(context_for(operator, try_number=attempt))
        assert result["job_name"] == f"{name}-{attempt}"


def test_a_task_that_a_person_cleared_gets_a_fresh_job(aws: FakeAws) -> None:
    operator = train()
    results = [operator.execute(context_for(operator, generation=generation)) for generation in (0, 1)]
    assert results[0]["job_name"] != results[1]["job_name"]


def test_another_run_or_another_request_gets_a_job_of_its_own(aws: FakeAws) -> None:
    operator = train()
    operator.execute(context_for(operator))
    operator.execute(context_for(operator, run_id="manual__1"))
    operator.request["HyperParameters"] = {"eta": "0.5"}
    operator.execute(context_for(operator))
    assert len(aws.jobs) == 3


def test_an_answer_that_got_lost_after_aws_had_acted_buys_no_second_job(aws: FakeAws) -> None:
    aws.fail("CreateTrainingJob", "ResourceInUse", after_acting=True)
    operator = train()
    assert operator.execute(context_for(operator))["status"] == "Completed"
    assert len(aws.jobs) == 1


def test_throttling_while_waiting_fails_no_task(aws: FakeAws) -> None:
    throttled = Refused("ThrottlingException")
    aws.statuses = ["InProgress", throttled, "InProgress", throttled, throttled, "Completed"]
    operator = train()
    assert operator.execute(context_for(operator))["status"] == "Completed"
    assert len(aws.asked("CreateTrainingJob")) == 1


def test_losing_the_right_to_look_at_the_job_ends_the_wait_and_the_job(aws: FakeAws) -> None:
    aws.statuses = ["InProgress", Refused("AccessDeniedException"), "InProgress"]
    operator = train()
    with pytest.raises(AirflowFailException, match="AccessDeniedException"):
        operator.execute(context_for(operator))
    assert aws.asked("StopTrainingJob")


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        ("AlgorithmError: no rows, exit code: 1", AirflowFailException),
        ("ClientError: Data download failed", AirflowFailException),
        ("InternalServerError: We encountered an internal error.", JobFailed),
        ("CapacityError: Unable to provision requested ML compute capacity", JobFailed),
    ],
)
def test_only_failures_that_may_pass_are_retried(aws: FakeAws, reason: str, error: type[Exception]) -> None:
    aws.statuses, aws.ending = ["Failed"], {"FailureReason": reason}
    operator = train()
    with pytest.raises(error, match="ended as Failed") as caught:
        operator.execute(context_for(operator))
    assert type(caught.value) is error
    assert reason in str(caught.value)
    assert "/aws/sagemaker/TrainingJobs" in str(caught.value)
    assert not aws.asked("StopTrainingJob")


def test_a_stopped_job_is_a_failure(aws: FakeAws) -> None:
    aws.statuses = ["InProgress", "Stopped"]
    operator = train()
    with pytest.raises(AirflowFailException, match="ended as Stopped"):
        operator.execute(context_for(operator))


def test_a_request_that_aws_refuses_is_not_repeated(aws: FakeAws) -> None:
    aws.fail("CreateTrainingJob", "ValidationException")
    operator = train()
    with pytest.raises(AirflowFailException, match="create_training_job failed with ValidationException"):
        operator.execute(context_for(operator))


def test_an_exhausted_quota_is_tried_again(aws: FakeAws) -> None:
    aws.fail("CreateTrainingJob", "ResourceLimitExceeded")
    operator = train()
    with pytest.raises(ApiError, match="ResourceLimitExceeded"):
        operator.execute(context_for(operator))


def killed_while_waiting(aws: FakeAws, operator: SageMakerJobOperator, try_number: int = 1) -> None:
    aws.statuses = ["InProgress"]

    def kill_when_running() -> None:
        while not aws.jobs:
            time.sleep(0.01)
        operator.on_kill()

    killer = threading.Thread(target=kill_when_running)
    killer.start()
    with pytest.raises((TaskKilled, AirflowFailException)):
        operator.execute(context_for(operator, try_number=try_number))
    killer.join()


def test_a_killed_task_stops_its_job_and_ends(aws: FakeAws) -> None:
    killed_while_waiting(aws, train())
    assert aws.asked("StopTrainingJob")


def test_a_task_that_looks_while_its_kill_begins_ends_as_killed(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    class SlowToStart(threading.Thread):
        def start(self) -> None:
            time.sleep(10 * base.WORKER_POLL_SECONDS)
            super().start()

    monkeypatch.setattr(base, "Thread", SlowToStart)
    killed_while_waiting(aws, train())
    assert aws.asked("StopTrainingJob")


@pytest.mark.parametrize(
    ("state", "try_number", "stopped"),
    [
        ("up_for_retry", 1, False),
        ("deferred", 1, False),
        ("queued", 1, False),
        ("running", 1, False),
        ("running", 3, True),
        ("restarting", 1, True),
        ("failed", 1, True),
        ("success", 1, True),
    ],
)
def test_only_a_task_that_airflow_itself_tries_again_leaves_its_job_to_the_next_try(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch, state: str, try_number: int, stopped: bool
) -> None:
    def states(**asked: Any) -> dict[str, Any]:
        assert (asked["task_ids"], asked["map_index"]) == (["train"], -1)
        return {asked["run_ids"][0]: {"train": state}}

    monkeypatch.setattr(RuntimeTaskInstance, "get_task_states", states)
    killed_while_waiting(aws, train(), try_number)
    assert bool(aws.asked("StopTrainingJob")) is stopped


def test_a_signal_during_the_wait_stops_the_job(aws: FakeAws) -> None:
    """As Airflow's task runner does it: the signal handler calls on_kill while the main thread is waiting."""
    aws.statuses = ["InProgress"]
    operator = train()
    before = signal.signal(signal.SIGALRM, lambda *_: operator.on_kill())
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        with pytest.raises((TaskKilled, AirflowFailException)):
            operator.execute(context_for(operator))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert aws.asked("StopTrainingJob")


def test_killing_a_task_that_has_no_job_yet_asks_aws_nothing(aws: FakeAws) -> None:
    train().on_kill()
    assert not aws.calls


def test_a_job_over_its_deadline_is_stopped_in_the_worker(aws: FakeAws) -> None:
    aws.statuses = ["InProgress"]
    operator = train(execution_timeout=timedelta(seconds=1))
    context = context_for(operator)
    context["ti"].start_date = datetime.now(UTC) - timedelta(hours=1)
    with pytest.raises(WaitTimedOut, match="is not done in time"):
        operator.execute(context)
    assert aws.asked("StopTrainingJob")


@pytest.mark.parametrize(
    ("status", "error", "text", "try_number", "stopped"),
    [
        ("timeout", WaitTimedOut, "not done in time", 1, True),
        ("error", WaitFailed, "why", 1, False),
        ("error", WaitFailed, "why", 3, True),
    ],
)
def test_a_job_the_trigger_gave_up_is_stopped_unless_the_next_try_can_wait_for_it(
    aws: FakeAws, status: str, error: type[Exception], text: str, try_number: int, stopped: bool
) -> None:
    aws.statuses = ["InProgress"]
    operator = train(worker_wait=timedelta(0))
    context = context_for(operator, try_number=try_number)
    deferred = deferral_of(operator, context)
    with pytest.raises(error, match=text):
        resume(train(), deferred, context, status)
    assert bool(aws.asked("StopTrainingJob")) is stopped


def test_a_job_that_ended_just_as_the_trigger_gave_up_counts(aws: FakeAws) -> None:
    aws.statuses = ["InProgress"]
    operator = train(worker_wait=timedelta(0))
    context = context_for(operator)
    deferred = deferral_of(operator, context)
    the_job(aws)["_statuses"] = ["Completed"]
    assert resume(train(), deferred, context, "timeout")["status"] == "Completed"


def test_losing_aws_for_one_try_leaves_the_job_to_the_next(aws: FakeAws) -> None:
    aws.statuses = ["InProgress"]
    operator = train(worker_wait=timedelta(0))
    context = context_for(operator)
    deferred = deferral_of(operator, context)
    aws.fail("DescribeTrainingJob", "InternalFailure")
    with pytest.raises(ApiError, match="InternalFailure"):
        resume(train(), deferred, context)
    assert not aws.asked("StopTrainingJob")
    the_job(aws)["_statuses"] = ["Completed"]
    assert train().execute(context_for(operator, try_number=2))["status"] == "Completed"
    assert len(aws.asked("CreateTrainingJob")) == 1


def test_losing_aws_in_the_last_try_stops_the_job(aws: FakeAws) -> None:
    aws.statuses = ["InProgress"]
    operator = train(worker_wait=timedelta(0))
    context = context_for(operator, try_number=3)
    deferred = deferral_of(operator, context)
    aws.fail("DescribeTrainingJob", "InternalFailure")
    with pytest.raises(ApiError, match="InternalFailure"):
        resume(train(), deferred, context)
    assert aws.asked("StopTrainingJob")


def test_a_job_deleted_while_deferred_is_an_error(aws: FakeAws) -> None:
    aws.statuses = ["InProgress"]
    operator = train(worker_wait=timedelta(0))
    context = context_for(operator)
    deferred = deferral_of(operator, context)
    aws.jobs.clear()
    with pytest.raises(LifecycleError, match="is gone"):
        resume(train(), deferred, context)


@pytest.mark.parametrize(
    ("error", "cause", "try_number", "stopped"),
    [
        (TaskDeferralError, "Trigger failure", 1, False),
        (TaskDeferralError, "Trigger failure", 3, True),
        (TaskDeferralTimeout, "Trigger timeout", 1, True),
    ],
)
def test_a_trigger_that_could_not_run_leaves_no_job_to_nobody(
    aws: FakeAws, error: type[Exception], cause: str, try_number: int, stopped: bool
) -> None:
    aws.statuses = ["InProgress"]
    operator = train(worker_wait=timedelta(0))
    context = context_for(operator, try_number=try_number)
    deferral_of(operator, context)
    with pytest.raises(error):
        train().resume_execution("__fail__", {"error": cause}, context)
    assert bool(aws.asked("StopTrainingJob")) is stopped


def test_a_job_that_cannot_be_stopped_does_not_hide_why_it_should(
    aws: FakeAws, caplog: pytest.LogCaptureFixture
) -> None:
    aws.statuses = ["InProgress"]
    aws.fail("StopTrainingJob", "AccessDeniedException")
    operator = train(worker_wait=timedelta(0))
    context = context_for(operator)
    deferred = deferral_of(operator, context)
    with pytest.raises(WaitTimedOut):
        resume(train(), deferred, context, "timeout")


def test_the_jobs_log_is_followed_in_the_worker_and_after_resuming(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.statuses = ["InProgress"]
    operator, fresh = train(worker_wait=timedelta(0)), train()
    lines: list[str] = []
    for task in (operator, fresh):
        monkeypatch.setattr(task.log, "info", lambda line, *_: lines.append(line))
    context = context_for(operator)
    name = operator._attempt_name(base.task_key(context), 1)
    aws.logs[f"{name}/algo-1-1"] = [(1, "validation:mse=4.5")]
    deferred = deferral_of(operator, context)
    assert lines.count("validation:mse=4.5") == 1
    aws.logs[f"{name}/algo-1-1"].append((2, "100 % done"))
    the_job(aws)["_statuses"] = ["Completed"]
    resume(fresh, deferred, context)
    assert (lines.count("validation:mse=4.5"), lines.count("100 % done")) == (1, 1)


def test_a_log_that_may_not_be_read_is_no_reason_to_lose_the_job(aws: FakeAws) -> None:
    aws.statuses = ["InProgress", "InProgress", "Completed"]
    aws.fail("DescribeLogStreams", "AccessDeniedException", times=100)
    operator = train()
    assert operator.execute(context_for(operator))["status"] == "Completed"
    assert len(aws.asked("DescribeLogStreams")) == 1


def test_an_optional_input_without_uri_is_left_out_of_the_job(aws: FakeAws) -> None:
    job = ProcessingJob(
        module="abalone",
        arguments=["evaluate"],
        image="image",
        code="s3://b/code/",
        role_arn="arn:aws:iam::000000000000:role/jobs",
        instances=Instances("ml.m5.large"),
        max_runtime=timedelta(hours=1),
        inputs=[Input("champion", "")],
        outputs=[],
    )
    operator = SageMakerProcessingJobOperator(task_id="evaluate", job=job)
    operator.execute(context_for(operator))
    assert [source["InputName"] for source in the_job(aws)["ProcessingInputs"]] == ["code"]


TUNING = TuningJob(
    training=TRAINING,
    objective="validation:mse",
    ranges={"eta": ContinuousRange(0.1, 0.5)},
    max_jobs=2,
    max_runtime=timedelta(hours=3),
)
TRANSFORM = TransformJob(
    model_name="model",
    input="s3://b/rows/",
    output="s3://b/predictions/",
    instances=Instances("ml.m5.large"),
    max_runtime=timedelta(hours=3),
)


@pytest.mark.parametrize(
    ("operator_class", "job", "call"),
    [
        (SageMakerTuningJobOperator, TUNING, "CreateHyperParameterTuningJob"),
        (SageMakerTransformJobOperator, TRANSFORM, "CreateTransformJob"),
    ],
)
def test_every_kind_of_job_is_run_once_and_waited_for_as_long_as_it_may_run(
    aws: FakeAws, operator_class: Any, job: Any, call: str
) -> None:
    aws.statuses = ["InProgress"]
    operator = operator_class(task_id="a_task_of_a_long_name", job=job, worker_wait=timedelta(0))
    context = context_for(operator)
    arguments = deferral_of(operator, context).trigger.serialize()[1]
    assert arguments["deadline"] == pytest.approx(the_job(aws)["CreationTime"] + 4 * 3600, abs=1)
    assert len(arguments["job_name"]) <= operator.kind.max_name_length
    the_job(aws)["_statuses"] = ["Completed"]
    aws.ending = {"TrainingJobStatusCounters": {}}
    assert operator_class(task_id="a_task_of_a_long_name", job=job).execute(context)["status"] == "Completed"
    assert len(aws.asked(call)) == 1
