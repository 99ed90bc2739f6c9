"""What the provider's operators of jobs do wrong, and ours do not: the same test on both.

When the provider mends a defect its half fails, and tells that the test and its line in docs/operators.md can go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Event
from threading import enumerate as enumerate_threads
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException, TaskDeferred
from airflow.sdk.bases.operator import TriggerFailureReason
from botocore.exceptions import ClientError

from mlops_sagemaker.errors import WaitTimedOut
from mlops_sagemaker.jobs import KINDS
from tests.provider.sides import Own, Side, Stock, as_xcom
from tests.provider.tasks import meanwhile, run
from tests.support.hosting import Hosting
from tests.support.local_aws import BUCKET, LocalAws, channel, processing_request, training_request, unique
from tests.support.polling import eventually
from tests.support.transform import transform_request
from tests.support.tuning import SQUARE, tuning_request
from tests.unit.mlops_sagemaker.contexts import context_for

pytestmark = pytest.mark.documented("apache-airflow-providers-amazon: SageMaker operators")

ENDLESS = "import time; time.sleep(600)"
SECRET = "not-for-everybody"
WAITING_IN_VAIN = (AirflowException, WaitTimedOut)

Configure = Callable[..., dict[str, Any]]


@pytest.fixture(params=[Stock(), Own()], ids=["stock", "own"])
def side(request: pytest.FixtureRequest) -> Side:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def configure(aws: LocalAws, hosting: Hosting) -> Configure:
    """Requests by kind of job, each with a name of its own and *script* for a program."""

    def transform(name: str, script: str, **overrides: Any) -> dict[str, Any]:
        data = aws.put(f"{name}/in/rows", "sleep=600" if script is ENDLESS else "1")
        return transform_request(name, hosting.model(), data, f"s3://{BUCKET}/{name}/out", **overrides)

    kinds: dict[str, Configure] = {
        "processing": processing_request,
        "training": training_request,
        "tuning": lambda name, script, **overrides: tuning_request(
            aws, script or SQUARE, HyperParameterTuningJobName=name, **overrides
        ),
        "transform": transform,
    }
    return lambda kind, script="", **overrides: kinds[kind](unique("j"), script, **overrides)


def name_of(kind: str, config: dict[str, Any]) -> str:
    return str(config[KINDS[kind].name_key])


def jobs(aws: LocalAws, kind: str, config: dict[str, Any]) -> list[str]:
    """Names of the jobs that were made of *config*."""
    summaries = {
        "processing": (aws.sagemaker.list_processing_jobs, "ProcessingJobSummaries"),
        "training": (aws.sagemaker.list_training_jobs, "TrainingJobSummaries"),
        "tuning": (aws.sagemaker.list_hyper_parameter_tuning_jobs, "HyperParameterTuningJobSummaries"),
        "transform": (aws.sagemaker.list_transform_jobs, "TransformJobSummaries"),
    }
    listing, key = summaries[kind]
    return [summary[KINDS[kind].name_key] for summary in listing(NameContains=name_of(kind, config))[key]]


def described(aws: LocalAws, kind: str, config: dict[str, Any]) -> dict[str, Any]:
    (name,) = jobs(aws, kind, config) or [name_of(kind, config)]
    return dict(getattr(aws.sagemaker, KINDS[kind].describe)(**{KINDS[kind].name_key: name}))


def stop(aws: LocalAws, kind: str, config: dict[str, Any]) -> None:
    name_key = KINDS[kind].name_key
    getattr(aws.sagemaker, KINDS[kind].stop)(**{name_key: described(aws, kind, config)[name_key]})


def status(aws: LocalAws, kind: str, config: dict[str, Any]) -> str:
    return KINDS[kind].status(described(aws, kind, config))


def lost_on_the_way(operator: Any) -> None:
    """Run a task until its job is there, and no further: its worker is gone."""
    with suppress(TaskDeferred):
        operator.execute(context_for(operator))


def kill(operator: Any) -> None:
    """As Airflow kills a task, once what the operator does then is done."""
    before = set(enumerate_threads())
    operator.on_kill()
    for thread in set(enumerate_threads()) - before:
        thread.join()


@pytest.fixture
def faulty(aws: LocalAws) -> Iterator[LocalAws]:
    """The server, without a plan afterwards."""
    yield aws
    aws.faults("DELETE")


@contextmanager
def beside(work: Callable[[Event], Any]) -> Iterator[None]:
    """*work* goes on beside the block, and is told when that is over."""
    over = Event()
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work, over)
        try:
            yield
        finally:
            over.set()
        working.result()


def gated(gate: str) -> str:
    """A program that waits until object *gate* is there: one line of at most 256 characters, as an entry point is."""
    there = f"b'<Key>' in u.urlopen(os.environ['S3_ENDPOINT_URL']+'/{BUCKET}?list-type=2&prefix={gate}').read()"
    return f"import os,time,urllib.request as u; [time.sleep(.1) for _ in iter(lambda: {there}, True)]"


@pytest.mark.parametrize("kind", ["processing", "training", "transform"])
def test_a_task_that_is_repeated_after_its_worker_was_lost_buys_a_second_job(
    aws: LocalAws, configure: Configure, side: Side, kind: str
) -> None:
    """Defect 1."""
    config = configure(kind)
    for _ in range(2):
        lost_on_the_way(side.job(kind, config, deferred=True))
    assert (len(jobs(aws, kind, config)) == 2) is side.has_the_defect


def test_a_repeated_tuning_task_never_gets_past_its_first_job(aws: LocalAws, configure: Configure, side: Side) -> None:
    """Defect 1: there is no second job, and no way back to the first."""
    config = configure("tuning")
    lost_on_the_way(side.job("tuning", config, deferred=True))
    stuck = False
    try:
        run(side.job("tuning", config, deferred=True))
    except ClientError as error:
        stuck = error.response["Error"]["Code"] == "ResourceInUse"
    assert stuck is side.has_the_defect
    assert len(jobs(aws, "tuning", config)) == 1


def test_a_repeated_tasks_model_lies_elsewhere_than_the_first_ones(configure: Configure, side: Side) -> None:
    """Defect 2."""
    config = configure("training")
    first, second = (side.model(run(side.job("training", config))) for _ in range(2))
    assert (first != second) is side.has_the_defect


def test_a_tasks_name_can_be_too_long_for_a_tuning_job(configure: Configure, side: Side) -> None:
    """Defect 2."""
    config = {**configure("tuning"), "HyperParameterTuningJobName": unique("a-task-with-a-telling-name")}
    refused = False
    try:
        run(side.job("tuning", config))
    except ClientError as error:
        refused = "failed to satisfy constraint" in str(error)
    assert refused is side.has_the_defect


def test_a_deferred_wait_ends_after_sixty_looks(faulty: LocalAws, configure: Configure, side: Side) -> None:
    """Defect 3."""
    gate = unique("gate")
    config = configure("processing", gated(gate))
    patient = side.job("processing", config, deferred=True, interval=0.05)
    counting = {"type": "error", "code": "ThrottlingException"}
    never = {"operation": "DescribeProcessingJob", "name": f"*{name_of('processing', config)}*"}
    faulty.faults("PUT", {"faults": [{"name": "looks", "calls": never, "probability": 1e-9, "effect": counting}]})
    gave_up = False

    def open_later(over: Event) -> None:
        eventually(lambda: over.is_set() or faulty.faults()["counts"]["looks"]["met"] > 70, "the seventieth look")
        faulty.put(gate, "")

    with beside(open_later):
        try:
            run(patient)
        except AirflowException as error:
            gave_up = "max attempts reached" in str(error)
    assert gave_up is side.has_the_defect


@pytest.mark.parametrize("kind", ["processing", "training", "tuning", "transform"])
def test_a_job_goes_on_when_its_task_is_killed(aws: LocalAws, configure: Configure, side: Side, kind: str) -> None:
    """Defect 4."""
    config = configure(kind, ENDLESS)
    task = side.job(kind, config, deferred=True)
    lost_on_the_way(task)
    kill(task)
    goes_on = status(aws, kind, config) == "InProgress"
    assert goes_on is side.has_the_defect
    if goes_on:
        stop(aws, kind, config)


def test_a_job_goes_on_when_its_tasks_time_is_up(aws: LocalAws, configure: Configure, side: Side) -> None:
    """Defect 4, in the worker."""
    config = configure("processing", ENDLESS)
    with pytest.raises(WAITING_IN_VAIN):
        run(side.timed_out("processing", config, 1.5))
    goes_on = status(aws, "processing", config) == "InProgress"
    assert goes_on is side.has_the_defect
    if goes_on:
        stop(aws, "processing", config)


def test_a_job_goes_on_when_its_triggers_time_is_up(aws: LocalAws, configure: Configure, side: Side) -> None:
    """Defect 4, in the triggerer."""
    config = configure("processing", ENDLESS)
    task = side.job("processing", config, deferred=True)
    lost_on_the_way(task)
    with pytest.raises(AirflowException):
        task.resume_execution("__fail__", {"error": TriggerFailureReason.TRIGGER_TIMEOUT.value}, context_for(task))
    goes_on = status(aws, "processing", config) == "InProgress"
    assert goes_on is side.has_the_defect
    if goes_on:
        stop(aws, "processing", config)


@pytest.mark.parametrize("kind", ["processing", "training", "tuning", "transform"])
def test_a_job_that_somebody_stopped_counts_as_a_success(
    aws: LocalAws, configure: Configure, side: Side, kind: str
) -> None:
    """Defect 5."""
    config = configure(kind, ENDLESS)
    succeeded = True

    def runs() -> bool:
        # The stock operator of training jobs counts on the start of its program, which a job stopped before has not.
        return KINDS[kind].start_key in described(aws, kind, config)

    with meanwhile(lambda: stop(aws, kind, config), runs):
        try:
            run(side.job(kind, config))
        except AirflowException:
            succeeded = False
    assert succeeded is side.has_the_defect


@pytest.mark.parametrize("kind", ["processing", "training"])
def test_what_a_job_says_after_its_task_is_deferred_is_not_in_the_log(
    aws: LocalAws, configure: Configure, side: Side, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Defect 6."""
    gate = unique("gate")
    config = configure(kind, f"{gated(gate)}; print('nearly', 'done')")
    shown = {"print_log": True} if side.has_the_defect else {}
    run(side.job(kind, config, deferred=True, **shown), once_deferred=lambda: aws.put(gate, ""))
    assert ("nearly done" not in capsys.readouterr().out) is side.has_the_defect


