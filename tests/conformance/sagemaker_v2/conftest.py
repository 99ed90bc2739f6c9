from __future__ import annotations

import pytest
import sagemaker


@pytest.fixture
def session(bucket: str) -> sagemaker.Session:
    """The session of every example: the documented one, with the bucket that is ours."""
    return sagemaker.Session(default_bucket=bucket)
