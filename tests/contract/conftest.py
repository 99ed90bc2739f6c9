"""Contract tests: a real boto3 client against a real server. Every test says where its expectation comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.contract.accounts import Account
from tests.contract.marks import fault
from tests.support.fixtures import aws, environments, hosting  # noqa: F401 - fixtures
from tests.support.local_aws import LocalAws

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuses to run a contract test that does not say whether AWS documents what it asserts."""
    faults = [f"{item.nodeid}: {found}" for item in items if HERE in item.path.parents and (found := fault(item))]
    if faults:
        raise pytest.UsageError("\n".join(faults))


@pytest.fixture(scope="session")
def sm(aws: LocalAws) -> Any:  # noqa: F811 - the fixture
    """A SageMaker client that checks nothing itself, so that the server's own checks are seen."""
    return aws.client("sagemaker", validate=False)


@pytest.fixture(scope="session")
def rt(aws: LocalAws) -> Any:  # noqa: F811 - the fixture
    """A client of SageMaker's runtime that checks nothing itself."""
    return aws.client("sagemaker-runtime", validate=False)


@pytest.fixture(scope="session")
def scaling(aws: LocalAws) -> Any:  # noqa: F811 - the fixture
    """A client of Application Auto Scaling that checks nothing itself."""
    return aws.client("application-autoscaling", validate=False)


@pytest.fixture
def account(aws: LocalAws) -> Account:  # noqa: F811 - the fixture
    """An account in which no other test makes anything."""
    return Account.new(aws)
