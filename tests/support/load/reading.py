"""What the server holds of that which the ledger knows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from tests.support.load.endpoints import settled
from tests.support.load.jobs import described, status_of
from tests.support.load.ledger import ABSENT, Ledger, Register
from tests.support.load.workers import APPROVAL, BUCKET, END, ENDPOINT, OBJECT, TAG, group_arn
from tests.support.local_aws import TERMINAL, LocalAws


def reader(server: LocalAws, ledger: Ledger) -> Callable[[Register], Any]:
    """Reads any register's present value; a job that is seen to have ended may never change again."""

    def read(register: Register) -> Any:
        kind, name = register
        if kind == OBJECT:
            return _object(server, name)
        if kind == TAG:
            return _tag(server, name)
        if kind == APPROVAL:
            return server.sagemaker.describe_model_package(ModelPackageName=name)["ModelApprovalStatus"]
        if kind == ENDPOINT:
            return settled(server, name)
        job = described(server, name)
        if kind == END:
            return _without_metadata(job)
        if job is not None and status_of(name, job) in TERMINAL:
            ledger.saw(Register(END, name), _without_metadata(job))
        return True if job is not None else ABSENT

    return read


def _object(server: LocalAws, key: str) -> str | None:
    try:
        return hashlib.sha256(server.read(f"s3://{BUCKET}/{key}")).hexdigest()
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchKey":
            raise
        return ABSENT


def _tag(server: LocalAws, group: str) -> str | None:
    found = server.sagemaker.list_tags(ResourceArn=group_arn(group))["Tags"]
    return next((tag["Value"] for tag in found), ABSENT)


def _without_metadata(job: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if job is None else {key: value for key, value in job.items() if key != "ResponseMetadata"}
