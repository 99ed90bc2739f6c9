"""S3 to files and back."""

from __future__ import annotations

import errno
import json
import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

CheckPoint = Callable[[], None]
"""called between objects; raises to break off"""

_CHUNK_BYTES = 1 << 20


class TransferError(Exception):
    """The data could not be moved; the text says which and why, and is fit for a ``FailureReason``."""


def split_uri(uri: str) -> tuple[str, str]:
    """``s3://bucket/key`` as (bucket, key); ``ValueError`` for anything else."""
    scheme, _, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not bucket:
        raise ValueError(f"{uri} is not an S3 URI (s3://bucket/key)")
    return bucket, key


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


@dataclass(frozen=True)
class Share:
    """One of *of* shares of the objects, counted from 0: instances take them in turn (``ShardedByS3Key``)."""

    index: int = 0
    of: int = 1


def download(s3: Any, uri: str, data_type: str, target: Path, check_point: CheckPoint, share: Share = Share()) -> None:
    """What *uri* names, or a share of it, into *target*, laid out relative to the prefix. Raises ``TransferError``.

    *data_type* is ``S3Prefix`` (all keys that start with it; a single object lands under its own name) or
    ``ManifestFile`` (JSON: ``[{"prefix": "s3://b/p/"}, "relative/key", ...]``).
    """
    try:
        for bucket, key, relative in sources(s3, uri, data_type, share):
            check_point()
            _fetch(s3, bucket, key, _below(target, relative))
    except ValueError as error:  # a key that no file can be named after
        raise TransferError(str(error)) from error
    except OSError as error:
        raise TransferError(f"Unable to write {uri} to disk: {_disk_problem(error)}") from error


def sources(s3: Any, uri: str, data_type: str, share: Share = Share()) -> Iterator[tuple[str, str, str]]:
    """(bucket, key, path relative to the prefix) of every object of the share, in order. Raises ``TransferError``."""
    try:
        yield from islice(_sources(s3, uri, data_type), share.index, None, share.of)
    except (ClientError, BotoCoreError) as error:
        raise TransferError(f"Unable to download object {uri} ({error})") from error
    except ValueError as error:
        raise TransferError(str(error)) from error


def read_object(s3: Any, bucket: str, key: str) -> bytes:
    """An object's content. Raises ``TransferError``."""
    try:
        return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except (ClientError, BotoCoreError) as error:
        raise TransferError(f"Unable to download object s3://{bucket}/{key} ({error})") from error


def _sources(s3: Any, uri: str, data_type: str) -> Iterator[tuple[str, str, str]]:
    """(bucket, key, path relative to the target) of every object."""
    bucket, key = split_uri(uri)
    if data_type == "ManifestFile":
        yield from _manifest_sources(uri, s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        return
    found = False
    for found_key in list_keys(s3, bucket, key):
        found = True
        # Names are relative to the last full folder of the prefix: "in" of "p/in" matches "p/in/a" and "p/input".
        folder = key if found_key.startswith(key.rstrip("/") + "/") else key.rpartition("/")[0]
        yield bucket, found_key, found_key[len(folder) :].lstrip("/")
    if not found:
        raise TransferError(f'No S3 objects found under S3 URL "{uri}" given in input data source.')


def _manifest_sources(uri: str, content: bytes) -> Iterator[tuple[str, str, str]]:
    problem = f'{uri} is not a manifest ([{{"prefix": "s3://..."}}, "relative key", ...])'
    try:
        head, *relatives = json.loads(content)
        bucket, prefix = split_uri(head["prefix"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise TransferError(f"{problem}: {error}") from error
    if not relatives or not all(isinstance(relative, str) for relative in relatives):
        raise TransferError(f"{problem}: it must list at least one key, each a string")
    for relative in relatives:
        yield bucket, prefix + relative, relative.lstrip("/")


def _below(target: Path, relative: str) -> Path:
    path = target / relative
    if ".." in Path(relative).parts:
        raise TransferError(f"key {relative!r} leads out of its folder")
    return path


def _fetch(s3: Any, bucket: str, key: str, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        body = s3.get_object(Bucket=bucket, Key=key)["Body"]
        with path.open("wb") as file:
            for chunk in body.iter_chunks(_CHUNK_BYTES):
                file.write(chunk)
    except (ClientError, BotoCoreError) as error:
        raise TransferError(f"Unable to download object s3://{bucket}/{key} ({error})") from error


def upload_tree(s3: Any, source: Path, uri: str) -> None:
    """Every file below *source* to *uri*/relative path; symbolic links are not followed. Raises ``TransferError``."""
    for path in walk(source):
        upload_file(s3, path, uri, path.relative_to(source).as_posix())


def upload_file(s3: Any, path: Path, uri: str, name: str) -> None:
    """One file to *uri*/*name*. Raises ``TransferError``."""
    with _explained(uri):
        bucket, prefix = split_uri(uri)
        _put(s3, path, bucket, _joined(prefix, name))


def write_object(s3: Any, content: bytes, uri: str, name: str) -> None:
    """*content* to *uri*/*name*. Raises ``TransferError``."""
    with _explained(uri):
        bucket, prefix = split_uri(uri)
        s3.put_object(Bucket=bucket, Key=_joined(prefix, name), Body=content)


def remove(s3: Any, uri: str, name: str) -> None:
    """Delete the object at *uri*/*name*; none there is no error. Raises ``TransferError``."""
    with _explained(uri):
        bucket, prefix = split_uri(uri)
        s3.delete_object(Bucket=bucket, Key=_joined(prefix, name))


def _joined(prefix: str, name: str) -> str:
    return "/".join(filter(None, (prefix.rstrip("/"), name)))


@contextmanager
def _explained(uri: str) -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise TransferError(f"Unable to upload to {uri} ({error})") from error
    except OSError as error:
        raise TransferError(f"Unable to read the files for {uri}: {_disk_problem(error)}") from error
    except UnicodeEncodeError as error:
        raise TransferError(f"Unable to upload to {uri}: a file name is not UTF-8: {error.object!r}") from error


def upload_archive(s3: Any, sources: list[Path], uri: str, scratch: Path) -> None:
    """The content of the folders *sources* as one ``.tar.gz`` at *uri*; of two files of one name the last is unpacked.

    Raises ``TransferError``.
    """
    archive = scratch / "archive.tar.gz"
    try:
        with tarfile.open(archive, "w:gz") as tar:
            for path in (path for source in sources for path in sorted(source.iterdir())):
                tar.add(path, arcname=path.name)
        _put(s3, archive, *split_uri(uri))
    except (ClientError, BotoCoreError) as error:
        raise TransferError(f"Unable to upload {uri} ({error})") from error
    except OSError as error:
        raise TransferError(f"Unable to archive the files for {uri}: {_disk_problem(error)}") from error
    finally:
        archive.unlink(missing_ok=True)


def walk(folder: Path) -> Iterator[Path]:
    """Every regular file below *folder*, in order; symbolic links are neither listed nor followed."""
    for parent, folders, names in os.walk(folder, followlinks=False):
        folders.sort()
        for name in sorted(names):
            path = Path(parent) / name
            if path.is_file() and not path.is_symlink():
                yield path


def _put(s3: Any, path: Path, bucket: str, key: str) -> None:
    with path.open("rb") as file:
        s3.put_object(Bucket=bucket, Key=key, Body=file)


def _disk_problem(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return "no space left on the disk that holds the data folder; free some and run the job again"
    return error.strerror or str(error)
