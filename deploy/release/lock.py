"""One deployment to an environment at a time: an object in its Airflow bucket, which S3 lets only one writer make.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

from __future__ import annotations

import datetime
import getpass
import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from deploy.errors import Failure

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEY = "deployments/lock.json"
# Longer than all that a deployment may wait for: MWAA twice, its own update and another's, and Airflow.
LASTS = datetime.timedelta(hours=2)
TAKEN = ("PreconditionFailed", "ConditionalRequestConflict")


@dataclass(frozen=True)
class Lock:
    """Who deploys, since when and until when at the latest, in UTC."""

    owner: str
    since: str
    until: str

    def encode(self) -> bytes:
        """As JSON."""
        return json.dumps(asdict(self)).encode()


@contextmanager
def held(s3: S3Client, bucket: str, owner: str) -> Iterator[None]:
    """Hold the lock of a bucket. Raises Failure while another holds it, with who that is and how to break it."""
    now = datetime.datetime.now(datetime.UTC)
    lock = Lock(owner, now.isoformat(timespec="seconds"), (now + LASTS).isoformat(timespec="seconds"))
    etag = _write(s3, bucket, lock, {"IfNoneMatch": "*"}) or _take_over(s3, bucket, lock, now)
    try:
        yield
    finally:
        _release(s3, bucket, etag)


def owner(environ: Mapping[str, str] = os.environ) -> str:
    """Who this process deploys for: the run of a workflow, or a person at a machine."""
    if run := environ.get("GITHUB_RUN_ID"):
        return f"{environ['GITHUB_SERVER_URL']}/{environ['GITHUB_REPOSITORY']}/actions/runs/{run}"
    return f"{getpass.getuser()} at {socket.gethostname()}"


def _take_over(s3: S3Client, bucket: str, lock: Lock, now: datetime.datetime) -> str:
    """The lock of one who is gone for good."""
    held_by, etag = _read(s3, bucket)
    if held_by is not None and now < datetime.datetime.fromisoformat(held_by.until):
        raise _refusal(bucket, held_by)
    taken = _write(s3, bucket, lock, {"IfMatch": etag} if held_by else {"IfNoneMatch": "*"})
    if taken is None:
        raise Failure(f"somebody else has just begun to deploy to s3://{bucket}: try again when that is done")
    return taken


def _refusal(bucket: str, lock: Lock) -> Failure:
    return Failure(
        f"{lock.owner} has been deploying to s3://{bucket} since {lock.since}: wait for that. If it was killed, its "
        f"lock ends at {lock.until}, or at once with: aws s3 rm s3://{bucket}/{KEY}"
    )


def _write(s3: S3Client, bucket: str, lock: Lock, condition: Mapping[str, Any]) -> str | None:
    """The ETag of what was written; nothing where the condition does not hold."""
    try:
        return s3.put_object(Bucket=bucket, Key=KEY, Body=lock.encode(), **condition)["ETag"]
    except ClientError as error:
        if error.response["Error"]["Code"] not in TAKEN:
            raise
        return None


def _read(s3: S3Client, bucket: str) -> tuple[Lock | None, str]:
    try:
        found = s3.get_object(Bucket=bucket, Key=KEY)
    except s3.exceptions.NoSuchKey:
        return None, ""  # It was given back meanwhile.
    return Lock(**json.loads(found["Body"].read())), found["ETag"]


def _release(s3: S3Client, bucket: str, etag: str) -> None:
    """Give it back, unless it has run out and is another's."""
    if _read(s3, bucket)[1] == etag:
        s3.delete_object(Bucket=bucket, Key=KEY)
