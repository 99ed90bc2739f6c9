"""SageMakerModelOperator, SageMakerEndpointConfigOperator, SageMakerEndpointOperator and SageMakerEndpointSensor."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.providers.amazon.aws.operators.sagemaker import (
    SageMakerDeleteModelOperator,
    SageMakerEndpointConfigOperator,
    SageMakerEndpointOperator,
    SageMakerModelOperator,
)
from airflow.providers.amazon.aws.sensors.sagemaker import SageMakerEndpointSensor
from airflow.providers.common.compat.sdk import AirflowException
from botocore.exceptions import ClientError, WaiterError

from tests.provider.tasks import INTERVAL, run
from tests.support.fixtures import hosting  # noqa: F401 - a fixture
from tests.support.hosting import SERVING, Hosting, archive, variant
from tests.support.local_aws import ACCOUNT, REGION, ROLE, LocalAws, unique

pytestmark = pytest.mark.documented("apache-airflow-providers-amazon: SageMakerEndpointOperator")


def model_config(aws: LocalAws, **container: Any) -> dict[str, Any]:
    """A CreateModel request; the model's name is what it answers with."""
    name = unique("model")
    data = aws.put(f"models/{name}.tar.gz", archive({"name": name.encode()}))
    primary = {"Image": SERVING, "ModelDataUrl": data, **container}
    return {"ModelName": name, "PrimaryContainer": primary, "ExecutionRoleArn": ROLE}


def endpoint(config: dict[str, Any], **arguments: Any) -> SageMakerEndpointOperator:
    return SageMakerEndpointOperator(task_id="deploy", config=config, **{"check_interval": INTERVAL, **arguments})


def whole(aws: LocalAws, name: str = "", **container: Any) -> dict[str, Any]:
    """All that an endpoint needs, as one configuration of the operator."""
    model, config = model_config(aws, **container), unique("config")
    variants = [variant(model["ModelName"], InitialInstanceCount="1")]
    return {
        "Model": model,
        "EndpointConfig": {"EndpointConfigName": config, "ProductionVariants": variants},
        "Endpoint": {"EndpointName": name or unique("endpoint"), "EndpointConfigName": config},
    }


@pytest.fixture
def deployed(hosting: Hosting) -> dict[str, Any]:  # noqa: F811 - the fixture
    """The configuration of an endpoint that is in service."""
    config = whole(hosting.aws)
    hosting.adopt(config["Endpoint"]["EndpointName"])
    run(endpoint(config))
    return config


def test_a_model_is_made_from_a_roles_name_and_deleted(aws: LocalAws) -> None:
    config = {**model_config(aws), "ExecutionRoleArn": "jobs"}
    made = run(SageMakerModelOperator(task_id="make", config=config))["Model"]
    assert made["ModelArn"] == f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/{config['ModelName']}"
    assert made["ExecutionRoleArn"] == ROLE
    with pytest.raises(ClientError, match="Cannot create already existing model"):
        run(SageMakerModelOperator(task_id="make", config=config))
    run(SageMakerDeleteModelOperator(task_id="delete", config={"ModelName": config["ModelName"]}))
    with pytest.raises(ClientError, match="Could not find model"):
        aws.sagemaker.describe_model(ModelName=config["ModelName"])


def test_a_model_without_its_data_fails_the_task() -> None:
    primary = {"Image": SERVING, "ModelDataUrl": "s3://test-bucket/none.tar.gz"}
    config = {"ModelName": unique("model"), "PrimaryContainer": primary, "ExecutionRoleArn": ROLE}
    with pytest.raises(ClientError, match=r"ValidationException.*Could not find model data"):
        run(SageMakerModelOperator(task_id="make", config=config))


