"""Model data on its way from S3 to /opt/ml/model."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest

from sagemaker_local.execution.serving.model import NoModelData, data_source, fetch
from sagemaker_local.execution.transfer import CheckPoint
from tests.support.hosting import archive
from tests.support.local_aws import BUCKET, LocalAws, unique

URL = pytest.mark.documented("API_ContainerDefinition: ModelDataUrl, ModelDataSource")


@pytest.fixture
def bucket(aws: LocalAws) -> Objects:
    """Objects of the test's own."""
    return Objects(aws, unique("model"))


class Objects:
    """Objects below a prefix."""

    def __init__(self, aws: LocalAws, prefix: str) -> None:
        self.aws, self.uri = aws, f"s3://{BUCKET}/{prefix}"
        self._prefix = prefix

    def put(self, objects: dict[str, bytes]) -> None:
        for key, content in objects.items():
            self.aws.put(f"{self._prefix}/{key}", content)

    def fetch(self, target: Path, container: dict[str, Any], check: CheckPoint = lambda: None) -> dict[str, bytes]:
        """The files in the model's folder."""
        fetch(self.aws.s3, container, target, check)
        files = [path for path in target.rglob("*") if path.is_file()]
        return {str(path.relative_to(target)): path.read_bytes() for path in files}


def source(uri: str, data_type: str = "S3Prefix", compression: str = "None") -> dict[str, Any]:
    return {
        "ModelDataSource": {"S3DataSource": {"S3Uri": uri, "S3DataType": data_type, "CompressionType": compression}}
    }


@URL
def test_an_archive_is_unpacked(bucket: Objects, tmp_path: Path) -> None:
    bucket.put({"m.tar.gz": archive({"model.json": b"{}", "code/inference.py": b"pass"})})
    found = bucket.fetch(tmp_path / "model", {"ModelDataUrl": f"{bucket.uri}/m.tar.gz"})
    assert found == {"model.json": b"{}", "code/inference.py": b"pass"}


@URL
def test_an_uncompressed_prefix_is_laid_out_as_it_is_named(bucket: Objects, tmp_path: Path) -> None:
    bucket.put({"m/a": b"1", "m/d/b": b"2", "other": b"3"})
    assert bucket.fetch(tmp_path / "model", source(f"{bucket.uri}/m/")) == {"a": b"1", "d/b": b"2"}


@URL
def test_an_archive_may_also_be_named_as_a_source(bucket: Objects, tmp_path: Path) -> None:
    bucket.put({"m.tar.gz": archive({"a": b"1"})})
    container = source(f"{bucket.uri}/m.tar.gz", "S3Object", "Gzip")
    assert bucket.fetch(tmp_path / "model", container) == {"a": b"1"}


@URL
@pytest.mark.parametrize("container", [{}, {"ModelDataUrl": ""}])
def test_a_model_without_data_has_an_empty_folder(bucket: Objects, tmp_path: Path, container: dict[str, Any]) -> None:
    assert data_source(container) is None
    assert bucket.fetch(tmp_path / "model", container) == {}
    assert (tmp_path / "model").is_dir()


def failure(bucket: Objects, tmp_path: Path) -> str:
    """Why the archive could not be had."""
    with pytest.raises(NoModelData) as caught:
        bucket.fetch(tmp_path / "model", {"ModelDataUrl": f"{bucket.uri}/m.tar.gz"})
    assert not (tmp_path / "model").exists(), "half a model is none"
    return str(caught.value)


@pytest.mark.local_only
def test_data_that_is_not_there_is_named(bucket: Objects, tmp_path: Path) -> None:
    told = failure(bucket, tmp_path)
    assert told.startswith(f'Failed to download model data from URL "{bucket.uri}/m.tar.gz".')
    assert "NoSuchKey" in told


@pytest.mark.local_only
@pytest.mark.parametrize("content", [b"", b"plain text", archive({"a": b"1" * 9999})[:60], b"\x1f\x8b\x08" + b"0" * 50])
def test_what_is_no_archive_is_told(bucket: Objects, tmp_path: Path, content: bytes) -> None:
    bucket.put({"m.tar.gz": content})
    told = failure(bucket, tmp_path)
    assert told.startswith(f'Failed to extract model data archive from URL "{bucket.uri}/m.tar.gz".')


def hostile(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    """An archive whose one member would land, or lead, outside."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = kind, link
        tar.addfile(entry, io.BytesIO())
    return buffer.getvalue()


@pytest.mark.local_only
@pytest.mark.parametrize(
    "content",
    [
        hostile("../outside"),
        hostile("link", tarfile.SYMTYPE, "/etc"),
        hostile("link", tarfile.SYMTYPE, "../../outside"),
        hostile("link", tarfile.LNKTYPE, "../outside"),
        hostile("device", tarfile.CHRTYPE),
    ],
)
def test_an_archive_that_reaches_outside_is_refused(bucket: Objects, tmp_path: Path, content: bytes) -> None:
    bucket.put({"m.tar.gz": content})
    assert "Failed to extract" in failure(bucket, tmp_path)
    assert not (tmp_path / "outside").exists()


@pytest.mark.local_only
def test_an_absolute_path_lands_inside(bucket: Objects, tmp_path: Path) -> None:
    bucket.put({"m": hostile("/absolute")})
    assert bucket.fetch(tmp_path / "model", {"ModelDataUrl": f"{bucket.uri}/m"}) == {"absolute": b""}


@pytest.mark.local_only
def test_a_start_after_a_kill_begins_anew(bucket: Objects, tmp_path: Path) -> None:
    partial = tmp_path / "model.partial"
    partial.mkdir()
    (partial / "rest").write_text("of the last try")
    bucket.put({"m": archive({"a": b"1"})})
    assert bucket.fetch(tmp_path / "model", {"ModelDataUrl": f"{bucket.uri}/m"}) == {"a": b"1"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model"]


@pytest.mark.local_only
def test_it_can_be_broken_off(bucket: Objects, tmp_path: Path) -> None:
    class NotWanted(Exception):
        pass

    def check() -> None:
        raise NotWanted

    bucket.put({"m/a": b"1"})
    with pytest.raises(NotWanted):
        bucket.fetch(tmp_path / "model", source(f"{bucket.uri}/m/"), check)
    assert not (tmp_path / "model").exists()
