"""SageMakerProcessingOperator and SageMakerProcessingSensor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from airflow.providers.amazon.aws.operators.sagemaker import SageMakerProcessingOperator
from airflow.providers.amazon.aws.sensors.sagemaker import SageMakerProcessingSensor
from airflow.providers.common.compat.sdk import AirflowException
from botocore.exceptions import ClientError

from tests.provider.tasks import INTERVAL, meanwhile, run
from tests.support.local_aws import (
    ACCOUNT,
    BUCKET,
    REGION,
    ROLE,
    LocalAws,
    processing_input,
    processing_output,
    processing_request,
    unique,
)

pytestmark = pytest.mark.documented("apache-airflow-providers-amazon: SageMakerProcessingOperator")

# Long enough to be seen at work by whoever looks after creating it.
FAILS = "import time; time.sleep(1); raise SystemExit(3)"
ENDLESS = "import time; time.sleep(600)"
COPIES = (
    "import pathlib; folder = pathlib.Path('/opt/ml/processing');"
    "(folder / 'out/data.csv').write_bytes((folder / 'input/data/data.csv').read_bytes())"
)


def config(script: str, **overrides: Any) -> dict[str, Any]:
    return processing_request(unique("processing"), script, **overrides)


def task(config: dict[str, Any], **arguments: Any) -> SageMakerProcessingOperator:
    return SageMakerProcessingOperator(task_id="process", config=config, **{"check_interval": INTERVAL, **arguments})


def described(aws: LocalAws, config: dict[str, Any]) -> dict[str, Any]:
    return dict(aws.sagemaker.describe_processing_job(ProcessingJobName=config["ProcessingJobName"]))


def stop(aws: LocalAws, config: dict[str, Any]) -> None:
    aws.sagemaker.stop_processing_job(ProcessingJobName=config["ProcessingJobName"])


def test_a_job_completes_and_its_description_is_the_result(aws: LocalAws, deferrable: bool) -> None:
    prefix = f"s3://{BUCKET}/{unique('provider')}"
    wanted = config(
        COPIES,
        ProcessingInputs=[processing_input("data", aws.put("provider/data.csv", "1,2"))],
        ProcessingOutputConfig={"Outputs": [processing_output("out", prefix)]},
    )
    name = wanted["ProcessingJobName"]
    job = run(task(wanted, deferrable=deferrable))["Processing"]
    assert (job["ProcessingJobName"], job["ProcessingJobStatus"]) == (name, "Completed")
    assert job["ProcessingJobArn"] == f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:processing-job/{name}"
    assert aws.read(f"{prefix}/data.csv") == b"1,2"


def test_a_job_that_fails_fails_the_task(aws: LocalAws, deferrable: bool) -> None:
    wanted = config(FAILS)
    # The trigger tells the status; the reason is in the job's description.
    told = "Error while waiting for Processing job: Failed" if deferrable else "because AlgorithmError: , exit code: 3"
    with pytest.raises(AirflowException, match=told):
        run(task(wanted, deferrable=deferrable))
    assert described(aws, wanted)["FailureReason"] == "AlgorithmError: , exit code: 3"


def test_a_stopped_job_fails_the_task_that_waits_in_the_triggerer(aws: LocalAws) -> None:
    wanted = config(ENDLESS)
    with pytest.raises(AirflowException, match="Error while waiting for Processing job: Stopped"):
        run(task(wanted, deferrable=True), lambda: stop(aws, wanted))


@pytest.mark.soak
def test_a_stopped_job_is_a_result_to_the_task_that_waits_in_the_worker(aws: LocalAws) -> None:
    wanted = config(ENDLESS)
    with meanwhile(lambda: stop(aws, wanted)):
        job = run(task(wanted))["Processing"]
    assert job["ProcessingJobStatus"] == "Stopped"


@pytest.mark.soak
def test_a_job_that_outlasts_what_the_worker_waits_fails_the_task_and_goes_on(aws: LocalAws) -> None:
    wanted = config(ENDLESS)
    with pytest.raises(AirflowException, match=r"took more than 0\.3 seconds"):
        run(task(wanted, max_ingestion_time=0.3))
    assert described(aws, wanted)["ProcessingJobStatus"] == "InProgress"
    stop(aws, wanted)


def test_a_job_that_outlasts_the_triggers_looks_fails_the_task_and_goes_on(aws: LocalAws) -> None:
    wanted = config(ENDLESS)
    with pytest.raises(AirflowException, match="max attempts reached"):
        run(task(wanted, deferrable=True, max_attempts=2))
    assert described(aws, wanted)["ProcessingJobStatus"] == "InProgress"
    stop(aws, wanted)


@pytest.mark.soak
def test_a_task_that_does_not_wait_leaves_a_job_in_progress(aws: LocalAws, deferrable: bool) -> None:
    wanted = config(ENDLESS)
    job = run(task(wanted, wait_for_completion=False, deferrable=deferrable))["Processing"]
    assert job["ProcessingJobStatus"] == "InProgress"
    stop(aws, wanted)


@pytest.mark.soak
def test_a_name_that_is_taken_gets_a_time_behind_it(aws: LocalAws) -> None:
    wanted = config("")
    aws.process("", ProcessingJobName=wanted["ProcessingJobName"])
    name, _, time = run(task(dict(wanted), wait_for_completion=False))["Processing"]["ProcessingJobName"].rpartition(
        "-"
    )
    assert name == wanted["ProcessingJobName"]
    assert len(time) == 10
    assert time.isdecimal()


def test_a_name_that_is_taken_fails_the_task_if_it_has_to(aws: LocalAws) -> None:
    wanted = config("")
    aws.process("", ProcessingJobName=wanted["ProcessingJobName"])
    with pytest.raises(AirflowException, match=f"job with name {wanted['ProcessingJobName']} already exists"):
        run(task(wanted, action_if_job_exists="fail"))


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        ({"RoleArn": f"{ROLE}-unknown"}, "Could not assume role .*jobs-unknown"),
        ({"AppSpecification": {"ImageUri": "busybox"}}, "Invalid image URI busybox"),
        ({"ProcessingJobName": "under_score"}, "failed to satisfy constraint"),
    ],
    ids=["an unknown role", "an image of another registry", "an impossible name"],
)
def test_a_request_that_aws_refuses_fails_the_task(overrides: dict[str, Any], told: str, deferrable: bool) -> None:
    with pytest.raises(ClientError, match=rf"ValidationException.*{told}"):
        run(task(config("", **overrides), deferrable=deferrable))


@pytest.mark.soak
def test_input_that_is_not_there_fails_the_job(aws: LocalAws) -> None:
    nothing = processing_input("data", f"s3://{BUCKET}/{unique('nothing')}")
    with pytest.raises(AirflowException, match="because ClientError: "):
        run(task(config("", ProcessingInputs=[nothing])))


def test_text_becomes_the_numbers_and_names_become_the_arns_that_the_api_takes() -> None:
    cluster = {"InstanceCount": "1", "InstanceType": "ml.m5.large", "VolumeSizeInGB": "{{ params.volume }}"}
    limit = {"MaxRuntimeInSeconds": "600"}
    operator = task(config("", RoleArn="jobs", ProcessingResources={"ClusterConfig": cluster}, StoppingCondition=limit))
    operator.render_template_fields({"params": {"volume": "7"}})
    job = run(operator)["Processing"]
    assert job["ProcessingResources"]["ClusterConfig"]["VolumeSizeInGB"] == 7
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 600}
    assert job["RoleArn"] == ROLE


@pytest.mark.soak
def test_files_are_uploaded_to_a_bucket_that_is_made_before_the_job(aws: LocalAws, tmp_path: Path) -> None:
    script, bucket = tmp_path / "main.py", unique("made")
    script.write_text("print('hello')")
    code = processing_input("code", f"s3://{bucket}/main.py")
    upload = {"Path": str(script), "Bucket": bucket, "Key": "main.py", "Tar": False}
    application = {**config("")["AppSpecification"]}
    application["ContainerEntrypoint"] = ["python3", "/opt/ml/processing/input/code/main.py"]
    wanted = config("", AppSpecification=application, ProcessingInputs=[code])
    run(task({**wanted, "S3Operations": {"S3CreateBucket": [{"Bucket": bucket}], "S3Upload": [upload]}}))
    assert aws.log_lines("ProcessingJobs", wanted["ProcessingJobName"]) == ["hello"]


def sensor(config: dict[str, Any]) -> SageMakerProcessingSensor:
    return SageMakerProcessingSensor(task_id="sense", job_name=config["ProcessingJobName"], poke_interval=INTERVAL)


def test_the_sensor_waits_for_a_job_to_complete(aws: LocalAws) -> None:
    wanted = config("import time; time.sleep(2)")
    waiting = sensor(wanted)
    assert waiting.hook.conn, "made before the job is, as that takes its time"
    aws.sagemaker.create_processing_job(**wanted)
    assert waiting.poke({}) is False
    run(waiting)
    assert described(aws, wanted)["ProcessingJobStatus"] == "Completed"


def test_the_sensor_fails_with_a_job_that_fails(aws: LocalAws) -> None:
    wanted = config(FAILS)
    aws.sagemaker.create_processing_job(**wanted)
    with pytest.raises(AirflowException, match="job failed"):
        run(sensor(wanted))


@pytest.mark.soak
def test_the_sensor_fails_with_a_job_that_is_stopped(aws: LocalAws) -> None:
    wanted = config(ENDLESS)
    aws.sagemaker.create_processing_job(**wanted)
    stop(aws, wanted)
    with pytest.raises(AirflowException, match="job failed"):
        run(sensor(wanted))


@pytest.mark.soak
def test_the_sensor_fails_where_there_is_no_such_job() -> None:
    with pytest.raises(ClientError, match="Could not find requested job"):
        run(sensor(config("")))
