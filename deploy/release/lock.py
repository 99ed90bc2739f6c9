"""One deployment to an environment at a time: an object in its Airflow bucket, which S3 lets only one writer make.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html and conditional-deletes.html
"""

from __future__ import annotations

import datetime
import getpass
import json
import os
import socket
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from deploy.errors import Failure

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEY = "deployments/lock.json"
# Longer than all that a deployment waits for between two renewals: MWAA twice, its own update and another's.
LASTS = datetime.timedelta(hours=2)
# The last is what a write upon a lock that was removed meanwhile is answered.
TAKEN = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey")


@dataclass(frozen=True)
class Lock:
    """Who deploys, since when and until when at the latest, in UTC; `token` tells it from any other lock."""

    owner: str
    since: str
    until: str
    token: str

    def encode(self) -> bytes:
        """As JSON."""
        return json.dumps(asdict(self)).encode()

    def __post_init__(self) -> None:
        """Raises TypeError or ValueError where `until` is no time of a zone."""
        if self.ends.tzinfo is None:
            raise ValueError(f"{self.until} has no time zone")

    @property
    def ends(self) -> datetime.datetime:
        """When it does."""
        return datetime.datetime.fromisoformat(self.until)


@dataclass
class Hold:
    """A bucket's lock in the hands of one process. `say` tells what is no reason to fail."""

    s3: S3Client
    bucket: str
    owner: str
    say: Callable[[str], None]
    lock: Lock = field(init=False)
    etag: str = field(init=False)

    def take(self) -> None:
        """Have it, also that of one who is gone for good. Raises Failure while another holds it."""
        now = _now()
        lock = Lock(self.owner, now.isoformat(timespec="seconds"), _end(now), uuid.uuid4().hex)
        if self._write(lock, {"IfNoneMatch": "*"}):
            return
        there, etag = _read(self.s3, self.bucket)
        if there is not None and now < there.ends:
            raise _refusal(self.bucket, there)
        if not self._write(lock, {"IfMatch": etag} if there else {"IfNoneMatch": "*"}):
            raise Failure(f"the lock of s3://{self.bucket} has changed hands just now: try again")

    def renew(self) -> None:
        """Have it for as long again. Raises Failure where it has run out or was broken, and may be another's."""
        if not self._write(replace(self.lock, until=_end(_now())), {"IfMatch": self.etag}):
            raise Failure(
                f"the lock of s3://{self.bucket} was broken or has run out, so another may deploy: nothing more is "
                "changed. Deploy again when that is done"
            )

    def give_back(self) -> None:
        """So that others may have it at once, unless it is another's by now. Never raises for AWS's sake: what it did
        would hide how the deployment ended."""
        try:
            self.s3.delete_object(Bucket=self.bucket, Key=KEY, IfMatch=self.etag)
        except (ClientError, BotoCoreError) as error:
            if not _is_taken(error):
                self.say(f"{self.owner} could not give its lock back ({error}): {_way_out(self.bucket, self.lock)}")

    def _write(self, lock: Lock, condition: Mapping[str, Any]) -> bool:
        """Whether it could be written. A write whose answer was lost is repeated by boto3, and then refused for the
        lock that it has made itself."""
        try:
            etag = self.s3.put_object(Bucket=self.bucket, Key=KEY, Body=lock.encode(), **condition)["ETag"]
        except ClientError as error:
            if not _is_taken(error):
                raise
            there, etag = _read(self.s3, self.bucket)
            if there != lock:
                return False
        self.lock, self.etag = lock, etag
        return True


@contextmanager
def held(s3: S3Client, bucket: str, owner: str, say: Callable[[str], None]) -> Iterator[Hold]:
    """Hold the lock of a bucket. Raises Failure while another holds it, with who that is and how to break it."""
    hold = Hold(s3, bucket, owner, say)
    hold.take()
    try:
        yield hold
    finally:
        hold.give_back()


def owner(environ: Mapping[str, str] = os.environ) -> str:
    """Who this process deploys for: the run of a workflow, or a person at a machine."""
    if run := environ.get("GITHUB_RUN_ID"):
        return f"{environ['GITHUB_SERVER_URL']}/{environ['GITHUB_REPOSITORY']}/actions/runs/{run}"
    return f"{getpass.getuser()} at {socket.gethostname()}"


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def _end(begin: datetime.datetime) -> str:
    return (begin + LASTS).isoformat(timespec="seconds")


def _refusal(bucket: str, lock: Lock) -> Failure:
    return Failure(
        f"{lock.owner} has been deploying to s3://{bucket} since {lock.since}: wait for that. If it was killed, "
        f"{_way_out(bucket, lock)}"
    )


def _way_out(bucket: str, lock: Lock) -> str:
    return f"its lock ends at {lock.until}, or at once with: {_remove(bucket)}"


def _remove(bucket: str) -> str:
    return f"aws s3 rm s3://{bucket}/{KEY}"


def _is_taken(error: ClientError | BotoCoreError) -> bool:
    return isinstance(error, ClientError) and error.response["Error"]["Code"] in TAKEN


def _read(s3: S3Client, bucket: str) -> tuple[Lock | None, str]:
    """The lock that is there, if any, and its ETag. Raises Failure for what is no lock."""
    try:
        found = s3.get_object(Bucket=bucket, Key=KEY)
    except s3.exceptions.NoSuchKey:
        return None, ""  # It was given back meanwhile.
    try:
        return Lock(**json.loads(found["Body"].read())), found["ETag"]
    except (TypeError, ValueError) as error:
        said = f"s3://{bucket}/{KEY} is no lock that a deployment of this version has made ({error})"
        raise Failure(f"{said}: ask who wrote it, then: {_remove(bucket)}") from error
