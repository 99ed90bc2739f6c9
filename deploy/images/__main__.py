"""`python -m deploy.images dev|staging|prod`: build the images of the package in dist/ and push them, with Docker or,
where there is none, in CodeBuild. As whom, boto3's environment says."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

import boto3

from deploy.aws_errors import told
from deploy.errors import Failure
from deploy.images import docker
from deploy.images.codebuild import Builder
from deploy.images.registry import Image, check_repository, is_pushed
from deploy.images.scan import Judge, accepted
from deploy.packaging.package import OUTPUT, Package, load
from deploy.progress import Progress
from deploy.release.account import session_of
from deploy.settings import Settings, read

Build = Callable[[Image, bytes, str], None]


def push_all(ecr: object, package: Package, registry: str, build: Build, judge: Judge, progress: Progress) -> list[str]:
    """Build and push those images of a package that the registry lacks, and have all judged by what its scan found;
    returns their URIs. Raises Failure."""
    uris = []
    for image in (Image(name, sha) for name, sha in sorted(package.images.items())):
        uri = image.uri(registry)
        check_repository(ecr, image)
        if not is_pushed(ecr, image):
            with progress.phase(f"Building {uri}"):
                build(image, package.files[f"images/{image.name}.zip"], uri)
            if not is_pushed(ecr, image):
                raise Failure(f"{uri} was built, but the registry has it not: see the end of the build's output")
        with progress.phase(f"Waiting for the scan of {uri}"):
            judge.require_sound(ecr, image)
        uris.append(uri)
    return uris


def builder(session: boto3.session.Session, settings: Settings) -> Build:
    """Docker where it runs, CodeBuild where not."""
    if not docker.available():
        project = settings.image_builder
        return Builder(session.client("codebuild"), session.client("s3"), project, settings.data_bucket).build
    docker.log_in(session.client("ecr"))
    return lambda image, context, uri: docker.build(context, uri)


def main() -> int:
    """Do what was asked for; 1 and a message where that failed."""
    parser = argparse.ArgumentParser(prog="python -m deploy.images", description=__doc__)
    parser.add_argument("environment")
    given = parser.parse_args()
    try:
        settings = read(given.environment)
        package, judge = load(OUTPUT), Judge(settings.refused_findings, accepted())
        with told():
            session = session_of(settings)
            build = builder(session, settings)
            uris = push_all(session.client("ecr"), package, settings.registry, build, judge, Progress())
    except Failure as error:
        print(f"error: {given.environment}: {error}", file=sys.stderr)
        return 1
    print("\n".join(uris))
    return 0


if __name__ == "__main__":
    sys.exit(main())
