"""A real S3 for the deploy steps: the local AWS endpoint."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.fixtures import aws, environments
from tests.support.local_aws import LocalAws, unique

__all__ = ["aws", "environments"]


@pytest.fixture
def s3(aws: LocalAws) -> Any:
    """A client of the local S3."""
    return aws.s3


@pytest.fixture
def bucket(s3: Any) -> str:
    """A bucket of the test's own."""
    name = unique("deploy")
    s3.create_bucket(Bucket=name)
    return name