@pytest.mark.soak
def test_a_configuration_is_made_of_a_model(hosting: Hosting) -> None:  # noqa: F811 - the fixture
    variants = [variant(hosting.model(), InitialInstanceCount="2")]
    config = {"EndpointConfigName": unique("config"), "ProductionVariants": variants}
    made = run(SageMakerEndpointConfigOperator(task_id="make", config=config))["EndpointConfig"]
    assert made["ProductionVariants"][0]["InitialInstanceCount"] == 2
    unknown = {"EndpointConfigName": unique("config"), "ProductionVariants": [variant("none")]}
    with pytest.raises(ClientError, match="Could not find model"):
        run(SageMakerEndpointConfigOperator(task_id="make", config=unknown))


def test_model_configuration_and_endpoint_are_made_in_one_go(
    hosting: Hosting, deferrable: bool  # noqa: F811 - the fixture
) -> None:  # fmt: skip
    config = whole(hosting.aws)
    name = hosting.adopt(config["Endpoint"]["EndpointName"])
    made = run(endpoint(config, deferrable=deferrable))
    assert made["Endpoint"]["EndpointStatus"] == "InService"
    assert made["EndpointConfig"]["EndpointConfigName"] == config["Endpoint"]["EndpointConfigName"]
    assert hosting.invoke(name, what="model") == config["Model"]["ModelName"].encode()


@pytest.mark.soak
def test_an_endpoint_that_is_there_is_updated_instead(
    hosting: Hosting, deployed: dict[str, Any], deferrable: bool  # noqa: F811 - the fixture
) -> None:  # fmt: skip
    name = deployed["Endpoint"]["EndpointName"]
    config = whole(hosting.aws, name)
    config["Endpoint"]["Tags"] = [{"Key": "ignored", "Value": "by updates"}]
    made = run(endpoint(config, deferrable=deferrable))
    assert made["Endpoint"]["EndpointConfigName"] == config["Endpoint"]["EndpointConfigName"]
    assert hosting.invoke(name, what="model") == config["Model"]["ModelName"].encode()


@pytest.mark.soak
def test_an_endpoint_that_is_not_there_cannot_be_updated(hosting: Hosting) -> None:  # noqa: F811 - the fixture
    config = {"EndpointName": unique("none"), "EndpointConfigName": hosting.config(variant(hosting.model()))}
    with pytest.raises(ClientError, match="Could not find endpoint"):
        run(endpoint(config, operation="update"))


@pytest.mark.soak
def test_an_endpoint_that_is_never_healthy_fails_the_task(
    hosting: Hosting, deferrable: bool  # noqa: F811 - the fixture
) -> None:  # fmt: skip
    config = whole(hosting.aws, Environment={"UNHEALTHY": "yes"})
    # Twenty times faster here: three seconds.
    config["EndpointConfig"]["ProductionVariants"][0]["ContainerStartupHealthCheckTimeoutInSeconds"] = 60
    name = hosting.adopt(config["Endpoint"]["EndpointName"])
    with pytest.raises((AirflowException, WaiterError), match="Failed"):
        run(endpoint(config, deferrable=deferrable))
    described = hosting.sagemaker.describe_endpoint(EndpointName=name)
    assert "did not pass the ping health check" in described["FailureReason"]
    with pytest.raises(AirflowException, match="did not pass the ping health check"):
        run(sensor(name))


def sensor(name: str) -> SageMakerEndpointSensor:
    return SageMakerEndpointSensor(task_id="sense", endpoint_name=name, poke_interval=INTERVAL)


@pytest.mark.soak
def test_the_sensor_waits_for_an_endpoint_to_be_in_service(hosting: Hosting) -> None:  # noqa: F811 - the fixture
    name = hosting.adopt(unique("endpoint"))
    waiting = sensor(name)
    assert waiting.hook.conn, "made before the endpoint is, as that takes its time"
    config = hosting.config(variant(hosting.model(Environment={"SLOW_START": "2"})))
    run(endpoint({"EndpointName": name, "EndpointConfigName": config}, wait_for_completion=False))
    assert waiting.poke({}) is False
    run(waiting)
    assert hosting.sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "InService"
