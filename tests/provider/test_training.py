"""SageMakerTrainingOperator and SageMakerTrainingSensor."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.providers.amazon.aws.operators.sagemaker import SageMakerTrainingOperator
from airflow.providers.amazon.aws.sensors.sagemaker import SageMakerTrainingSensor
from airflow.providers.common.compat.sdk import AirflowException
from botocore.exceptions import ClientError

from tests.provider.tasks import INTERVAL, meanwhile, run
from tests.support.local_aws import ACCOUNT, BUCKET, REGION, ROLE, LocalAws, channel, training_request, unique

pytestmark = pytest.mark.documented("apache-airflow-providers-amazon: SageMakerTrainingOperator")

SAYS = "print('validation:mse=4.25')"
# Long enough to be seen at work by whoever looks after creating it.
FAILS = "import time; time.sleep(1); open('/opt/ml/output/failure', 'w').write('no rows'); raise SystemExit(3)"
ENDLESS = "import time; time.sleep(600)"
REASON = "AlgorithmError: no rows, exit code: 3"


def config(script: str, **overrides: Any) -> dict[str, Any]:
    return training_request(unique("training"), script, **overrides)


def task(config: dict[str, Any], **arguments: Any) -> SageMakerTrainingOperator:
    """Without the log, with which the operator looks at the job every thirty seconds, whatever it is told."""
    settings = {"check_interval": INTERVAL, "print_log": False, **arguments}
    return SageMakerTrainingOperator(task_id="train", config=config, **settings)


def described(aws: LocalAws, config: dict[str, Any]) -> dict[str, Any]:
    return dict(aws.sagemaker.describe_training_job(TrainingJobName=config["TrainingJobName"]))


def stop(aws: LocalAws, config: dict[str, Any]) -> None:
    aws.sagemaker.stop_training_job(TrainingJobName=config["TrainingJobName"])


def test_a_job_completes_and_its_description_is_the_result(
    aws: LocalAws, deferrable: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = config("open('/opt/ml/model/weights', 'w').write('1')")
    name = wanted["TrainingJobName"]
    job = run(task(wanted, deferrable=deferrable))["Training"]
    assert (job["TrainingJobName"], job["TrainingJobStatus"]) == (name, "Completed")
    assert job["TrainingJobArn"] == f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/{name}"
    assert aws.keys(f"models/{name}/") == ["output/model.tar.gz"]
    assert ("Billable seconds: " in capsys.readouterr().out) is not deferrable


@pytest.mark.soak
def test_the_log_of_a_job_is_printed_while_the_worker_waits(aws: LocalAws, capsys: pytest.CaptureFixture[str]) -> None:
    job = run(task(config(SAYS), print_log=True, check_interval=1))["Training"]
    assert job["TrainingJobStatus"] == "Completed"
    printed = capsys.readouterr().out
    for told in ("validation:mse=4.25", "Starting - ", "Completed - ", "Billable seconds: "):
        assert told in printed


@pytest.mark.soak
def test_a_job_that_fails_fails_the_task_that_prints_its_log(aws: LocalAws, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(AirflowException, match=f"Failed Reason: {REASON}"):
        run(task(config(f"{SAYS}; {FAILS}"), print_log=True, check_interval=1))
    assert "validation:mse=4.25" in capsys.readouterr().out


@pytest.mark.soak
def test_a_stopped_job_fails_the_task_that_prints_its_log(aws: LocalAws) -> None:
    wanted = config(ENDLESS)
    with meanwhile(lambda: stop(aws, wanted)), pytest.raises(AirflowException, match="Stopped Reason"):
        run(task(wanted, print_log=True, check_interval=1))


@pytest.mark.soak
def test_the_log_so_far_is_printed_before_the_task_is_deferred(
    aws: LocalAws, capsys: pytest.CaptureFixture[str]
) -> None:
    job = run(task(config(SAYS), print_log=True, deferrable=True, check_interval=3))["Training"]
    assert job["TrainingJobStatus"] == "Completed"
    printed = capsys.readouterr().out
    for told in ("validation:mse=4.25", "Completed - ", "Billable seconds: "):
        assert told in printed


def test_a_job_that_fails_fails_the_task(aws: LocalAws, deferrable: bool) -> None:
    wanted = config(FAILS)
    # The trigger tells the status; the reason is in the job's description.
    told = "Error while waiting for Training job: Failed" if deferrable else f"because {REASON}"
    with pytest.raises(AirflowException, match=told):
        run(task(wanted, deferrable=deferrable))
    assert described(aws, wanted)["FailureReason"] == REASON


def test_a_stopped_job_fails_the_task_that_waits_in_the_triggerer(aws: LocalAws) -> None:
    wanted = config(ENDLESS)
    with pytest.raises(AirflowException, match="Error while waiting for Training job: Stopped"):
        run(task(wanted, deferrable=True), lambda: stop(aws, wanted))


@pytest.mark.soak
def test_a_stopped_job_is_a_result_to_the_task_that_waits_in_the_worker(aws: LocalAws) -> None:
    wanted = config(ENDLESS)

    def trains() -> bool:
        # The operator counts billable seconds from the program's start, which a job stopped before has not.
        return "TrainingStartTime" in described(aws, wanted)

    with meanwhile(lambda: stop(aws, wanted), trains):
        job = run(task(wanted))["Training"]
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")


def test_a_job_that_outlasts_what_the_worker_waits_fails_the_task_and_goes_on(aws: LocalAws) -> None:
    wanted = config(ENDLESS)
    with pytest.raises(AirflowException, match=r"took more than 0\.3 seconds"):
        run(task(wanted, max_ingestion_time=0.3))
    assert described(aws, wanted)["TrainingJobStatus"] == "InProgress"
    stop(aws, wanted)


@pytest.mark.soak
def test_a_job_that_outlasts_the_triggers_looks_fails_the_task_and_goes_on(aws: LocalAws) -> None:
    wanted = config(ENDLESS)
    with pytest.raises(AirflowException, match="max attempts reached"):
        run(task(wanted, deferrable=True, max_attempts=2))
    assert described(aws, wanted)["TrainingJobStatus"] == "InProgress"
    stop(aws, wanted)


@pytest.mark.soak
def test_a_job_at_its_own_limit_is_a_result_to_the_task_that_waits_in_the_worker(aws: LocalAws) -> None:
    job = run(task(config(ENDLESS, StoppingCondition={"MaxRuntimeInSeconds": 1})))["Training"]
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


@pytest.mark.soak
def test_a_name_that_is_taken_gets_a_time_behind_it(aws: LocalAws) -> None:
    wanted = config("")
    aws.train("", TrainingJobName=wanted["TrainingJobName"])
    name, _, time = run(task(dict(wanted), wait_for_completion=False))["Training"]["TrainingJobName"].rpartition("-")
    assert name == wanted["TrainingJobName"]
    assert len(time) == 10
    assert time.isdecimal()


def test_a_name_that_is_taken_fails_the_task_if_it_has_to(aws: LocalAws) -> None:
    wanted = config("")
    aws.train("", TrainingJobName=wanted["TrainingJobName"])
    with pytest.raises(AirflowException, match=f"job with name {wanted['TrainingJobName']} already exists"):
        run(task(wanted, action_if_job_exists="fail"))


def test_a_name_that_is_taken_is_refused_by_the_api_where_the_task_does_not_look(aws: LocalAws) -> None:
    wanted = config("")
    aws.train("", TrainingJobName=wanted["TrainingJobName"])
    with pytest.raises(ClientError, match=r"ResourceInUse.*Training job names must be unique"):
        run(task(wanted, check_if_job_exists=False))


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        ({"RoleArn": f"{ROLE}-unknown"}, "Could not assume role .*jobs-unknown"),
        ({"algorithm": {"TrainingImage": "busybox"}}, "Invalid image URI busybox"),
        ({"HyperParameters": {"long": "x" * 2501}}, "length less than or equal to 2500"),
    ],
    ids=["an unknown role", "an image of another registry", "a long hyperparameter"],
)
def test_a_request_that_aws_refuses_fails_the_task(overrides: dict[str, Any], told: str, deferrable: bool) -> None:
    with pytest.raises(ClientError, match=rf"ValidationException.*{told}"):
        run(task(config("", **overrides), deferrable=deferrable))


def test_input_that_is_not_there_fails_the_task_before_there_is_a_job(aws: LocalAws) -> None:
    wanted = config("", InputDataConfig=[channel("train", f"s3://{BUCKET}/{unique('nothing')}/")])
    with pytest.raises(AirflowException, match="does not exist in the Bucket"):
        run(task(wanted))
    with pytest.raises(ClientError, match="Requested resource not found"):
        described(aws, wanted)


@pytest.mark.soak
def test_text_becomes_the_numbers_and_names_become_the_arns_that_the_api_takes() -> None:
    resources = {"InstanceCount": "1", "InstanceType": "ml.m5.large", "VolumeSizeInGB": "{{ params.volume }}"}
    limit = {"MaxRuntimeInSeconds": "600"}
    operator = task(config("", RoleArn="jobs", ResourceConfig=resources, StoppingCondition=limit))
    operator.render_template_fields({"params": {"volume": "7"}})
    job = run(operator)["Training"]
    assert job["ResourceConfig"]["VolumeSizeInGB"] == 7
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 600}
    assert job["RoleArn"] == ROLE


def sensor(name: str, print_log: bool = False) -> SageMakerTrainingSensor:
    return SageMakerTrainingSensor(task_id="sense", job_name=name, print_log=print_log, poke_interval=INTERVAL)


@pytest.mark.soak
def test_the_sensor_waits_for_a_job_to_complete(aws: LocalAws) -> None:
    name = unique("sensed")
    waiting = sensor(name)
    assert waiting.hook.conn, "made before the job is, as that takes its time"
    aws.train("import time; time.sleep(2)", TrainingJobName=name)
    assert waiting.poke({}) is False
    run(waiting)
    assert aws.trained(name)["TrainingJobStatus"] == "Completed"


def test_the_sensor_prints_the_log_of_a_job_that_has_completed(
    aws: LocalAws, capsys: pytest.CaptureFixture[str]
) -> None:
    name = aws.train(SAYS)
    aws.trained(name)
    run(sensor(name, print_log=True))
    printed = capsys.readouterr().out
    assert "validation:mse=4.25" in printed
    assert "Billable seconds: " in printed


def test_the_sensor_fails_with_a_job_that_fails(aws: LocalAws) -> None:
    with pytest.raises(AirflowException, match=f"for the following reason: {REASON}"):
        run(sensor(aws.train(FAILS)))


@pytest.mark.soak
def test_the_sensor_fails_where_there_is_no_such_job() -> None:
    with pytest.raises(ClientError, match="Requested resource not found"):
        run(sensor(unique("none")))
