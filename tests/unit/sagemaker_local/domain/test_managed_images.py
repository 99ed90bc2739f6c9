"""Which images AWS maintains, and what stands for them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sagemaker_local.domain.managed_images import FRAMEWORKS, ManagedImage, TooFarAway, UnknownManagedImage, find
from sagemaker_local.domain.registries import ACCOUNTS

IMAGES = Path(__file__).resolve().parents[4] / "sagemaker_local" / "images"
RUNNABLE = [
    ManagedImage(framework, release)
    for framework in FRAMEWORKS.values()
    for release in framework.releases
    if release.here
]
US_EAST_1 = ("683313688378", "us-east-1")


@pytest.mark.documented("sagemaker-python-sdk: image_uri_config")
@pytest.mark.parametrize("region", ACCOUNTS)
def test_an_image_is_found_in_its_account_of_every_region(region: str) -> None:
    found = find(ACCOUNTS[region], region, "sagemaker-xgboost", "1.7-1")
    assert found is not None
    assert found.release.on_aws == "1.7.4"


@pytest.mark.documented("sagemaker-python-sdk: image_uri_config")
@pytest.mark.parametrize(
    ("repository", "tag", "name"),
    [
        ("sagemaker-scikit-learn", "1.2-1-cpu-py3", "sagemaker-scikit-learn:1.2-1"),
        ("sagemaker-scikit-learn", "1.4-2-py312-cpu-py3", "sagemaker-scikit-learn:1.4-2-py312"),
        ("sagemaker-xgboost", "3.0-5", "sagemaker-xgboost:3.0-5"),
        ("sagemaker-xgboost", "1.7-1-cpu-py3", "sagemaker-xgboost:1.7-1"),
    ],
)
def test_a_tag_is_the_version_and_what_may_follow_it(repository: str, tag: str, name: str) -> None:
    found = find(*US_EAST_1, repository, tag)
    assert found is not None
    assert found.name == name


@pytest.mark.local_only
@pytest.mark.parametrize(
    ("address", "told"),
    [
        (("246618743249", "us-east-1", "sagemaker-xgboost", "1.7-1"), "in account 683313688378, not 246618743249"),
        (("683313688378", "mars-1", "sagemaker-xgboost", "1.7-1"), "not in region mars-1; it is in af-south-1, "),
        ((*US_EAST_1, "sagemaker-scikit-learn", "1.2-1"), "no tag 1.2-1; tags that run here: 1.2-1-cpu-py3, "),
        ((*US_EAST_1, "sagemaker-scikit-learn", "1.2-1-gpu-py3"), "no tag 1.2-1-gpu-py3"),
        ((*US_EAST_1, "sagemaker-xgboost", None), "no tag latest; tags that run here: 1.7-1, 3.0-5, 3.2-0"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(address: tuple[str, str, str, str | None], told: str) -> None:
    with pytest.raises(UnknownManagedImage, match=re.escape(told)):
        find(*address)


@pytest.mark.local_only
@pytest.mark.parametrize(
    ("repository", "tag"), [("sagemaker-scikit-learn", "0.23-1-cpu-py3"), ("sagemaker-xgboost", "1.5-1")]
)
def test_a_version_that_is_too_far_away_is_refused_and_those_that_run_are_named(repository: str, tag: str) -> None:
    with pytest.raises(TooFarAway, match=r"within one minor release of its .*; tags that run here: 1\.[27]-1"):
        find(*US_EAST_1, repository, tag)


@pytest.mark.local_only
def test_a_repository_of_no_framework_is_no_managed_image() -> None:
    assert find("123456789012", "eu-west-1", "training", "1") is None


@pytest.mark.local_only
@pytest.mark.parametrize("image", RUNNABLE, ids=lambda image: image.name)
@pytest.mark.parametrize("python", ["3.11", "3.12"])
def test_the_lock_holds_the_version_that_is_named_and_it_is_near(image: ManagedImage, python: str) -> None:
    here = image.release.here[python]
    assert here in locked(image, python), image.notice(python)
    assert here in image.notice(python)
    (major, minor), (on_aws_major, on_aws_minor) = series(here), series(image.release.on_aws)
    assert major == on_aws_major
    assert abs(minor - on_aws_minor) <= 1


@pytest.mark.local_only
def test_every_lock_that_is_shipped_belongs_to_an_image() -> None:
    assert {path.parent.name for path in IMAGES.glob("*/requirements.txt")} == {image.lock for image in RUNNABLE}


def series(version: str) -> tuple[int, int]:
    major, minor, *_ = version.split(".")
    return int(major), int(minor)


def locked(image: ManagedImage, python: str) -> list[str]:
    """The versions of the image's library that its lock has for *python*."""
    text = (IMAGES / image.lock / "requirements.txt").read_text()
    pins = re.findall(
        rf"^{image.framework.library}(?:-cpu)?==(\S+)(?: ; python_full_version (<|>=) '3.12')?", text, re.M
    )
    wanted = "<" if python == "3.11" else ">="
    return [version for version, comparison in pins if comparison in ("", wanted)]
