"""Clients of the other services: one for each service and scope, and no way to real AWS."""

from __future__ import annotations

import pytest

from sagemaker_local.base.aws import Aws
from sagemaker_local.domain.arns import Scope
from tests.support.local_aws import LocalAws

HERE, THERE = Scope("111111111111", "us-east-1"), Scope("111111111111", "eu-west-1")


def test_a_client_acts_in_its_scope_at_the_local_endpoint(aws: LocalAws) -> None:
    client = Aws(aws.endpoint).client("sts", HERE)
    assert client.meta.endpoint_url == aws.endpoint
    assert client.meta.region_name == "us-east-1"
    assert client.get_caller_identity()["Account"] == "111111111111"


def test_a_client_is_made_once_for_each_service_and_scope(aws: LocalAws) -> None:
    clients = Aws(aws.endpoint)
    assert clients.client("s3", HERE) is clients.client("s3", HERE)
    assert clients.client("s3", HERE) is not clients.client("s3", THERE)
    assert clients.client("s3", HERE) is not clients.client("sqs", HERE)


def test_the_users_variables_do_not_lead_a_client_astray(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL_STS": "https://sts.amazonaws.com",
        "AWS_ACCESS_KEY_ID": "999999999999",
        "AWS_DEFAULT_REGION": "ap-south-1",
    }.items():
        monkeypatch.setenv(name, value)
    client = Aws(aws.endpoint).client("sts", THERE)
    assert (client.meta.endpoint_url, client.meta.region_name) == (aws.endpoint, "eu-west-1")
    assert client.get_caller_identity()["Account"] == "111111111111"
