"""S3 to files and back, with the emulator's real S3."""

from __future__ import annotations

import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

from sagemaker_local.execution.dataset import Dataset, TransferError
from sagemaker_local.execution.transfer import download, upload_archive, upload_tree
from tests.support.local_aws import BUCKET, LocalAws, unique


@pytest.fixture
def prefix(aws: LocalAws) -> str:
    """A prefix that nothing lies below."""
    return unique("transfer")


def files(folder: Path) -> dict[str, str]:
    """The files below *folder* and their content."""
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def fetch(aws: LocalAws, key: str, target: Path, data_type: str = "S3Prefix") -> dict[str, str]:
    download(aws.s3, Dataset(f"s3://{BUCKET}/{key}", data_type), target, lambda: None)
    return files(target)


def put_all(aws: LocalAws, *keys: str) -> None:
    """Objects whose content is their key."""
    for key in keys:
        aws.put(key, key)


# Down


def test_a_prefix_is_laid_out_relative_to_itself(aws: LocalAws, tmp_path: Path, prefix: str) -> None:
    put_all(aws, f"{prefix}/in/a.csv", f"{prefix}/in/deep/er/b.csv")
    expected = {"a.csv": f"{prefix}/in/a.csv", "deep/er/b.csv": f"{prefix}/in/deep/er/b.csv"}
    assert fetch(aws, f"{prefix}/in", tmp_path / "one") == expected
    assert fetch(aws, f"{prefix}/in/", tmp_path / "other") == expected


def test_a_prefix_that_ends_within_a_name_matches_every_name_that_begins_so(
    aws: LocalAws, tmp_path: Path, prefix: str
) -> None:
    put_all(aws, f"{prefix}/input-1/a", f"{prefix}/input-2", f"{prefix}/output")
    assert fetch(aws, f"{prefix}/in", tmp_path).keys() == {"input-1/a", "input-2"}


def test_a_single_object_lands_under_its_own_name(aws: LocalAws, tmp_path: Path, prefix: str) -> None:
    put_all(aws, f"{prefix}/deep/a.csv")
    assert fetch(aws, f"{prefix}/deep/a.csv", tmp_path) == {"a.csv": f"{prefix}/deep/a.csv"}


def test_a_whole_bucket_can_be_had(aws: LocalAws, tmp_path: Path) -> None:
    bucket = unique("bucket")
    aws.s3.create_bucket(Bucket=bucket)
    aws.s3.put_object(Bucket=bucket, Key="deep/a", Body=b"1")
    download(aws.s3, Dataset(f"s3://{bucket}", "S3Prefix"), tmp_path, lambda: None)
    assert files(tmp_path) == {"deep/a": "1"}


def test_folder_markers_are_no_files(aws: LocalAws, tmp_path: Path, prefix: str) -> None:
    aws.put(f"{prefix}/folder/", "")
    put_all(aws, f"{prefix}/folder/a")
    assert fetch(aws, prefix, tmp_path).keys() == {"folder/a"}


def test_content_arrives_byte_for_byte_beyond_one_chunk(aws: LocalAws, tmp_path: Path, prefix: str) -> None:
    content = os.urandom((2 << 20) + 7)
    aws.put(f"{prefix}/big", content)
    download(aws.s3, Dataset(f"s3://{BUCKET}/{prefix}/big", "S3Prefix"), tmp_path, lambda: None)
    assert (tmp_path / "big").read_bytes() == content


def test_more_objects_than_one_listing_has_all_arrive(aws: LocalAws, tmp_path: Path, prefix: str) -> None:
    put_all(aws, *(f"{prefix}/{number}" for number in range(5)))
    pages, client = [], aws.client("s3")

    def only_two(params: dict[str, Any], **_: Any) -> None:
        pages.append(params)
        params["MaxKeys"] = 2

    client.meta.events.register("before-parameter-build.s3.ListObjectsV2", only_two)
    download(client, Dataset(f"s3://{BUCKET}/{prefix}", "S3Prefix"), tmp_path, lambda: None)
    assert files(tmp_path).keys() == {"0", "1", "2", "3", "4"}
    assert len(pages) == 3


