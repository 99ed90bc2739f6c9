from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.content import digest
from deploy.publish import manifest, publish

REGISTRY = "000000000000.dkr.ecr.us-east-1.amazonaws.com"
ROLE = "arn:aws:iam::000000000000:role/jobs"


class Project:
    """A working tree with one use case and one image."""

    def __init__(self, root: Path) -> None:
        self.scripts, self.containers = root / "scripts", root / "containers"
        self.write("scripts/common/job.py", "job")
        self.write("scripts/common/other.py", "other")
        self.write("scripts/tabular/steps/train.py", "train = 1")
        self.write("scripts/abalone/__main__.py", "import common.job")
        self.write("scripts/abalone/data.txt", "data")
        self.write("scripts/abalone/__pycache__/train.pyc", "cache")
        self.write("containers/training/requirements.txt", "lock")

    def write(self, path: str, text: str) -> None:
        file = self.scripts.parent / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def publish(self, s3: Any, bucket: str) -> tuple[str, bool]:
        settings = {"environment": "local", "region": "us-east-1", "bucket": bucket, "role_arn": ROLE}
        return publish(s3, self.scripts, self.containers, settings, REGISTRY)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def read(s3: Any, bucket: str, key: str) -> bytes:
    body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


def everything(s3: Any, bucket: str) -> dict[str, tuple[str, Any]]:
    found = s3.list_objects_v2(Bucket=bucket)["Contents"]
    return {item["Key"]: (item["ETag"], item["LastModified"]) for item in found}


def test_the_manifest_names_the_code_the_images_and_the_settings(project: Project, s3: Any, bucket: str) -> None:
    release, changed = project.publish(s3, bucket)
    assert changed
    own = {"abalone/__main__.py": b"import common.job", "abalone/data.txt": b"data"}
    used = {**own, "common/job.py": b"job", "tabular/steps/train.py": b"train = 1"}
    code, step = digest({**used, "common/other.py": b"other"}), digest(used)
    image = digest({"requirements.txt": b"lock"})
    assert json.loads(read(s3, bucket, "releases/current.json")) == {
        "format": 2,
        "release": release,
        "environment": "local",
        "region": "us-east-1",
        "bucket": bucket,
        "role_arn": ROLE,
        "code": {
            "abalone": {
                "uri": f"s3://{bucket}/code/{code}/",
                "sha256": code,
                "steps": {"train": {"uri": f"s3://{bucket}/code/{step}/", "sha256": step}},
            }
        },
        "images": {"training": {"uri": f"{REGISTRY}/nightshift/training:{image[:12]}", "sha256": image}},
    }
    assert read(s3, bucket, f"releases/{release}.json") == read(s3, bucket, "releases/current.json")


def test_publishing_the_same_again_writes_nothing(project: Project, s3: Any, bucket: str) -> None:
    release, _ = project.publish(s3, bucket)
    before = everything(s3, bucket)
    assert project.publish(s3, bucket) == (release, False)
    assert everything(s3, bucket) == before


def test_changed_code_is_another_release_and_the_earlier_one_stays(project: Project, s3: Any, bucket: str) -> None:
    first, _ = project.publish(s3, bucket)
    old = json.loads(read(s3, bucket, f"releases/{first}.json"))
    project.write("scripts/tabular/steps/train.py", "train = 2")
    second, changed = project.publish(s3, bucket)
    assert changed
    assert second != first
    assert json.loads(read(s3, bucket, "releases/current.json"))["release"] == second
    prefix = old["code"]["abalone"]["uri"].removeprefix(f"s3://{bucket}/")
    assert read(s3, bucket, f"{prefix}tabular/steps/train.py") == b"train = 1"


def test_going_back_to_earlier_code_makes_its_release_current_again(project: Project, s3: Any, bucket: str) -> None:
    first, _ = project.publish(s3, bucket)
    project.write("scripts/tabular/steps/train.py", "mistake = 1")
    project.publish(s3, bucket)
    project.write("scripts/tabular/steps/train.py", "train = 1")
    assert project.publish(s3, bucket) == (first, True)
    assert json.loads(read(s3, bucket, "releases/current.json"))["release"] == first


def test_an_interrupted_upload_is_completed_by_the_next_call(project: Project, s3: Any, bucket: str) -> None:
    project.publish(s3, bucket)
    lost = next(key for key in everything(s3, bucket) if key.endswith("common/job.py"))
    s3.delete_object(Bucket=bucket, Key=lost)
    project.publish(s3, bucket)
    assert read(s3, bucket, lost) == b"job"


@pytest.mark.parametrize("name", ["environment", "region", "bucket", "role_arn"])
def test_every_setting_is_part_of_the_releases_identity(name: str) -> None:
    settings = {"environment": "local", "region": "us-east-1", "bucket": "b", "role_arn": ROLE}
    one = manifest({"abalone": {"": "0" * 64}}, {"training": "1" * 64}, settings, REGISTRY)
    other = manifest({"abalone": {"": "0" * 64}}, {"training": "1" * 64}, {**settings, name: "other"}, REGISTRY)
    assert one["release"] != other["release"]
