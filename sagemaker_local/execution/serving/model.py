"""A model's data: from S3 to the folder that its containers see, read-only, as /opt/ml/model."""

from __future__ import annotations

import shutil
import tarfile
import zlib
from pathlib import Path
from typing import Any

from sagemaker_local.execution.dataset import PREFIX, Dataset, TransferError, read_object, split_uri
from sagemaker_local.execution.serving.archives import unpack
from sagemaker_local.execution.transfer import CheckPoint, download

Container = dict[str, Any]
"""a ``ContainerDefinition`` of SageMaker's API"""


class NoModelData(Exception):
    """The model's data could not be had; the text is fit for a ``FailureReason``."""


def data_source(container: Container) -> dict[str, str] | None:
    """The container's model data as an ``S3ModelDataSource``; ``None`` for a model that has none.

    ``ModelDataUrl`` is one gzipped archive, as it always was.
    """
    if "ModelDataSource" in container:
        return dict(container["ModelDataSource"]["S3DataSource"])
    if container.get("ModelDataUrl"):
        return {"S3Uri": container["ModelDataUrl"], "S3DataType": "S3Object", "CompressionType": "Gzip"}
    return None


def fetch(s3: Any, container: Container, target: Path, check_point: CheckPoint) -> None:
    """Fill *target*, a folder yet to be made, with the container's model data. Raises ``NoModelData``.

    Half of it is never there: a folder of that name is whole.
    """
    partial = target.with_name(f"{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    source = data_source(container)
    if source is not None:
        _fill(s3, source, partial, check_point)
    partial.rename(target)


def _fill(s3: Any, source: dict[str, str], target: Path, check_point: CheckPoint) -> None:
    uri = source["S3Uri"]
    try:
        if source["CompressionType"] == "Gzip":
            archive = target.with_name(f"{target.name}.tar.gz")
            archive.write_bytes(read_object(s3, *split_uri(uri)))
            check_point()
            _unpack(archive, target, uri)
        else:
            download(s3, Dataset(uri, PREFIX), target, check_point)
    except (TransferError, ValueError, OSError) as error:
        raise NoModelData(
            f'Failed to download model data from URL "{uri}". Please ensure that there is an object located at the URL '
            f"and that the role passed to CreateModel has permissions to download the model. ({error})"
        ) from error


def _unpack(archive: Path, target: Path, uri: str) -> None:
    try:
        unpack(archive, target)
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise NoModelData(
            f'Failed to extract model data archive from URL "{uri}". Please ensure that the object located at the URL '
            f"is a valid tar.gz archive. ({error})"
        ) from error
    finally:
        archive.unlink()
