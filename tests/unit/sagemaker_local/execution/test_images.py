"""Images: their addresses, and their environments, installed by a real uv."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sagemaker_local.execution.images import ImageCatalog, ImageNotInstalled, InvalidImageUri, UnknownImage

REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
URI = f"{REGISTRY}/team/plain:1"


@pytest.fixture
def uv() -> Path:
    """The uv that this environment was installed with."""
    return Path(os.environ.get("UV", Path(sys.executable).parents[2] / "tool" / "bin" / "uv"))


@pytest.fixture
def counted_uv(uv: Path, tmp_path: Path) -> Path:
    """The same, noting each call in a file beside it."""
    script = tmp_path / "counted-uv"
    script.write_text(f'#!/bin/sh\necho "$1" >> "{tmp_path}/calls"\nexec "{uv}" "$@"\n')
    script.chmod(0o755)
    return script


@pytest.fixture
def containers(tmp_path: Path) -> Path:
    """A folder with one image, whose lock is empty, and one folder that is no image."""
    containers = tmp_path / "containers"
    (containers / "plain").mkdir(parents=True)
    (containers / "plain" / "requirements.txt").write_text("# nothing beyond the interpreter\n")
    (containers / "notes").mkdir()
    return containers


def catalog(containers: Path, uv: Path | None = None) -> ImageCatalog:
    return ImageCatalog(containers, containers.parent / "environments", uv)


# Addresses


@pytest.mark.parametrize(
    "uri",
    [
        f"{REGISTRY}/plain",
        f"{REGISTRY}/plain:latest",
        f"{REGISTRY}/any/path/plain:1.2-3_x",
        f"{REGISTRY}/plain@sha256:{'0' * 64}",
        f"{REGISTRY}/plain:1@sha256:{'a' * 64}",
        "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/plain:1",
    ],
)
def test_the_last_part_of_the_repository_is_the_folder(containers: Path, uri: str) -> None:
    image = catalog(containers).find(uri)
    assert (image.name, image.folder) == ("plain", containers / "plain")


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "plain",
        "plain:1",
        "docker.io/plain",
        f"{REGISTRY}",
        f"{REGISTRY}/",
        f"{REGISTRY}/Plain",
        f"{REGISTRY}/plain:",
        f"{REGISTRY}/plain:{'x' * 129}",
        f"{REGISTRY}/plain@sha256:short",
        f"https://{REGISTRY}/plain",
        f"12345.{REGISTRY}/plain",
        f"{URI}\n",
    ],
)
def test_what_is_no_address_in_ecr_is_refused(containers: Path, uri: str) -> None:
    with pytest.raises(InvalidImageUri):
        catalog(containers).find(uri)


@pytest.mark.parametrize("name", ["absent", "notes", "..", "plain/.."])
def test_only_a_folder_with_a_lock_is_an_image(containers: Path, name: str) -> None:
    with pytest.raises((UnknownImage, InvalidImageUri)):
        catalog(containers).find(f"{REGISTRY}/{name}:1")


def test_the_images_are_the_folders_with_a_lock(containers: Path) -> None:
    (containers / "another").mkdir()
    (containers / "another" / "requirements.txt").touch()
    assert catalog(containers).names() == ["another", "plain"]


MANAGED = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"


def test_an_image_of_aws_goes_by_its_own_address_and_its_lock_is_the_packages(containers: Path) -> None:
    image = catalog(containers).find(MANAGED)
    assert image.managed is not None
    assert (image.folder / "requirements.txt").is_file()
    assert image.variables["SAGEMAKER_TRAINING_MODULE"] == "sagemaker_xgboost_container.training:main"
    assert image.notice is not None
    assert "3.0.5" in image.notice


def test_an_own_image_has_no_variables_and_no_notice(containers: Path) -> None:
    image = catalog(containers).find(URI)
    assert (image.variables, image.notice, image.managed) == ({}, None, None)


def test_a_folder_of_its_name_takes_the_place_of_an_image_of_aws(containers: Path) -> None:
    (containers / "plain").rename(containers / "sagemaker-xgboost")
    assert catalog(containers).find(MANAGED).managed is None


@pytest.mark.parametrize("tag", ["1.3-1", "8.0-1"])
def test_an_image_of_aws_that_cannot_be_run_is_told_which_can(containers: Path, tag: str) -> None:
    with pytest.raises(UnknownImage, match=r"tags that run here: 1.7-1"):
        catalog(containers).find(MANAGED.replace("3.0-5", tag))


# Environments


def test_an_image_of_aws_that_cannot_be_installed_tells_how_to_do_so_beforehand(containers: Path) -> None:
    uv = containers / "broken-uv"
    uv.write_text("#!/bin/sh\necho no index >&2; exit 1\n")
    uv.chmod(0o755)
    with pytest.raises(ImageNotInstalled, match=r"images --managed sagemaker-xgboost:3.0-5.*\n.*no index"):
        catalog(containers, uv).install_managed("sagemaker-xgboost", "3.0-5")


def test_a_changed_lock_is_another_environment_and_the_same_lock_the_same(containers: Path) -> None:
    first = catalog(containers).find(URI).environment
    assert catalog(containers).find(URI).environment == first
    (containers / "plain" / "requirements.txt").write_text("# changed\n")
    assert catalog(containers).find(URI).environment != first


def test_an_image_is_installed_once_and_runs(containers: Path, counted_uv: Path) -> None:
    images = catalog(containers, counted_uv)
    image = images.find(URI)
    images.ensure_installed(image)
    images.ensure_installed(image)
    assert (containers.parent / "calls").read_text().split() == ["venv", "pip"]
    python = image.bin / "python"
    shown = subprocess.run([python, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == str(image.environment)


def test_many_jobs_at_once_install_it_once(containers: Path, counted_uv: Path) -> None:
    images = [catalog(containers, counted_uv) for _ in range(6)]
    with ThreadPoolExecutor(len(images)) as pool:
        list(pool.map(lambda one: one.ensure_installed(one.find(URI)), images))
    assert (containers.parent / "calls").read_text().split() == ["venv", "pip"]


def test_an_interrupted_installation_is_begun_anew(containers: Path, uv: Path) -> None:
    images = catalog(containers, uv)
    image = images.find(URI)
    image.bin.mkdir(parents=True)
    (image.bin / "python").write_text("half written")
    (image.environment / "rubbish").touch()
    images.ensure_installed(image)
    assert not (image.environment / "rubbish").exists()
    subprocess.run([image.bin / "python", "-c", ""], check=True)


def test_a_failed_installation_tells_what_uv_said_and_is_tried_again(containers: Path, uv: Path) -> None:
    lock = containers / "plain" / "requirements.txt"
    lock.write_text("no-hash-given==1.0\n")
    images = catalog(containers, uv)
    image = images.find(URI)
    for _ in range(2):
        with pytest.raises(ImageNotInstalled, match=r"uv pip install .* failed:\n.*hash"):
            images.ensure_installed(image)


def test_without_uv_an_installed_image_is_used(containers: Path, uv: Path) -> None:
    assert catalog(containers, uv).install_all() == ["plain"]
    images = catalog(containers)
    images.ensure_installed(images.find(URI))


def test_without_uv_a_missing_environment_is_named(containers: Path) -> None:
    images = catalog(containers)
    image = images.find(URI)
    with pytest.raises(ImageNotInstalled, match=f"no environment at {image.environment} and no uv"):
        images.ensure_installed(image)
