"""What a job finds in its environment: this server, and S3 where it is."""

from __future__ import annotations

import pytest

from sagemaker_local.base.aws import Aws
from sagemaker_local.config import S3Endpoint
from sagemaker_local.domain.arns import Scope
from sagemaker_local.execution.environment import platform_environment

pytestmark = pytest.mark.local_only

HERE, ELSEWHERE = "http://127.0.0.1:4566", "http://127.0.0.1:9000"
SCOPE = Scope("123456789012", "eu-west-1")


def test_all_services_are_at_this_server_and_the_key_names_the_account() -> None:
    environment = platform_environment(SCOPE, Aws(HERE))
    assert environment["AWS_ENDPOINT_URL"] == environment["AWS_ENDPOINT_URL_S3"] == HERE
    assert environment["AWS_ACCESS_KEY_ID"] == "123456789012"
    assert environment["AWS_REGION"] == environment["AWS_DEFAULT_REGION"] == "eu-west-1"


def test_an_s3_that_is_elsewhere_is_named_with_its_keys() -> None:
    environment = platform_environment(SCOPE, Aws(HERE, S3Endpoint(ELSEWHERE, "key", "secret")))
    assert environment["AWS_ENDPOINT_URL"] == HERE
    assert environment["AWS_ENDPOINT_URL_S3"] == environment["S3_ENDPOINT_URL"] == ELSEWHERE
    assert (environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]) == ("key", "secret")


def test_an_s3_that_asks_for_no_keys_gets_the_usual_dummies() -> None:
    environment = platform_environment(SCOPE, Aws(HERE, S3Endpoint(ELSEWHERE)))
    assert (environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]) == ("123456789012", "local")
