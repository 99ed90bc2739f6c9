"""What an input of a job names on S3: its objects or lines, in their order, and an instance's share of them."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import Any, NamedTuple, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

PREFIX, MANIFEST, AUGMENTED_MANIFEST = "S3Prefix", "ManifestFile", "AugmentedManifestFile"
_REFERENCE = "-ref"

T = TypeVar("T")


class TransferError(Exception):
    """The data could not be moved; the text says which and why, and is fit for a ``FailureReason``."""


@dataclass(frozen=True)
class Share:
    """One of *of* shares of the objects, counted from 0: instances take them in turn (``ShardedByS3Key``)."""

    index: int = 0
    of: int = 1


@dataclass(frozen=True)
class Dataset:
    """One input, as one instance gets it. Source of the formats: the API reference, S3DataSource."""

    uri: str
    data_type: str
    """``S3Prefix`` (all keys that start with it; a single object lands under its own name), ``ManifestFile`` (JSON:
    ``[{"prefix": "s3://b/p/"}, "relative/key", ...]``) or ``AugmentedManifestFile`` (JSON lines)"""
    share: Share = Share()
    seed: int | None = None
    """of ``ShuffleConfig``: the order is another in each epoch, and the same on all instances"""
    attributes: tuple[str, ...] = ()
    """of each line of an augmented manifest, in this order: values, and for names with ``-ref`` objects"""
    gzipped: bool = False


class Source(NamedTuple):
    """An object, and the path of its file below the input's folder."""

    bucket: str
    key: str
    path: str


def split_uri(uri: str) -> tuple[str, str]:
    """``s3://bucket/key`` as (bucket, key); ``ValueError`` for anything else."""
    scheme, _, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not bucket:
        raise ValueError(f"{uri} is not an S3 URI (s3://bucket/key)")
    return bucket, key


def sources(s3: Any, dataset: Dataset, epoch: int = 0) -> Iterator[Source]:
    """The objects of a prefix or manifest in the order of *epoch*. Raises ``TransferError``."""
    found = _prefix_sources if dataset.data_type == PREFIX else _manifest_sources
    with _explained(dataset.uri):
        yield from _in_order(found(s3, dataset.uri), dataset, epoch)


def contents(s3: Any, dataset: Dataset, epoch: int = 0) -> Iterator[bytes]:
    """What flows through a pipe in *epoch*: each object's content, or each attribute's. Raises ``TransferError``."""
    if dataset.data_type == AUGMENTED_MANIFEST:
        with _explained(dataset.uri):
            lines = enumerate(_lines(s3, dataset.uri), start=1)
            for number, line in _in_order(lines, dataset, epoch):
                yield from _attributes(s3, dataset, f"line {number} of {dataset.uri}", line)
    else:
        for source in sources(s3, dataset, epoch):
            yield read_object(s3, source.bucket, source.key, dataset.gzipped)


def check_whole_folder(s3: Any, dataset: Dataset) -> None:
    """A prefix that is mounted (input mode FastFile) must be a folder's name, not the beginning of several names.

    Raises ``TransferError``.
    """
    _, prefix = split_uri(dataset.uri)
    for source in sources(s3, dataset):
        if source.key != prefix and not source.key.startswith(_as_folder(prefix)):
            raise TransferError(
                "Failed to download data. For FastFile mode, partial S3 prefix is not supported: "
                f"{dataset.uri} is no folder of {source.key}"
            )


def _as_folder(prefix: str) -> str:
    return prefix if prefix.endswith("/") or not prefix else f"{prefix}/"


def _in_order(items: Iterable[T], dataset: Dataset, epoch: int) -> Iterator[T]:
    """The share of *items*, after they were shuffled if they are to be."""
    if dataset.seed is not None:
        items = list(items)
        Random(f"{dataset.seed}/{epoch}").shuffle(items)
    return islice(items, dataset.share.index, None, dataset.share.of)


def list_keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    """The keys below a prefix, in order, without folder markers."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            if not item["Key"].endswith("/"):
                yield item["Key"]


def has_objects(s3: Any, uri: str) -> bool:
    """Whether anything lies below *uri*; ``False`` too for a bucket that is not there."""
    try:
        bucket, prefix = split_uri(uri)
        return bool(s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1).get("Contents"))
    except ValueError:
        return False
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchBucket", "404"):
            return False
        raise


def _prefix_sources(s3: Any, uri: str) -> Iterator[Source]:
    bucket, prefix = split_uri(uri)
    found = False
    for key in list_keys(s3, bucket, prefix):
        found = True
        # Names are relative to the last full folder of the prefix: "in" of "p/in" matches "p/in/a" and "p/input".
        folder = prefix if key.startswith(prefix.rstrip("/") + "/") else prefix.rpartition("/")[0]
        yield Source(bucket, key, key[len(folder) :].lstrip("/"))
    if not found:
        raise TransferError(f'No S3 objects found under S3 URL "{uri}" given in input data source.')


def _manifest_sources(s3: Any, uri: str) -> Iterator[Source]:
    problem = f'{uri} is not a manifest ([{{"prefix": "s3://..."}}, "relative key", ...])'
    try:
        head, *relatives = json.loads(read_object(s3, *split_uri(uri)))
        bucket, prefix = split_uri(head["prefix"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise TransferError(f"{problem}: {error}") from error
    if not relatives or not all(isinstance(relative, str) for relative in relatives):
        raise TransferError(f"{problem}: it must list at least one key, each a string")
    for relative in relatives:
        yield Source(bucket, prefix + relative, relative.lstrip("/"))


def _lines(s3: Any, uri: str) -> list[bytes]:
    return [line for line in read_object(s3, *split_uri(uri)).splitlines() if line.strip()]


def _attributes(s3: Any, dataset: Dataset, place: str, line: bytes) -> Iterator[bytes]:
    """The contents of the attributes of one line of an augmented manifest."""
    try:
        values = json.loads(line)
    except ValueError as error:
        raise TransferError(f"{place} is not JSON: {error}") from error
    for name in dataset.attributes:
        if not isinstance(values, dict) or name not in values:
            raise TransferError(f"{place} is no JSON object with the attribute {name}")
        value = values[name]
        if name.endswith(_REFERENCE):
            yield read_object(s3, *split_uri(str(value)), dataset.gzipped)
        else:
            yield (value if isinstance(value, str) else json.dumps(value)).encode()


def read_object(s3: Any, bucket: str, key: str, gzipped: bool = False, limit: int | None = None) -> bytes:
    """An object's content, unpacked if it is gzipped. Raises ``TransferError``, also beyond *limit* bytes."""
    try:
        found = s3.get_object(Bucket=bucket, Key=key)
        if limit is not None and found["ContentLength"] > limit:
            found["Body"].close()
            raise TransferError(f"s3://{bucket}/{key} has {found['ContentLength']} bytes; the limit is {limit}")
        content = bytes(found["Body"].read())
        return gzip.decompress(content) if gzipped else content
    except (ClientError, BotoCoreError) as error:
        raise TransferError(f"Unable to download object s3://{bucket}/{key} ({error})") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise TransferError(f"the object s3://{bucket}/{key} is not gzipped: {error}") from error


@contextmanager
def _explained(uri: str) -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise TransferError(f"Unable to download object {uri} ({error})") from error
    except ValueError as error:
        raise TransferError(str(error)) from error
