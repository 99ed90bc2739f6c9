"""S3, as far as the lifecycle keeps things there."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from boto3.s3.transfer import TransferConfig

from mlops_sagemaker import uris
from mlops_sagemaker.errors import ApiError
from mlops_sagemaker.hook.calls import client_of, explained
from mlops_sagemaker.reuse import StoredObject

CHUNK_BYTES = 1 << 20
COPY = TransferConfig(multipart_threshold=1 << 30, multipart_chunksize=1 << 29)
"""CopyObject takes 5 GB at most, and a gigabyte within the time that a client waits for an answer."""
UNREADABLE = frozenset({"AccessDenied", "InvalidObjectState", "400", "403"})
"""What S3 answers where an object cannot be copied by whoever may read the others: it is archived, or encrypted with a
key of its sender's."""
CHANGED = frozenset({"NoSuchKey", "PreconditionFailed", "404", "412"})
"""What S3 answers where an object is not the one that was meant; a HEAD's answer has no body and so only the number."""


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

    def write_once(self, uri: str, value: Any) -> bytes:
        """Write ``value`` as JSON to ``uri`` unless something is there; what is there then."""
        try:
            return self.write_json(uri, value, IfNoneMatch="*")
        except ApiError as error:
            there = self.read(uri) if error.code == "PreconditionFailed" else None
            if there is None:
                raise
            return there

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

    def copy(self, source: str, target: str, etag: str) -> bool:
        """Copy an object of any size, without its tags, if it still has this ETag; False if it has not, or is gone."""
        (bucket, key), (to_bucket, to_key) = uris.parse(source), uris.parse(target)
        chosen = {"CopySourceIfMatch": _quoted(etag), "TaggingDirective": "REPLACE"}
        with _unless_changed(f"copying {source}"):
            client_of(self.s3_hook).copy(
                {"Bucket": bucket, "Key": key}, to_bucket, to_key, ExtraArgs=chosen, Config=COPY
            )
            return True
        return False

    def remove(self, uri: str, etag: str) -> None:
        """Delete the object at ``uri`` if it still has this ETag; what somebody has written since then stays."""
        bucket, key = uris.parse(uri)
        with _unless_changed(f"deleting {uri}"):
            client_of(self.s3_hook).delete_object(Bucket=bucket, Key=key, IfMatch=_quoted(etag))

    def list_keys(self, uri: str) -> list[str]:
        """Keys of all objects below the prefix ``uri``, relative to it."""
        return [each.key for each in self.list_objects(uri)]


@contextmanager
def _unless_changed(operation: str) -> Iterator[None]:
    """Leave the block quietly where an object is not the one that was meant."""
    try:
        with explained(operation):
            yield
    except ApiError as error:
        if error.code not in CHANGED:
            raise


def _quoted(etag: str) -> str:
    return f'"{etag}"'


def _stored(entry: Any, prefix: str) -> StoredObject:
    return StoredObject(
        entry["Key"].removeprefix(prefix), entry["ETag"].strip('"'), entry["Size"], entry["LastModified"]
    )
