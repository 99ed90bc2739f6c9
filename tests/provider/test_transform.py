"""SageMakerTransformOperator and SageMakerTransformSensor."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.providers.amazon.aws.links.sagemaker import SageMakerTransformJobLink
from airflow.providers.amazon.aws.operators.sagemaker import SageMakerTransformOperator
from airflow.providers.amazon.aws.sensors.sagemaker import SageMakerTransformSensor
from airflow.providers.common.compat.sdk import AirflowException
from botocore.exceptions import ClientError

from tests.provider.tasks import INTERVAL, meanwhile, run
from tests.support.fixtures import hosting  # noqa: F401 - a fixture
from tests.support.hosting import SERVING, Hosting, archive
from tests.support.local_aws import ACCOUNT, BUCKET, REGION, ROLE, LocalAws, unique
from tests.support.transform import Transforms, transform_request

pytestmark = pytest.mark.documented("apache-airflow-providers-amazon: SageMakerTransformOperator")


@pytest.fixture(autouse=True)
def links(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The jobs of the links to AWS's console, which Airflow's task runner alone can pass on."""
    persisted: list[str] = []
    monkeypatch.setattr(SageMakerTransformJobLink, "persist", lambda **given: persisted.append(given["job_name"]))
    return persisted


@pytest.fixture
def transforms(hosting: Hosting) -> Transforms:  # noqa: F811 - the fixture
    return Transforms(hosting)


def config(transforms: Transforms, rows: str = "1,2\n", model: str = "", **more: Any) -> dict[str, Any]:
    """A CreateTransformJob request for one object, numbers as text."""
    name = unique("transform")
    data = transforms.aws.put(f"{name}/in/rows.csv", rows).rpartition("/")[0]
    request = transform_request(
        name, model or transforms.hosting.model(), data, f"s3://{BUCKET}/{name}/out", MaxPayloadInMB="6", **more
    )
    request["TransformResources"]["InstanceCount"] = "1"
    return request


def task(config: dict[str, Any], **arguments: Any) -> SageMakerTransformOperator:
    return SageMakerTransformOperator(task_id="score", config=config, **{"check_interval": INTERVAL, **arguments})


def stop(aws: LocalAws, config: dict[str, Any]) -> None:
    aws.sagemaker.stop_transform_job(TransformJobName=config["TransformJobName"])


def test_a_job_completes_and_its_description_is_the_result(
    transforms: Transforms, deferrable: bool, links: list[str]
) -> None:
    wanted = config(transforms)
    name = wanted["TransformJobName"]
    result = run(task(wanted, deferrable=deferrable))
    job = result["Transform"]
    assert (job["TransformJobName"], job["TransformJobStatus"]) == (name, "Completed")
    assert job["TransformJobArn"] == f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:transform-job/{name}"
    assert result["Model"]["ModelName"] == wanted["ModelName"]
    assert transforms.aws.read(f"s3://{BUCKET}/{name}/out/rows.csv.out") == b"1,2\n"
    assert links == [name]


@pytest.mark.soak
def test_the_model_is_made_with_the_job(transforms: Transforms) -> None:
    model = unique("model")
    data = transforms.aws.put(f"models/{model}.tar.gz", archive({"name": model.encode()}))
    primary = {"Image": SERVING, "ModelDataUrl": data}
    wanted = {
        "Model": {"ModelName": model, "PrimaryContainer": primary, "ExecutionRoleArn": "jobs"},
        "Transform": config(transforms, "model", model),
    }
    result = run(task(wanted))
    assert (result["Model"]["ModelName"], result["Model"]["ExecutionRoleArn"]) == (model, ROLE)
    output = f"s3://{BUCKET}/{wanted['Transform']['TransformJobName']}/out/rows.csv.out"
    assert transforms.aws.read(output) == model.encode()


@pytest.mark.soak
def test_taken_names_of_job_and_model_get_a_time_behind_them(transforms: Transforms) -> None:
    model = transforms.hosting.model()
    primary = transforms.hosting.sagemaker.describe_model(ModelName=model)["PrimaryContainer"]
    wanted = config(transforms, model=model)
    run(task(dict(wanted), wait_for_completion=False))
    again = {
        "Model": {"ModelName": model, "PrimaryContainer": primary, "ExecutionRoleArn": ROLE},
        "Transform": wanted,
    }
    result = run(task(again, wait_for_completion=False))
    assert result["Model"]["ModelName"].rpartition("-")[0] == model
    assert result["Transform"]["TransformJobName"].rpartition("-")[2].isdecimal()
    assert result["Transform"]["ModelName"] == result["Model"]["ModelName"]


@pytest.mark.soak
def test_a_name_that_is_taken_fails_the_task_if_it_has_to(transforms: Transforms) -> None:
    wanted = config(transforms)
    run(task(dict(wanted), wait_for_completion=False))
    with pytest.raises(AirflowException, match=f"job with name {wanted['TransformJobName']} already exists"):
        run(task(wanted, action_if_job_exists="fail"))


def test_a_job_that_fails_fails_the_task(transforms: Transforms, deferrable: bool) -> None:
    wanted = config(transforms, "status=400", ModelClientConfig={"InvocationsMaxRetries": 0})
    # What fails a task whose trigger fires is of no type of Airflow's in this operator.
    kind: type[Exception] = RuntimeError if deferrable else AirflowException
    with pytest.raises(
        (kind, AirflowException), match=r"Error while waiting for Transform job: Failed|failed because "
    ):
        run(task(wanted, deferrable=deferrable))


@pytest.mark.soak
def test_a_stopped_job_is_a_result_to_the_task_that_waits_in_the_worker(transforms: Transforms) -> None:
    wanted = config(transforms, "sleep=600")
    with meanwhile(lambda: stop(transforms.aws, wanted)):
        job = run(task(wanted))["Transform"]
    assert job["TransformJobStatus"] == "Stopped"


@pytest.mark.soak
def test_a_stopped_job_fails_the_task_that_waits_in_the_triggerer(transforms: Transforms) -> None:
    wanted = config(transforms, "sleep=600")
    with pytest.raises((RuntimeError, AirflowException), match="Error while waiting for Transform job: Stopped"):
        run(task(wanted, deferrable=True), lambda: stop(transforms.aws, wanted))


def test_a_model_that_is_not_there_is_refused(transforms: Transforms) -> None:
    with pytest.raises(ClientError, match=r"ValidationException.*Could not find model"):
        run(task(config(transforms, model="none")))


def test_input_that_is_not_there_fails_the_task_before_there_is_a_job(transforms: Transforms) -> None:
    wanted = config(transforms)
    wanted["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"] = f"s3://{BUCKET}/{unique('nothing')}"
    with pytest.raises(AirflowException, match="does not exist in the Bucket"):
        run(task(wanted))


def sensor(name: str) -> SageMakerTransformSensor:
    return SageMakerTransformSensor(task_id="sense", job_name=name, poke_interval=INTERVAL)


@pytest.mark.soak
def test_the_sensor_waits_for_a_job_to_complete(transforms: Transforms) -> None:
    name = transforms.start({"rows.csv": "sleep=3"})
    waiting = sensor(name)
    assert waiting.poke({}) is False
    run(waiting)
    assert transforms.ended(name)["TransformJobStatus"] == "Completed"


@pytest.mark.soak
def test_the_sensor_fails_with_a_job_that_fails(transforms: Transforms) -> None:
    name = transforms.start({"rows.csv": "status=400"}, ModelClientConfig={"InvocationsMaxRetries": 0})
    with pytest.raises(AirflowException, match="for the following reason"):
        run(sensor(name))
