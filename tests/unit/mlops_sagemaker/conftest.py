"""Operators, hook and triggers run with real Airflow classes against an AWS that is only an HTTP server."""

import json
from collections.abc import Iterator

import pytest

from tests.unit.mlops_sagemaker import airflow_home
from tests.unit.mlops_sagemaker.fake_aws import FakeAws

airflow_home.set_up()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAws]:
    """A fake AWS that the connection aws_default leads to; refused calls are not repeated."""
    with FakeAws() as fake:
        extra = {
            "endpoint_url": fake.url,
            "region_name": "eu-north-1",
            "config_kwargs": {"retries": {"mode": "standard", "total_max_attempts": 1}},
        }
        connection = {"conn_type": "aws", "login": "test", "password": "test", "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps(connection))
        yield fake