def test_one_refused_look_at_the_job_fails_the_task(
    faulty: LocalAws, configure: Configure, side: Side, impatient: None
) -> None:
    """Defect 8."""
    gate = unique("gate")
    config = configure("processing", gated(gate))
    looks = {"operation": "DescribeProcessingJob", "name": f"*{name_of('processing', config)}*"}
    throttled = {"name": "looks", "calls": looks, "effect": {"type": "error", "code": "ThrottlingException"}}
    faulty.faults("PUT", {"faults": [{**throttled, "probability": 1e-9}]})

    def throttle(over: Event) -> None:
        eventually(lambda: over.is_set() or faulty.faults()["counts"]["looks"]["met"] > 4, "the waiting")
        faulty.faults("PUT", {"faults": [{**throttled, "times": 1}]})
        eventually(lambda: over.is_set() or faulty.faults()["counts"]["looks"]["struck"], "the throttling")
        faulty.put(gate, "")

    failed = False
    with beside(throttle):
        try:
            run(side.job("processing", config))
        except AirflowException as error:
            failed = "AWS request failed" in str(error)
    assert failed is side.has_the_defect


def test_data_named_by_the_beginning_of_a_folder_is_refused(aws: LocalAws, configure: Configure, side: Side) -> None:
    """Defect 16: SageMaker takes any prefix of keys."""
    prefix = unique("data")
    aws.put(f"{prefix}-01/rows.csv", "1")
    config = configure("training", InputDataConfig=[channel("train", f"s3://{BUCKET}/{prefix}")])
    refused = False
    try:
        run(side.job("training", config))
    except AirflowException as error:
        refused = "does not exist" in str(error)
    assert refused is side.has_the_defect


