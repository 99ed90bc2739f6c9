"""S3 to files and back."""

from __future__ import annotations

import errno
import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_local.execution.dataset import Dataset, TransferError, sources, split_uri

CheckPoint = Callable[[], None]
"""called between objects; raises to break off"""

_CHUNK_BYTES = 1 << 20


def download(s3: Any, dataset: Dataset, target: Path, check_point: CheckPoint) -> None:
    """The objects of *dataset* into *target*, laid out relative to the prefix. Raises ``TransferError``."""
    try:
        for bucket, key, relative in sources(s3, dataset):
            check_point()
            _fetch(s3, bucket, key, _below(target, relative))
    except ValueError as error:  # a key that no file can be named after
        raise TransferError(str(error)) from error
    except OSError as error:
        raise TransferError(f"Unable to write {dataset.uri} to disk: {_disk_problem(error)}") from error


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


def write_object(s3: Any, content: bytes, uri: str, name: str, content_type: str = "binary/octet-stream") -> None:
    """*content* to *uri*/*name*. Raises ``TransferError``."""
    with _explained(uri):
        bucket, prefix = split_uri(uri)
        s3.put_object(Bucket=bucket, Key=_joined(prefix, name), Body=content, ContentType=content_type)


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
