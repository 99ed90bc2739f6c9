"""Images: their addresses, and their environments, installed by a real uv."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import uv

from sagemaker_local.execution import images
from sagemaker_local.execution.images import ImageCatalog, ImageNotInstalled, InvalidImageUri, UnknownImage

REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
URI = f"{REGISTRY}/team/plain:1"


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that notes each call of uv."""
    script = tmp_path / "counted-uv"
    script.write_text(f'#!/bin/sh\necho "$1" >> "{tmp_path}/calls"\nexec "{uv.find_uv_bin()}" "$@"\n')
    script.chmod(0o755)
    monkeypatch.setattr(images, "find_uv_bin", lambda: str(script))
    return tmp_path / "calls"


@pytest.fixture
def containers(tmp_path: Path) -> Path:
    """A folder with one image, whose lock is empty, and one folder that is no image."""
    containers = tmp_path / "containers"
    (containers / "plain").mkdir(parents=True)
    (containers / "plain" / "requirements.txt").write_text("# nothing beyond the interpreter\n")
    (containers / "notes").mkdir()
    return containers


def catalog(containers: Path) -> ImageCatalog:
    return ImageCatalog(containers, containers.parent / "environments", os.environ)


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
    assert image.binds_to_given_port


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


def test_an_image_of_aws_that_cannot_be_installed_tells_how_to_do_so_beforehand(
    containers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = containers / "broken-uv"
    broken.write_text("#!/bin/sh\necho no index >&2; exit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(images, "find_uv_bin", lambda: str(broken))
    with pytest.raises(ImageNotInstalled, match=r"images --managed sagemaker-xgboost:3.0-5.*\n.*no index"):
        catalog(containers).install_managed("sagemaker-xgboost", "3.0-5")


def test_a_changed_lock_is_another_environment_and_the_same_lock_the_same(containers: Path) -> None:
    first = catalog(containers).find(URI).environment
    assert catalog(containers).find(URI).environment == first
    (containers / "plain" / "requirements.txt").write_text("# changed\n")
    assert catalog(containers).find(URI).environment != first


def test_an_image_is_installed_once_and_runs(containers: Path, calls: Path) -> None:
    own = catalog(containers)
    image = own.find(URI)
    own.ensure_installed(image)
    own.ensure_installed(image)
    assert calls.read_text().split() == ["venv", "pip"]
    python = image.bin / "python"
    shown = subprocess.run([python, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == str(image.environment)


def test_many_jobs_at_once_install_it_once(containers: Path, calls: Path) -> None:
    catalogs = [catalog(containers) for _ in range(6)]
    with ThreadPoolExecutor(len(catalogs)) as pool:
        list(pool.map(lambda one: one.ensure_installed(one.find(URI)), catalogs))
    assert calls.read_text().split() == ["venv", "pip"]


def test_an_interrupted_installation_is_begun_anew(containers: Path) -> None:
    own = catalog(containers)
    image = own.find(URI)
    image.bin.mkdir(parents=True)
    (image.bin / "python").write_text("half written")
    (image.environment / "rubbish").touch()
    own.ensure_installed(image)
    assert not (image.environment / "rubbish").exists()
    subprocess.run([image.bin / "python", "-c", ""], check=True)


def test_a_failed_installation_tells_what_uv_said_and_is_tried_again(containers: Path) -> None:
    lock = containers / "plain" / "requirements.txt"
    lock.write_text("no-hash-given==1.0\n")
    own = catalog(containers)
    image = own.find(URI)
    for _ in range(2):
        with pytest.raises(ImageNotInstalled, match=r"(?s)uv pip install .* failed.*UV_DEFAULT_INDEX.*:\n.*hash"):
            own.ensure_installed(image)


def test_uv_gets_the_variables_that_the_catalog_was_given(containers: Path, calls: Path) -> None:
    """The server clears its own of proxies, which an installation may need."""
    script = f'#!/bin/sh\necho "$https_proxy" >> "{calls}"\nexec "{uv.find_uv_bin()}" "$@"\n'
    Path(images.find_uv_bin()).write_text(script)
    own = ImageCatalog(containers, containers.parent / "environments", {"https_proxy": "http://proxy:1"})
    own.ensure_installed(own.find(URI))
    assert calls.read_text().split() == ["http://proxy:1"] * 2


def test_all_images_are_installed_at_once(containers: Path) -> None:
    own = catalog(containers)
    assert own.install_all() == ["plain"]
    assert (own.find(URI).bin / "python").exists()


def test_without_a_folder_there_are_no_images(tmp_path: Path) -> None:
    own = ImageCatalog(None, tmp_path, os.environ)
    assert own.names() == []
    with pytest.raises(UnknownImage):
        own.find(URI)
