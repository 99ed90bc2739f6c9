"""Jobs that go wrong on purpose: the documented plan, and each effect by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError

from tests.contract.refusals import refused
from tests.support.documents import code_blocks
from tests.support.local_aws import BUCKET, LocalAws, training_request, unique
from tests.support.polling import eventually

pytestmark = pytest.mark.local_only
ENDLESS = "import time; time.sleep(600)"
RESUME = """
import pathlib, time
checkpoint = pathlib.Path("/opt/ml/checkpoints/epoch")
if checkpoint.exists():
    print("resumed at", checkpoint.read_text())
else:
    checkpoint.write_text("1")
    print("loss=0.5;", "checkpoint saved", flush=True)
    time.sleep(600)
"""
PREPARATION = "Preparing the instances for training"
NO_CAPACITY = (
    "CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type."
)
OUT_OF_MEMORY = (
    "ClientError: Please use an instance type with more memory, or reduce the size of job data processed on an "
    "instance."
)


@pytest.fixture
def faulty(aws: LocalAws) -> Iterator[LocalAws]:
    """The server, without a plan afterwards."""
    yield aws
    aws.faults("DELETE")


def put(aws: LocalAws, effect: dict[str, Any], **members: Any) -> None:
    """The plan of one fault, on the jobs whose names begin with ``faulty``."""
    aws.faults("PUT", {"faults": [{"name": "f", "jobs": {"name": "faulty-*"}, "effect": effect, **members}]})


def spot(wait: int = 600) -> dict[str, Any]:
    """The members of a request for spot capacity, with checkpoints."""
    return {
        "EnableManagedSpotTraining": True,
        "StoppingCondition": {"MaxRuntimeInSeconds": min(wait, 600), "MaxWaitTimeInSeconds": wait},
        "CheckpointConfig": {"S3Uri": f"s3://{BUCKET}/{unique('checkpoints')}"},
    }


def documented_plan() -> str:
    """The plan that the README writes to a file."""
    (block,) = [block for block in code_blocks("sagemaker_local/README.md") if '"faults": [' in block]
    return block.split("<<'END'\n")[1].split("\nEND\n")[0]


def states(job: dict[str, Any]) -> list[str]:
    return [transition["Status"] for transition in job["SecondaryStatusTransitions"]]


def messages(job: dict[str, Any]) -> list[str]:
    return [transition["StatusMessage"] for transition in job["SecondaryStatusTransitions"]]


def test_the_documented_plan_does_what_the_document_says(faulty: LocalAws) -> None:
    faulty.faults("PUT", documented_plan())
    nightly, train, evaluate = unique("nightly"), unique("uc-train"), unique("evaluate")
    faulty.train(RESUME, TrainingJobName=nightly, **spot())
    faulty.train(ENDLESS, TrainingJobName=train)
    tags = [{"Key": "stage", "Value": "evaluate"}]
    with pytest.raises(ConnectionClosedError):
        faulty.process(f"print('loading', flush=True)\n{ENDLESS}", ProcessingJobName=evaluate, Tags=tags)
    refusal = refused(faulty.sagemaker.create_training_job, **training_request("big-one", ""))
    assert refusal[0] == "ResourceLimitExceeded"
    assert faulty.trained(nightly)["TrainingJobStatus"] == "Completed"
    assert faulty.trained(train)["FailureReason"] == "AlgorithmError: column age is missing, exit code: 3"
    assert faulty.processed(evaluate)["FailureReason"] == OUT_OF_MEMORY
    counts = {name: count["struck"] for name, count in faulty.faults()["counts"].items()}
    expected = {"bad rows": 1, "too small": 1, "reclaimed": 1, "busy": 0, "no quota": 1, "lost answer": 1}
    assert counts == expected


def test_a_program_that_is_to_fail_leaves_its_text(faulty: LocalAws) -> None:
    put(faulty, {"type": "exit", "code": 42, "failure": "no rows; 'none'"})
    name = unique("faulty")
    job = faulty.trained(faulty.train(ENDLESS, TrainingJobName=name))
    assert job["FailureReason"] == "AlgorithmError: no rows; 'none', exit code: 42"
    assert faulty.log_lines("TrainingJobs", name) == ["no rows; 'none'"]
    other = faulty.processed(faulty.process(ENDLESS, ProcessingJobName=name))
    assert (other["FailureReason"], other["ExitMessage"]) == ("AlgorithmError: , exit code: 42", "no rows; 'none'")


def test_out_of_memory_is_a_real_kill_without_warning(faulty: LocalAws) -> None:
    put(faulty, {"type": "out_of_memory", "after_line": "ready"})
    script = f"""
