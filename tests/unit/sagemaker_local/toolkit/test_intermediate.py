from __future__ import annotations

from pathlib import Path

import pytest

from sagemaker_local.toolkit import intermediate

pytestmark = pytest.mark.documented("sagemaker-training-toolkit: intermediate_output")


class Bucket:
    """S3, as far as uploads go."""

    def __init__(self) -> None:
        self.objects: dict[str, str] = {}
        self.broken = False

    def upload_file(self, path: str, bucket: str, key: str) -> None:
        if self.broken:
            raise OSError("unreachable")
        self.objects[f"{bucket}/{key}"] = Path(path).read_text()


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    bucket = Bucket()
    monkeypatch.setattr(intermediate, "s3_client", lambda: bucket)
    return bucket


def test_files_are_uploaded_at_the_latest_at_the_end(base: Path, bucket: Bucket) -> None:
    with intermediate.uploaded("s3://b/out/", "job-1"):
        folder = base / "output" / "intermediate" / "deep"
        folder.mkdir()
        (folder / "a.txt").write_text("1")
        (folder / "gone").symlink_to("nowhere")
    assert bucket.objects == {"b/out/job-1/output/intermediate/deep/a.txt": "1"}


def test_files_of_a_job_that_fails_are_uploaded_too(base: Path, bucket: Bucket) -> None:
    def fail() -> None:
        with intermediate.uploaded("s3://b", "job-1"):
            (base / "output" / "intermediate" / "a").write_text("1")
            raise ValueError("bad")

    with pytest.raises(ValueError, match="bad"):
        fail()
    assert bucket.objects == {"b/job-1/output/intermediate/a": "1"}


@pytest.mark.parametrize("there", [False, True])
def test_without_an_address_or_where_the_platform_does_it_nothing_is_done(
    base: Path, bucket: Bucket, there: bool
) -> None:
    folder = base / "output" / "intermediate"
    folder.mkdir(exist_ok=True)
    if there:
        (folder / "a").write_text("1")
    with intermediate.uploaded("s3://b" if there else None, "job-1"):
        pass
    assert bucket.objects == {}


def test_an_upload_that_fails_is_told_of_and_fails_nothing(
    base: Path, bucket: Bucket, caplog: pytest.LogCaptureFixture
) -> None:
    bucket.broken = True
    with intermediate.uploaded("s3://b", "job-1"):
        (base / "output" / "intermediate" / "a").write_text("1")
    assert "Failed to upload" in caplog.text


def test_a_file_that_still_grows_waits_and_a_changed_one_goes_again(tmp_path: Path) -> None:
    bucket = Bucket()
    watch = intermediate.Watch(tmp_path, bucket, "b", "p")
    (tmp_path / "a").write_text("1")
    watch.look(at_end=False)
    assert bucket.objects == {}
    (tmp_path / "a").write_text("12")
    watch.look(at_end=False)
    assert bucket.objects == {}
    watch.look(at_end=False)
    assert bucket.objects == {"b/p/a": "12"}
    (tmp_path / "a").write_text("123")
    watch.look(at_end=True)
    assert bucket.objects == {"b/p/a": "123"}
