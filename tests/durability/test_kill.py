"""``kill -9`` at awkward moments: nothing acknowledged is lost, and what ran has failed, with a reason."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.refusals import refused
from tests.executor.test_isolation import processes_with
from tests.support.local_aws import ACCOUNT, BUCKET, REGION, ROOT, LocalAws, channel, unique
from tests.support.polling import eventually

pytestmark = pytest.mark.local_only


@pytest.fixture
def own(tmp_path: Path, environments: Path) -> Iterator[LocalAws]:
    """A server of the test's own, to be killed."""
    server = LocalAws(tmp_path / "data", environments, "--stop-grace", "1")
    server.start().prepare()
    yield server
    server.terminate()


def sleeping(marker: str) -> dict[str, list[str]]:
    """A program that sleeps and can be found by *marker* in its command line."""
    return {"ContainerEntrypoint": ["python3", "-c", "import time; time.sleep(600)", marker]}


def running(server: LocalAws, name: str) -> bool:
    return bool(server.sagemaker.describe_training_job(TrainingJobName=name)["SecondaryStatus"] == "Training")


def test_a_job_killed_with_the_server_has_failed_with_a_reason_and_left_no_process(own: LocalAws) -> None:
    marker = unique("marker")
    source = own.put("data/x.csv", "1")
    name = own.train("", algorithm=sleeping(marker), InputDataConfig=[channel("train", source)])
    eventually(lambda: processes_with(marker), "the job's start")
    own.kill()
    eventually(lambda: not processes_with(marker), "the end of the job's processes")

    own.start()
    job = own.sagemaker.describe_training_job(TrainingJobName=name)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Failed", "Failed")
    assert job["FailureReason"].startswith("InternalServerError: We encountered an internal error.")
    assert "went down" in job["FailureReason"]
    assert job["TrainingEndTime"] >= job["TrainingStartTime"]
    assert not list((own.data_dir / "jobs").iterdir())


def test_a_waiting_job_and_one_being_stopped_are_reconciled_too(own: LocalAws) -> None:
    script = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    names = [own.train(script) for _ in range(3)]  # one more than run at a time
    stopping = names[0]
    eventually(lambda: running(own, stopping), "the job's start")
    own.sagemaker.stop_training_job(TrainingJobName=stopping)
    own.kill()
    own.start()
    states = [own.sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] for name in names]
    assert states[0] == "Stopped"
    assert set(states[1:]) == {"Failed"}


def test_a_job_with_retries_left_begins_again_after_a_kill_with_its_checkpoints(own: LocalAws) -> None:
    script = """
import pathlib, time
checkpoint = pathlib.Path("/opt/ml/checkpoints/epoch")
if not checkpoint.exists():
    checkpoint.touch()
    time.sleep(600)
"""
    strategy = {"MaximumRetryAttempts": 1}
    checkpoints = {"S3Uri": f"s3://{BUCKET}/checkpoints"}
    name = own.train(script, RetryStrategy=strategy, CheckpointConfig=checkpoints)
    eventually(lambda: own.keys("checkpoints/"), "the first checkpoint")
    own.kill()
    own.start()
    job = own.trained(name)
    assert job["TrainingJobStatus"] == "Completed"
    states = [transition["Status"] for transition in job["SecondaryStatusTransitions"]]
    assert states.count("Starting") == 2
    attempt = ["Starting", "Downloading", "Training"]
    assert states == [*attempt, *attempt, "Uploading", "Completed"]


def test_a_fault_plan_given_at_start_goes_on_after_a_kill(tmp_path: Path, environments: Path) -> None:
    plan = tmp_path / "plan.json"
    fault = {"name": "f", "calls": {}, "effect": {"type": "error", "code": "ThrottlingException"}, "times": 2}
    plan.write_text(json.dumps({"faults": [fault]}))
    server = LocalAws(tmp_path / "data", environments, "--faults", str(plan)).start()
    try:
        throttled = [refused(server.sagemaker.list_training_jobs)]
        server.kill()
        server.start()
        throttled.append(refused(server.sagemaker.list_training_jobs))
        assert throttled == [("ThrottlingException", "Rate exceeded")] * 2
        assert server.sagemaker.list_training_jobs()["TrainingJobSummaries"] == []
        assert server.faults()["counts"] == {"f": {"met": 3, "struck": 2}}
    finally:
        server.terminate()


