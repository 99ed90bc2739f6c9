"""S3, as far as the lifecycle keeps things there."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from airflow.providers.amazon.aws.hooks.s3 import S3Hook

from mlops_sagemaker import uris
from mlops_sagemaker.errors import ApiError
from mlops_sagemaker.hook.calls import client_of, explained
from mlops_sagemaker.reuse import StoredObject

CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Version:
    """What an object held when it was read."""

    content: bytes
    etag: str


class Objects:
    """The objects of the buckets that ``s3_hook`` reaches, each named by its URI."""

    s3_hook: S3Hook

    def read(self, uri: str) -> bytes | None:
        """The object at ``uri``, None if there is none."""
        found = self.read_version(uri)
        return found.content if found else None

    def read_version(self, uri: str) -> Version | None:
        """The object at ``uri`` with its ETag, None if there is none."""
        bucket, key = uris.parse(uri)
        try:
            with explained(f"reading {uri}"):
                answer = client_of(self.s3_hook).get_object(Bucket=bucket, Key=key)
                return Version(answer["Body"].read(), answer["ETag"])
        except ApiError as error:
            if error.code == "NoSuchKey":
                return None
            raise

    def sha256(self, uri: str) -> str | None:
        """The hash (64 hex digits) of the object at ``uri``, None if there is none."""
        bucket, key = uris.parse(uri)
        digest = hashlib.sha256()
        try:
            with explained(f"reading {uri}"):
                for chunk in (
                    client_of(self.s3_hook).get_object(Bucket=bucket, Key=key)["Body"].iter_chunks(CHUNK_BYTES)
                ):
                    digest.update(chunk)
        except ApiError as error:
            if error.code == "NoSuchKey":
                return None
            raise
        return digest.hexdigest()

    def write_json(self, uri: str, value: Any, **conditions: str) -> bytes:
        """Write ``value`` as JSON to ``uri``, on S3's ``conditions``; the bytes written."""
        bucket, key = uris.parse(uri)
        content = (json.dumps(value, indent=2, allow_nan=False) + "\n").encode()
        with explained(f"writing {uri}"):
            client_of(self.s3_hook).put_object(
                Bucket=bucket, Key=key, Body=content, ContentType="application/json", **conditions
            )
        return content

    def write_once(self, uri: str, value: Any) -> None:
        """Write ``value`` as JSON to ``uri`` unless something is there."""
        try:
            self.write_json(uri, value, IfNoneMatch="*")
        except ApiError as error:
            if error.code != "PreconditionFailed":
                raise

    def list_objects(self, uri: str) -> list[StoredObject]:
        """All objects below the prefix ``uri``, their keys relative to it."""
        bucket, prefix = uris.parse(uri)
        with explained(f"listing {uri}"):
            pages = client_of(self.s3_hook).get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            return [_stored(entry, prefix) for page in pages for entry in page.get("Contents", ())]

    def present_as(self, uri: str, content_type: str) -> bool:
        """Have the object at ``uri`` shown as what it is, for a job's outputs have no type; False if there is none."""
        bucket, key = uris.parse(uri)
        settings = {"ContentType": content_type, "MetadataDirective": "REPLACE"}
        try:
            with explained(f"copying {uri}"):
                client_of(self.s3_hook).copy_object(
                    Bucket=bucket, Key=key, CopySource={"Bucket": bucket, "Key": key}, **settings
                )
                return True
        except ApiError as error:
            if error.code == "NoSuchKey":
                return False
            raise

    def list_keys(self, uri: str) -> list[str]:
        """Keys of all objects below the prefix ``uri``, relative to it."""
        return [each.key for each in self.list_objects(uri)]


def _stored(entry: Any, prefix: str) -> StoredObject:
    return StoredObject(
        entry["Key"].removeprefix(prefix), entry["ETag"].strip('"'), entry["Size"], entry["LastModified"]
    )