def test_nothing_below_a_prefix_is_an_error_that_names_it(aws: LocalAws, tmp_path: Path, prefix: str) -> None:
    with pytest.raises(TransferError, match=f'No S3 objects found under S3 URL "s3://{BUCKET}/{prefix}"'):
        fetch(aws, prefix, tmp_path)


def test_a_bucket_that_does_not_exist_is_an_error_that_names_it(aws: LocalAws, tmp_path: Path) -> None:
    uri = f"s3://{unique('no-bucket')}/x"
    with pytest.raises(TransferError, match=f"Unable to download object {uri} .*NoSuchBucket"):
        download(aws.s3, Dataset(uri, "S3Prefix"), tmp_path, lambda: None)


def test_a_key_that_is_both_file_and_folder_is_an_error_that_says_so(
    aws: LocalAws, tmp_path: Path, prefix: str
) -> None:
    target = tmp_path / "in"
    target.mkdir()
    (target / "a").write_text("in the way")
    put_all(aws, f"{prefix}/a/b")
    with pytest.raises(TransferError, match=r"Unable to write .* to disk: "):
        fetch(aws, prefix, target)


def test_a_check_point_between_objects_breaks_off(aws: LocalAws, tmp_path: Path, prefix: str) -> None:
    put_all(aws, *(f"{prefix}/{number}" for number in range(5)))
    reached = []

    def stop_at_third() -> None:
        reached.append(1)
        if len(reached) == 3:
            raise InterruptedError

    with pytest.raises((InterruptedError, TransferError)):
        download(aws.s3, Dataset(f"s3://{BUCKET}/{prefix}", "S3Prefix"), tmp_path, stop_at_third)
    assert len(files(tmp_path)) == 2


# Manifests


def manifest(aws: LocalAws, prefix: str, content: Any) -> str:
    """The key of a manifest with that content."""
    body = content if isinstance(content, bytes) else json.dumps(content)
    return aws.put(f"{prefix}/manifest.json", body).removeprefix(f"s3://{BUCKET}/")


def test_a_manifests_objects_and_only_those_arrive(aws: LocalAws, tmp_path: Path, prefix: str) -> None:
    put_all(aws, f"{prefix}/data/a", f"{prefix}/data/day=1/b", f"{prefix}/data/c")
    key = manifest(aws, prefix, [{"prefix": f"s3://{BUCKET}/{prefix}/data/"}, "a", "day=1/b"])
    assert fetch(aws, key, tmp_path, "ManifestFile") == {"a": f"{prefix}/data/a", "day=1/b": f"{prefix}/data/day=1/b"}


@pytest.mark.parametrize(
    "content",
    [
        b"not JSON",
        b"\xff",
        [],
        {},
        ["a"],
        [{"prefix": "s3://b/p"}],
        [{"prefix": 5}, "a"],
        [{"prefix": None}, "a"],
        [{"prefix": "/local"}, "a"],
        [{"other": "s3://b/p"}, "a"],
        [{"prefix": "s3://b/p"}, 5],
        [["prefix"], "a"],
    ],
)
def test_what_is_no_manifest_is_an_error_that_says_what_is(
    aws: LocalAws, tmp_path: Path, prefix: str, content: Any
) -> None:
    key = manifest(aws, prefix, content)
    with pytest.raises(TransferError, match="is not a manifest"):
        fetch(aws, key, tmp_path, "ManifestFile")


def test_an_object_missing_from_a_manifest_is_named(aws: LocalAws, tmp_path: Path, prefix: str) -> None:
    key = manifest(aws, prefix, [{"prefix": f"s3://{BUCKET}/{prefix}/"}, "absent.csv"])
    with pytest.raises(TransferError, match=f"Unable to download object s3://{BUCKET}/{prefix}/absent.csv"):
        fetch(aws, key, tmp_path, "ManifestFile")