@pytest.mark.parametrize("door", ["s3_hook", "logs_hook"])
def test_s3_and_the_logs_are_asked_in_another_region(configure: Configure, side: Side, door: str) -> None:
    """Defect 17."""
    hook = side.job("training", configure("training"), region_name="eu-west-1").hook
    elsewhere = getattr(hook, door).conn.meta.region_name != "eu-west-1"
    assert elsewhere is side.has_the_defect


def test_a_lack_of_capacity_and_an_error_of_the_script_are_one_kind_of_failure(
    faulty: LocalAws, configure: Configure, side: Side
) -> None:
    """Defect 18."""
    effects = ({"type": "capacity_error"}, {"type": "exit", "code": 3, "failure": "no rows"})
    kinds = set()
    for effect in effects:
        config = configure("training")
        name = f"*{name_of('training', config)}*"
        faulty.faults("PUT", {"faults": [{"name": "f", "jobs": {"name": name}, "effect": effect}]})
        with pytest.raises(Exception, match=r"CapacityError|AlgorithmError") as caught:
            run(side.job("training", config))
        kinds.add(caught.type)
    assert (len(kinds) == 1) is side.has_the_defect


@pytest.mark.parametrize("kind", ["processing", "training"])
def test_the_jobs_environment_and_texts_of_python_reach_xcom(configure: Configure, side: Side, kind: str) -> None:
    """Defect 19."""
    result = as_xcom(run(side.job(kind, configure(kind, Environment={"TOKEN": SECRET}))))
    assert (SECRET in result) is side.has_the_defect
    assert ("datetime.datetime(" in result) is side.has_the_defect


def test_a_spot_job_is_told_to_cost_its_whole_time(
    aws: LocalAws, configure: Configure, side: Side, capsys: pytest.CaptureFixture[str]
) -> None:
    """Defect 20."""
    spot = {
        "EnableManagedSpotTraining": True,
        "StoppingCondition": {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 600},
    }
    config = configure("training", "import time; time.sleep(3)", **spot)
    told = side.billable_seconds(run(side.job("training", config)), capsys.readouterr().out)
    (name,) = jobs(aws, "training", config)
    billed = aws.sagemaker.describe_training_job(TrainingJobName=name)["BillableTimeInSeconds"]
    assert (told != billed) is side.has_the_defect
