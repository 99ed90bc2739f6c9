"""Clients of others, as they come, against the local SageMaker, each by its own documented examples.

An example keeps its calls and their arguments. What it gets instead of the documented ones: the endpoint, the role, the
bucket and the data; where the documentation leaves something out (`...`), what is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance import loopback
from tests.support.fixtures import environments, local_aws  # noqa: F401 - a fixture
from tests.support.local_aws import BUCKET, ROLE, LocalAws

# The documented way to keep the SageMaker SDKs from telling AWS of their use.
NO_TELEMETRY = "SchemaVersion: '1.0'\nSageMaker: {PythonSDK: {Modules: {TelemetryOptOut: true}}}\n"


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """No client reaches further than this machine, nor tries to."""
    refused = loopback.guard()
    yield
    assert refused == []


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> Iterator[LocalAws]:  # noqa: F811 - the fixture
    """A server for all tests of a worker, which waits as long as AWS for AWS's images to start."""
    with local_aws(tmp_path_factory.mktemp("aws"), environments) as server:
        yield server


@pytest.fixture(autouse=True)
def settings(aws: LocalAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a user of the local SageMaker exports; each example runs in a folder of its own."""
    defaults = tmp_path / "sagemaker-defaults.yaml"
    defaults.write_text(NO_TELEMETRY)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint)
    monkeypatch.setenv("SAGEMAKER_USER_CONFIG_OVERRIDE", str(defaults))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def role(aws: LocalAws) -> str:
    """The role of the jobs; it may do everything, since the newest SDK asks IAM whether it may do enough."""
    aws.client("iam").attach_role_policy(RoleName="jobs", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    return ROLE


@pytest.fixture
def bucket() -> str:
    return BUCKET
