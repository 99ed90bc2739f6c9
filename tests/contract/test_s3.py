"""What clients of SageMaker need of S3, and would not have without this server."""

from __future__ import annotations

import pytest

from tests.support.local_aws import BUCKET, LocalAws, unique

pytestmark = pytest.mark.documented("Amazon S3 User Guide: Using server-side encryption with AWS KMS keys (SSE-KMS)")


def test_an_object_encrypted_by_kms_without_a_key_of_ones_own_has_awss(aws: LocalAws) -> None:
    key = unique("encrypted")
    aws.s3.put_object(Bucket=BUCKET, Key=key, Body=b"1", ServerSideEncryption="aws:kms")
    stored = aws.s3.head_object(Bucket=BUCKET, Key=key)
    assert (stored["ServerSideEncryption"], stored["SSEKMSKeyId"]) == ("aws:kms", "alias/aws/s3")
    assert aws.read(f"s3://{BUCKET}/{key}") == b"1"


def test_an_object_encrypted_by_a_key_of_ones_own_keeps_it(aws: LocalAws) -> None:
    key = unique("encrypted")
    aws.s3.put_object(Bucket=BUCKET, Key=key, Body=b"1", ServerSideEncryption="aws:kms", SSEKMSKeyId="alias/own")
    assert aws.s3.head_object(Bucket=BUCKET, Key=key)["SSEKMSKeyId"] == "alias/own"


def test_an_upload_in_parts_is_encrypted_alike(aws: LocalAws) -> None:
    key = unique("encrypted")
    upload = aws.s3.create_multipart_upload(Bucket=BUCKET, Key=key, ServerSideEncryption="aws:kms")["UploadId"]
    part = aws.s3.upload_part(Bucket=BUCKET, Key=key, UploadId=upload, PartNumber=1, Body=b"1")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    aws.s3.complete_multipart_upload(Bucket=BUCKET, Key=key, UploadId=upload, MultipartUpload=parts)
    assert aws.s3.head_object(Bucket=BUCKET, Key=key)["SSEKMSKeyId"] == "alias/aws/s3"