def test_a_manifest_cannot_write_outside_its_folder(aws: LocalAws, tmp_path: Path, prefix: str) -> None:
    outside, target = tmp_path / "outside", tmp_path / "in"
    aws.put(f"{prefix}{outside}", "here")
    absolute = manifest(aws, prefix, [{"prefix": f"s3://{BUCKET}/{prefix}"}, str(outside)])
    assert fetch(aws, absolute, target, "ManifestFile") == {str(outside).lstrip("/"): "here"}
    aws.put(f"{prefix}/../outside", "here")
    climbing = manifest(aws, prefix, [{"prefix": f"s3://{BUCKET}/{prefix}/"}, "../outside"])
    with pytest.raises(TransferError, match="leads out of its folder"):
        fetch(aws, climbing, target, "ManifestFile")
    assert not outside.exists()


# Up


def test_a_tree_is_uploaded_below_the_uri(aws: LocalAws, tmp_path: Path, prefix: str) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "a").write_text("1")
    (tmp_path / "deep" / "b").write_text("2")
    upload_tree(aws.s3, tmp_path, f"s3://{BUCKET}/{prefix}/out/")
    assert aws.keys(f"{prefix}/") == ["out/a", "out/deep/b"]
    assert aws.read(f"s3://{BUCKET}/{prefix}/out/deep/b") == b"2"


def test_links_and_pipes_are_not_uploaded(aws: LocalAws, tmp_path: Path, prefix: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "secret").write_text("1")
    (tmp_path / "out" / "link").symlink_to(tmp_path / "secret")
    (tmp_path / "out" / "folder").symlink_to(tmp_path)
    (tmp_path / "out" / "dangling").symlink_to("nowhere")
    os.mkfifo(tmp_path / "out" / "pipe")
    (tmp_path / "out" / "a").write_text("1")
    upload_tree(aws.s3, tmp_path / "out", f"s3://{BUCKET}/{prefix}")
    assert aws.keys(f"{prefix}/") == ["a"]


def test_a_file_name_that_is_not_utf8_is_an_error_that_shows_it(aws: LocalAws, tmp_path: Path, prefix: str) -> None:
    (tmp_path / os.fsdecode(b"bad\xff")).write_text("1")
    with pytest.raises(TransferError, match="a file name is not UTF-8"):
        upload_tree(aws.s3, tmp_path, f"s3://{BUCKET}/{prefix}")


def test_an_upload_to_a_bucket_that_does_not_exist_names_it(aws: LocalAws, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    uri = f"s3://{unique('no-bucket')}/out"
    with pytest.raises(TransferError, match=f"Unable to upload to {uri} .*NoSuchBucket"):
        upload_tree(aws.s3, tmp_path, uri)
    with pytest.raises(TransferError, match=f"Unable to upload {uri} .*NoSuchBucket"):
        upload_archive(aws.s3, [tmp_path], uri, tmp_path)


def test_an_archive_is_rooted_at_the_folders_content(aws: LocalAws, tmp_path: Path, prefix: str) -> None:
    source, scratch = tmp_path / "model", tmp_path / "scratch"
    (source / "deep").mkdir(parents=True)
    scratch.mkdir()
    (source / "weights").write_text("1")
    (source / "deep" / "more").write_text("2")
    uri = f"s3://{BUCKET}/{prefix}/model.tar.gz"
    upload_archive(aws.s3, [source], uri, scratch)
    with tarfile.open(fileobj=io.BytesIO(aws.read(uri)), mode="r:gz") as archive:
        assert archive.getnames() == ["deep", "deep/more", "weights"]
    assert list(scratch.iterdir()) == []


def test_an_empty_folder_makes_an_empty_archive(aws: LocalAws, tmp_path: Path, prefix: str) -> None:
    (tmp_path / "model").mkdir()
    uri = f"s3://{BUCKET}/{prefix}/model.tar.gz"
    upload_archive(aws.s3, [tmp_path / "model"], uri, tmp_path)
    with tarfile.open(fileobj=io.BytesIO(aws.read(uri)), mode="r:gz") as archive:
        assert archive.getnames() == []
