"""Gets the user's code into /opt/ml/code."""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from . import paths


def fetch(source: str) -> None:
    """Fill the code folder from *source*: an S3 object or a file that is an archive, a folder, or a single file.

    A code folder with anything in it is taken as it is.
    """
    target = paths.code()
    target.mkdir(parents=True, exist_ok=True)
    if any(target.iterdir()):
        return
    if source.startswith("s3://"):
        _fetch_from_s3(source, target)
    else:
        _copy(paths.place(source), target)


def _fetch_from_s3(uri: str, target: Path) -> None:
    address = urlsplit(uri)
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "tar_file"
        s3_client().download_file(address.netloc, address.path.lstrip("/"), str(archive))
        _unpack(archive, target)


def s3_client() -> Any:
    """A client of S3 at the endpoint that the platform names."""
    import boto3  # here only, as it takes a third of a second and few jobs need it

    return boto3.client(
        "s3", region_name=os.environ.get("AWS_REGION"), endpoint_url=os.environ.get("S3_ENDPOINT_URL") or None
    )


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        if source != target:
            shutil.copytree(source, target, dirs_exist_ok=True)
    elif tarfile.is_tarfile(source):
        _unpack(source, target)
    else:
        shutil.copy2(source, target)


def _unpack(archive: Path, target: Path) -> None:
    with tarfile.open(archive, "r:gz") as tar:
        # The code is the job's own, and the job is isolated; Python before 3.11.4 knows no filters.
        tar.extraction_filter = getattr(tarfile, "data_filter", None)
        tar.extractall(target)
