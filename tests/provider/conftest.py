"""The amazon provider's own operators and sensors, as they come, against the local SageMaker."""

from __future__ import annotations

import json

import pytest

from tests.support.fixtures import aws, environments, hosting  # noqa: F401 - fixtures
from tests.support.local_aws import REGION, LocalAws
from tests.unit.mlops_sagemaker import airflow_home

airflow_home.set_up()


@pytest.fixture(autouse=True)
def connection(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811 - the fixture
    """What a user of the local SageMaker sets: an endpoint, and a connection that names none."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint)
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", f"aws://local:local@/?region_name={REGION}")


@pytest.fixture(params=[False, True], ids=["sync", "deferrable"])
def deferrable(request: pytest.FixtureRequest) -> bool:
    """Both ways to wait for a job: in the worker, and in the triggerer."""
    return bool(request.param)


@pytest.fixture(autouse=True)
def without_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What our operators wait for in order that Airflow follows is not needed where Airflow is not there."""
    monkeypatch.setattr("mlops_sagemaker.triggers.base.MIN_WAIT_SECONDS", 0)
    monkeypatch.setattr("mlops_sagemaker.operators.base.WORKER_POLL_SECONDS", 0.2)


@pytest.fixture
def impatient(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811 - the fixture
    """A connection whose clients repeat no refused call."""
    retries = {"region_name": REGION, "config_kwargs": {"retries": {"total_max_attempts": 1}}}
    connection = {"conn_type": "aws", "login": "local", "password": "local", "extra": retries}
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps(connection))
