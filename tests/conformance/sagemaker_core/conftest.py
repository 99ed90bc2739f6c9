from __future__ import annotations

import logging

import pytest
from sagemaker.core.helper.session_helper import Session


@pytest.fixture
def session(bucket: str) -> Session:
    """The session of every example: the documented one, with the bucket that is ours."""
    return Session(default_bucket=bucket)


@pytest.fixture(autouse=True)
def told(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """What the SDK tells its user, the jobs' logs among it, which it does by its logger."""
    caplog.set_level(logging.INFO)
    return caplog
