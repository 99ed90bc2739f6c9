"""A container that is slower than AWS allows: this takes as long as AWS waits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.support.hosting import Hosting
from tests.support.local_aws import REGION, LocalAws


@pytest.fixture
def hosting(tmp_path: Path, environments: Path) -> Iterator[Hosting]:
    server = LocalAws(tmp_path / "data", environments, "--speed-up", "20")
    server.start().prepare()
    yield Hosting(server)
    server.terminate()


def test_an_answer_that_takes_longer_than_a_minute_is_a_model_error_and_the_endpoint_goes_on(hosting: Hosting) -> None:
    name = hosting.serving()
    patient = boto3.client(
        "sagemaker-runtime",
        endpoint_url=hosting.aws.endpoint,
        region_name=REGION,
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(read_timeout=120, retries={"total_max_attempts": 1}),
    )
    for invoke in (patient.invoke_endpoint, patient.invoke_endpoint_with_response_stream):
        with pytest.raises(ClientError, match="Your invocation timed out while waiting") as caught:
            invoke(EndpointName=name, Body=b"", CustomAttributes="sleep=75")
        answer = caught.value.response
        assert (answer["Error"]["Code"], answer["OriginalStatusCode"]) == ("ModelError", 0)
        assert hosting.invoke(name, b"next") == b"next"
    assert hosting.log(name).count("serving") == 1, "it was started again"
