"""An account's container registry, Amazon ECR."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from deploy.errors import Failure


@dataclass(frozen=True)
class Image:
    """An image by its name, and the SHA-256 of what it is built from, which is its tag."""

    name: str
    sha256: str

    @property
    def repository(self) -> str:
        """Where it lies in a registry."""
        return f"nightshift/{self.name}"

    @property
    def tag(self) -> str:
        """What tells it from images that are built from anything else."""
        return self.sha256[:12]

    def uri(self, registry: str) -> str:
        """The whole name, as jobs and Docker take it."""
        return f"{registry}/{self.repository}:{self.tag}"


def check_repository(ecr: Any, image: Image) -> None:
    """Raises Failure unless the repository of an image is there, scans what is pushed, and lets no tag move.

    https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Repository.html
    """
    try:
        (found,) = ecr.describe_repositories(repositoryNames=[image.repository])["repositories"]
    except ecr.exceptions.RepositoryNotFoundException as error:
        raise Failure(
            f"there is no repository {image.repository}: create the stacks of deploy/cloudformation"
        ) from error
    if not found.get("imageScanningConfiguration", {}).get("scanOnPush"):
        raise Failure(f"the repository {image.repository} does not scan what is pushed: set scanOnPush on it")
    if found.get("imageTagMutability") != "IMMUTABLE":
        raise Failure(
            f"the tags of the repository {image.repository} can be moved to other images: set imageTagMutability to "
            "IMMUTABLE"
        )


def is_pushed(ecr: Any, image: Image) -> bool:
    """Whether the registry has the image."""
    try:
        found = ecr.describe_images(repositoryName=image.repository, imageIds=[{"imageTag": image.tag}])
    except (ecr.exceptions.ImageNotFoundException, ecr.exceptions.RepositoryNotFoundException):
        return False
    return bool(found["imageDetails"])
