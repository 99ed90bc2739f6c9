"""Images lie in repositories that scan them and keep their tags: the local ECR."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.errors import Failure
from deploy.images.registry import Image, check_repository, is_pushed
from tests.support.local_aws import unique

REGISTRY = "000000000000.dkr.ecr.us-east-1.amazonaws.com"


@pytest.fixture
def ecr(aws: Any) -> Any:
    return aws.client("ecr")


@pytest.fixture
def image() -> Image:
    """An image that no other test has."""
    return Image(unique("i"), "ab" * 32)


def make_repository(ecr: Any, image: Image) -> None:
    """A repository as the stacks make it."""
    scanned = {"scanOnPush": True}
    ecr.create_repository(
        repositoryName=image.repository, imageTagMutability="IMMUTABLE", imageScanningConfiguration=scanned
    )


def push(ecr: Any, image: Image) -> None:
    ecr.put_image(repositoryName=image.repository, imageManifest="{}", imageTag=image.tag)


def test_the_tag_is_the_hash_of_what_an_image_is_built_from() -> None:
    assert Image("training", "ab" * 32).uri(REGISTRY) == f"{REGISTRY}/nightshift/training:abababababab"


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (None, "there is no repository nightshift/i-.*: create the stacks of deploy/cloudformation"),
        ({"imageTagMutability": "IMMUTABLE"}, "does not scan what is pushed: set scanOnPush"),
        ({"imageScanningConfiguration": {"scanOnPush": True}}, "can be moved to other images"),
    ],
)
def test_a_repository_that_is_less_is_refused_with_what_to_do(
    ecr: Any, image: Image, made: dict[str, Any] | None, told: str
) -> None:
    if made is not None:
        ecr.create_repository(repositoryName=image.repository, **made)
    with pytest.raises(Failure, match=told):
        check_repository(ecr, image)


def test_an_image_is_there_once_it_is_pushed(ecr: Any, image: Image) -> None:
    assert not is_pushed(ecr, image)
    make_repository(ecr, image)
    assert not is_pushed(ecr, image)
    push(ecr, image)
    assert is_pushed(ecr, image)
