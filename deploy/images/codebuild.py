"""Builds an image in AWS CodeBuild, where there is no Docker."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from deploy.errors import Failure
from deploy.images.registry import Image
from deploy.objects import put_once

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

POLL_SECONDS = 10.0
# Built as `docker` builds: an image alone, which is what SageMaker can pull.
BUILDSPEC = """\
version: 0.2
phases:
  build:
    commands:
      - aws ecr get-login-password | docker login --username AWS --password-stdin "${IMAGE%%/*}"
      - BUILDX_NO_DEFAULT_ATTESTATIONS=1 docker build --platform linux/amd64 --tag "$IMAGE" .
      - docker push "$IMAGE"
"""


@dataclass(frozen=True)
class Builder:
    """A CodeBuild project, see deploy/cloudformation, and the bucket that it reads contexts from."""

    codebuild: Any
    s3: S3Client
    project: str
    bucket: str
    sleep: Callable[[float], None] = field(default=time.sleep)

    def build(self, image: Image, context: bytes, uri: str) -> None:
        """Build an image from a zip of its context, and push it. Raises Failure where that does not succeed."""
        key = f"images/{image.name}/{image.sha256}.zip"
        put_once(self.s3, self.bucket, key, context)
        done = self._wait(self._start(image, f"{self.bucket}/{key}", uri))
        if done["buildStatus"] != "SUCCEEDED":
            where = done.get("logs", {}).get("deepLink") or f"the log of build {done['id']}"
            raise Failure(f"CodeBuild did not build {uri}: {done['buildStatus']}. See {where}")

    def _start(self, image: Image, source: str, uri: str) -> str:
        try:
            started = self.codebuild.start_build(
                projectName=self.project,
                sourceTypeOverride="S3",
                sourceLocationOverride=source,
                buildspecOverride=BUILDSPEC,
                environmentVariablesOverride=[{"name": "IMAGE", "value": uri, "type": "PLAINTEXT"}],
                # The same again within five minutes, after a lost answer, is the same build.
                idempotencyToken=image.sha256,
            )
        except self.codebuild.exceptions.ResourceNotFoundException as error:
            raise Failure(
                f"there is no Docker here, and no CodeBuild project {self.project}: start Docker, or create the "
                "stacks of deploy/cloudformation"
            ) from error
        return str(started["build"]["id"])

    def _wait(self, build: str) -> Any:
        while True:
            (found,) = self.codebuild.batch_get_builds(ids=[build])["builds"]
            if found["buildStatus"] != "IN_PROGRESS":
                return found
            self.sleep(POLL_SECONDS)