def test_a_fault_plan_that_is_none_is_named_with_its_mistake(tmp_path: Path, environments: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text('{"faults": [{"name": "f"}]}')
    server = LocalAws(tmp_path / "data", environments, "--faults", str(plan))
    assert f"the fault plan {plan} cannot be used: faults[0]: effect is missing" in refusal(server)


def test_nothing_acknowledged_is_lost(own: LocalAws) -> None:
    job = own.processed(own.process("print('done')"))
    own.sagemaker.create_model_package_group(ModelPackageGroupName="g", Tags=[{"Key": "k", "Value": "v"}])
    package = own.sagemaker.create_model_package(ModelPackageGroupName="g")["ModelPackageArn"]
    uri = own.put("acknowledged", "content")
    own.kill()
    own.start()
    name = job["ProcessingJobName"]
    assert (
        own.sagemaker.describe_processing_job(ProcessingJobName=name)["ProcessingEndTime"] == job["ProcessingEndTime"]
    )
    assert own.sagemaker.describe_model_package(ModelPackageName=package)["ModelPackageVersion"] == 1
    group = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package-group/g"
    assert own.sagemaker.list_tags(ResourceArn=group)["Tags"] == [{"Key": "k", "Value": "v"}]
    assert own.read(uri) == b"content"
    again = own.sagemaker.create_model_package(ModelPackageGroupName="g")["ModelPackageArn"]
    assert again.endswith("/g/2")


def test_the_log_of_a_finished_job_survives(own: LocalAws) -> None:
    name = own.process("print('remember me')")
    own.processed(name)
    saved = own.data_dir / "base" / "state" / "log_events.jsonl"
    eventually(lambda: saved.exists() and "remember me" in saved.read_text(), "the save of the logs")
    own.kill()
    own.start()
    assert own.log_lines("ProcessingJobs", name) == ["remember me"]


def test_every_event_reaches_its_queue_also_across_a_kill(own: LocalAws) -> None:
    sqs, queue = subscribed(own)
    names = [own.process("print('x')") for _ in range(6)]
    own.kill()
    own.start()
    sqs = own.client("sqs")
    ended: set[str] = set()

    def all_ended() -> bool:
        ended.update(finished_jobs(sqs, queue))
        return ended == set(names)

    eventually(all_ended, f"the events of {names}")


def subscribed(own: LocalAws) -> tuple[Any, str]:
    """A queue that EventBridge sends the processing jobs' events to, on disk."""
    sqs, events = own.client("sqs"), own.client("events")
    queue = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["aws.sagemaker"], "detail-type": ["SageMaker Processing Job State Change"]}
    events.put_rule(Name="jobs", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="jobs", Targets=[{"Id": "queue", "Arn": arn}])
    state = own.data_dir / "base" / "state" / "eventbridge.json"
    eventually(lambda: state.exists() and arn in state.read_text(), "the save of the rule")
    return sqs, queue


def finished_jobs(sqs: Any, queue: str) -> set[str]:
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    details = [json.loads(message["Body"])["detail"] for message in messages]
    for message in messages:
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return {detail["ProcessingJobName"] for detail in details if detail["ProcessingJobStatus"] != "InProgress"}


def test_sigterm_ends_the_server_soon_and_cleanly_with_a_job_under_way(own: LocalAws) -> None:
    marker = unique("marker")
    name = own.train("", algorithm=sleeping(marker))
    eventually(lambda: processes_with(marker), "the job's start")
    assert own.terminate() == 0
    assert not processes_with(marker)
    own.start()
    assert own.sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "Failed"


def refusal(server: LocalAws) -> str:
    """What a server says that cannot start."""
    ended = subprocess.run(server.command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    return ended.stderr


def test_a_second_server_on_the_same_data_is_refused(own: LocalAws, environments: Path) -> None:
    assert f"a server is running on {own.data_dir}" in refusal(LocalAws(own.data_dir, environments))


def test_a_taken_port_is_named(own: LocalAws, tmp_path: Path, environments: Path) -> None:
    second = LocalAws(tmp_path / "second", environments)
    second.port = own.port
    assert f"port {own.port} on 127.0.0.1 is taken" in refusal(second)


def test_the_bucket_is_there_after_a_restart(own: LocalAws) -> None:
    own.put("a", "1")
    own.terminate()
    own.start()
    assert own.keys("a") == [""]
    assert own.read(f"s3://{BUCKET}/a") == b"1"
