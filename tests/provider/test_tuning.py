"""SageMakerTuningOperator and SageMakerTuningSensor."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.providers.amazon.aws.operators.sagemaker import SageMakerTuningOperator
from airflow.providers.amazon.aws.sensors.sagemaker import SageMakerTuningSensor
from airflow.providers.common.compat.sdk import AirflowException
from botocore.exceptions import ClientError

from tests.provider.tasks import INTERVAL, meanwhile, run
from tests.support.local_aws import ACCOUNT, BUCKET, REGION, ROLE, LocalAws, channel, unique
from tests.support.tuning import NAME, gated, training_jobs, tuned, tuning_request

pytestmark = pytest.mark.documented("apache-airflow-providers-amazon: SageMakerTuningOperator")

FAILS = "raise SystemExit(3)"


def task(config: dict[str, Any], **arguments: Any) -> SageMakerTuningOperator:
    return SageMakerTuningOperator(task_id="tune", config=config, **{"check_interval": INTERVAL, **arguments})


def endless(aws: LocalAws) -> dict[str, Any]:
    return tuning_request(aws, gated(unique("closed")))


def stop(aws: LocalAws, config: dict[str, Any]) -> None:
    aws.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=config[NAME])


def status(aws: LocalAws, config: dict[str, Any]) -> str:
    job = aws.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=config[NAME])
    return str(job["HyperParameterTuningJobStatus"])


def test_a_tuning_job_completes_and_its_best_is_in_the_result(aws: LocalAws, deferrable: bool) -> None:
    wanted = tuning_request(aws)
    job = run(task(wanted, deferrable=deferrable))["Tuning"]
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:hyper-parameter-tuning-job/{wanted[NAME]}"
    assert (job["HyperParameterTuningJobArn"], job["HyperParameterTuningJobStatus"]) == (arn, "Completed")
    assert job["TrainingJobStatusCounters"]["Completed"] == 2
    best = job["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]
    values = [one["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for one in training_jobs(aws, wanted[NAME])]
    assert best["Value"] == min(values)


def test_a_tuning_job_whose_training_jobs_fail_fails_the_task(aws: LocalAws, deferrable: bool) -> None:
    wanted = tuning_request(aws, FAILS)
    told = "Error while waiting for tuning job: Failed" if deferrable else "SageMaker resource failed because "
    with pytest.raises(AirflowException, match=told):
        run(task(wanted, deferrable=deferrable))
    assert status(aws, wanted) == "Failed"


def test_a_stopped_tuning_job_fails_the_task_that_waits_in_the_triggerer(aws: LocalAws) -> None:
    wanted = endless(aws)
    with pytest.raises(AirflowException, match="Error while waiting for tuning job: Stopped"):
        run(task(wanted, deferrable=True), lambda: stop(aws, wanted))


@pytest.mark.soak
def test_a_stopped_tuning_job_is_a_result_to_the_task_that_waits_in_the_worker(aws: LocalAws) -> None:
    wanted = endless(aws)
    with meanwhile(lambda: stop(aws, wanted)):
        job = run(task(wanted))["Tuning"]
    assert job["HyperParameterTuningJobStatus"] == "Stopped"


@pytest.mark.soak
def test_a_tuning_job_that_outlasts_what_the_worker_waits_fails_the_task_and_goes_on(aws: LocalAws) -> None:
    wanted = endless(aws)
    with pytest.raises(AirflowException, match=r"took more than 0\.3 seconds"):
        run(task(wanted, max_ingestion_time=0.3))
    assert status(aws, wanted) == "InProgress"
    stop(aws, wanted)


@pytest.mark.soak
def test_a_task_that_does_not_wait_leaves_a_tuning_job_in_progress(aws: LocalAws) -> None:
    wanted = endless(aws)
    job = run(task(wanted, wait_for_completion=False))["Tuning"]
    assert job["HyperParameterTuningJobStatus"] == "InProgress"
    stop(aws, wanted)


def test_a_name_that_is_taken_is_refused_by_the_api(aws: LocalAws) -> None:
    wanted = tuning_request(aws)
    run(task(dict(wanted), wait_for_completion=False))
    with pytest.raises(ClientError, match="ResourceInUse"):
        run(task(wanted))


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        ({"definition": {"RoleArn": f"{ROLE}-unknown"}}, "Could not assume role .*jobs-unknown"),
        ({NAME: "a-name-longer-than-thirty-two-letters"}, "length less than or equal to 32"),
    ],
    ids=["an unknown role", "a long name"],
)
def test_a_request_that_aws_refuses_fails_the_task(aws: LocalAws, overrides: dict[str, Any], told: str) -> None:
    with pytest.raises(ClientError, match=rf"ValidationException.*{told}"):
        run(task(tuning_request(aws, **overrides)))


def test_input_that_is_not_there_fails_the_task_before_there_is_a_tuning_job(aws: LocalAws) -> None:
    nothing = [channel("code", f"s3://{BUCKET}/{unique('nothing')}/")]
    wanted = tuning_request(aws, definition={"InputDataConfig": nothing})
    with pytest.raises(AirflowException, match="does not exist in the Bucket"):
        run(task(wanted))
    with pytest.raises(ClientError, match="ResourceNotFound"):
        status(aws, wanted)


@pytest.mark.soak
def test_text_becomes_the_numbers_and_names_become_the_arns_that_the_api_takes(aws: LocalAws) -> None:
    limits = {"MaxNumberOfTrainingJobs": "{{ params.jobs }}", "MaxParallelTrainingJobs": "1"}
    operator = task(tuning_request(aws, config={"limits": limits}, definition={"RoleArn": "jobs"}))
    operator.render_template_fields({"params": {"jobs": "1"}})
    job = run(operator)["Tuning"]
    assert job["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxNumberOfTrainingJobs"] == 1
    assert job["TrainingJobDefinition"]["RoleArn"] == ROLE


def sensor(name: str) -> SageMakerTuningSensor:
    return SageMakerTuningSensor(task_id="sense", job_name=name, poke_interval=INTERVAL)


def test_the_sensor_waits_for_a_tuning_job_to_complete(aws: LocalAws) -> None:
    gate = unique("gate")
    wanted = tuning_request(aws, gated(gate))
    aws.sagemaker.create_hyper_parameter_tuning_job(**wanted)
    waiting = sensor(wanted[NAME])
    assert waiting.poke({}) is False
    aws.put(gate, "")
    run(waiting)
    assert status(aws, wanted) == "Completed"


@pytest.mark.soak
def test_the_sensor_fails_with_a_tuning_job_that_fails(aws: LocalAws) -> None:
    wanted = tuning_request(aws, FAILS)
    aws.sagemaker.create_hyper_parameter_tuning_job(**wanted)
    with pytest.raises(AirflowException, match="for the following reason"):
        run(sensor(wanted[NAME]))


@pytest.mark.soak
def test_the_sensor_takes_a_stopped_tuning_job_for_one_that_is_done(aws: LocalAws) -> None:
    wanted = endless(aws)
    aws.sagemaker.create_hyper_parameter_tuning_job(**wanted)
    stop(aws, wanted)
    run(sensor(wanted[NAME]))
    assert tuned(aws, wanted[NAME])["HyperParameterTuningJobStatus"] == "Stopped"
