"""Objects in S3 that are written once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def put_once(s3: S3Client, bucket: str, key: str, body: bytes) -> bool:
    """Write an object unless its key is taken; returns whether it was written.

    The key has to be an address of the content, so that a taken key means the same content. `If-None-Match:
    *` makes S3 itself refuse the second of two writers.
    """
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=body, IfNoneMatch="*")
    except ClientError as error:
        if error.response["Error"]["Code"] != "PreconditionFailed":
            raise
        return False
    return True
