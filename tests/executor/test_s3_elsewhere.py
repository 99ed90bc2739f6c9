"""``--s3-endpoint``: the data of jobs lies in another S3, here that of a second server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.support.local_aws import BUCKET, LocalAws, channel

pytestmark = pytest.mark.local_only


@pytest.fixture
def elsewhere(aws: LocalAws, tmp_path: Path, environments: Path) -> Iterator[LocalAws]:
    """A server without an S3 of its own; its helpers for objects use the other's."""
    server = LocalAws(tmp_path / "data", environments, "--stop-grace", "1", "--s3-endpoint", aws.endpoint)
    server.s3 = aws.s3
    server.start()
    server.create_role()
    yield server
    server.terminate()


def test_a_job_reads_and_writes_the_s3_that_was_named(aws: LocalAws, elsewhere: LocalAws) -> None:
    script = """
import json, os
data = open("/opt/ml/input/data/train/x.csv").read()
urls = {name: os.environ[name] for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3")}
print(json.dumps({"data": data, **urls}))
open("/opt/ml/model/model", "w").write(data)
"""
    name = elsewhere.train(script, InputDataConfig=[channel("train", aws.put("elsewhere/x.csv", "1,2"))])
    job = elsewhere.trained(name)
    assert job["TrainingJobStatus"] == "Completed", job
    assert aws.read(job["ModelArtifacts"]["S3ModelArtifacts"])
    seen = json.loads(elsewhere.log_lines("TrainingJobs", name)[0])
    assert seen == {"data": "1,2", "AWS_ENDPOINT_URL": elsewhere.endpoint, "AWS_ENDPOINT_URL_S3": aws.endpoint}


def test_s3_requests_to_the_server_are_told_where_s3_is(aws: LocalAws, elsewhere: LocalAws) -> None:
    with pytest.raises(ClientError, match=f"AWS_ENDPOINT_URL_S3={aws.endpoint}"):
        elsewhere.client("s3").put_object(Bucket=BUCKET, Key="k", Body=b"x")
    with pytest.raises(ClientError, match=f"AWS_ENDPOINT_URL_S3={aws.endpoint}"):
        elsewhere.client("s3").list_buckets()