import signal
signal.signal(signal.SIGTERM, lambda *_: print("warned", flush=True))
print("ready", flush=True)
{ENDLESS}
"""
    name = unique("faulty")
    assert faulty.trained(faulty.train(script, TrainingJobName=name))["FailureReason"] == OUT_OF_MEMORY
    assert faulty.log_lines("TrainingJobs", name) == ["ready"]


def test_a_program_that_ends_before_it_is_struck_has_ended_well(faulty: LocalAws) -> None:
    put(faulty, {"type": "out_of_memory", "after_seconds": 3600})
    assert faulty.trained(faulty.train("", TrainingJobName=unique("faulty")))["TrainingJobStatus"] == "Completed"


def test_without_capacity_a_job_fails_at_its_start(faulty: LocalAws) -> None:
    put(faulty, {"type": "capacity_error"})
    name = unique("faulty")
    job = faulty.trained(faulty.train("", TrainingJobName=name))
    assert job["FailureReason"] == NO_CAPACITY
    assert states(job) == ["Starting", "Failed"]
    assert "TrainingStartTime" not in job
    assert "BillableTimeInSeconds" not in job
    assert faulty.processed(faulty.process("", ProcessingJobName=name))["FailureReason"] == NO_CAPACITY


def test_a_job_that_starts_slowly_can_be_stopped_meanwhile(faulty: LocalAws) -> None:
    put(faulty, {"type": "slow_start", "seconds": 3600})
    name = faulty.train("", TrainingJobName=unique("faulty"))

    def launching() -> bool:
        return messages(faulty.sagemaker.describe_training_job(TrainingJobName=name)) == [
            "Launching requested ML instances"
        ]

    eventually(launching, "the job's wait for instances")
    faulty.sagemaker.stop_training_job(TrainingJobName=name)
    assert states(faulty.trained(name)) == ["Starting", "Stopping", "Stopped"]


def test_a_job_that_starts_slowly_starts(faulty: LocalAws) -> None:
    put(faulty, {"type": "slow_start", "seconds": 0.2})
    job = faulty.trained(faulty.train("", TrainingJobName=unique("faulty")))
    assert job["TrainingJobStatus"] == "Completed"
    assert (job["TrainingStartTime"] - job["CreationTime"]).total_seconds() >= 0.2


def test_an_internal_error_fails_a_job_that_has_no_retries(faulty: LocalAws) -> None:
    put(faulty, {"type": "internal_error"})
    name = unique("faulty")
    expected = "InternalServerError: We encountered an internal error.  Please try again."
    assert faulty.trained(faulty.train(ENDLESS, TrainingJobName=name))["FailureReason"] == expected
    assert faulty.processed(faulty.process(ENDLESS, ProcessingJobName=name))["FailureReason"] == expected


@pytest.mark.parametrize(("retries", "status"), [(2, "Completed"), (1, "Failed")])
def test_a_job_is_retried_as_often_as_its_strategy_says(faulty: LocalAws, retries: int, status: str) -> None:
    put(faulty, {"type": "internal_error"}, times=2)
    strategy = {"MaximumRetryAttempts": retries}
    job = faulty.trained(faulty.train("print('x')", TrainingJobName=unique("faulty"), RetryStrategy=strategy))
    attempt = ["Starting", "Downloading", "Training"]
    last = ["Uploading", "Completed"] if status == "Completed" else ["Failed"]
    assert states(job) == [*attempt * (3 if status == "Completed" else 2), *last]
    assert messages(job)[3] == PREPARATION


# Spot capacity


def test_an_interrupted_job_goes_on_from_its_checkpoints(faulty: LocalAws) -> None:
    put(faulty, {"type": "spot_interruption", "after_line": "checkpoint saved"})
    name = unique("faulty")
    metrics = {"MetricDefinitions": [{"Name": "loss", "Regex": "loss=(.*?);"}]}
    job = faulty.trained(faulty.train(RESUME, TrainingJobName=name, algorithm=metrics, **spot()))
    attempt = ["Starting", "Downloading", "Training"]
    assert states(job) == [*attempt, "Interrupted", *attempt, "Uploading", "Completed"]
    assert "resumed at 1" in faulty.log_lines("TrainingJobs", name)
    assert job["BillableTimeInSeconds"] <= job["TrainingTimeInSeconds"]
    assert [metric["Value"] for metric in job["FinalMetricDataList"]] == [0.5]
    assert job["EnableManagedSpotTraining"] is True


def test_a_job_that_is_interrupted_again_and_again_exceeds_its_wait(faulty: LocalAws) -> None:
    put(faulty, {"type": "spot_interruption"})
    job = faulty.trained(faulty.train(ENDLESS, TrainingJobName=unique("faulty"), **spot(wait=1)))
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxWaitTimeExceeded")
    assert "Interrupted" in states(job)
    assert states(job)[-1] == "MaxWaitTimeExceeded"


def test_a_spot_job_without_capacity_waits_until_it_may_no_longer(faulty: LocalAws) -> None:
    put(faulty, {"type": "capacity_error"})
    name = faulty.train("", TrainingJobName=unique("faulty"), **spot(wait=1))
    job = faulty.trained(name)
    assert states(job) == ["Starting", "Stopping", "MaxWaitTimeExceeded"]
    assert messages(job)[0] == "Insufficient capacity error from EC2 while launching instances, retrying!"
    assert "TrainingStartTime" not in job


def test_a_spot_job_that_waits_for_its_turn_exceeds_its_wait_too(faulty: LocalAws) -> None:
    put(faulty, {"type": "slow_start", "seconds": 3600})
    before = [faulty.train("", TrainingJobName=unique("faulty")) for _ in range(4)]  # as many as run at a time
    job = faulty.trained(faulty.train("", **spot(wait=1)))
    assert job["SecondaryStatus"] == "MaxWaitTimeExceeded"
    assert messages(job)[0] == "Starting the training job"
    for name in before:
        faulty.sagemaker.stop_training_job(TrainingJobName=name)


def test_a_job_on_demand_is_not_interrupted(faulty: LocalAws) -> None:
    put(faulty, {"type": "spot_interruption"})
    job = faulty.trained(faulty.train("", TrainingJobName=unique("faulty")))
    assert "Interrupted" not in states(job)
    assert faulty.faults()["counts"] == {"f": {"met": 0, "struck": 0}}
