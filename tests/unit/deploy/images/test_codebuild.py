"""Without Docker, CodeBuild builds: the local one takes builds and says that they succeeded, without running them."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.errors import Failure
from deploy.images.codebuild import BUILDSPEC, Builder
from deploy.images.registry import Image
from tests.support.local_aws import ROLE, unique

IMAGE = Image("training", "cd" * 32)
URI = IMAGE.uri("000000000000.dkr.ecr.us-east-1.amazonaws.com")


@pytest.fixture
def codebuild(aws: Any) -> Any:
    return aws.client("codebuild")


@pytest.fixture
def builder(codebuild: Any, s3: Any, bucket: str) -> Builder:
    """A builder with a project of its own, which waits without sleeping."""
    name = unique("images")
    codebuild.create_project(
        name=name,
        serviceRole=ROLE,
        source={"type": "NO_SOURCE", "buildspec": "{}"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={"type": "LINUX_CONTAINER", "image": "standard", "computeType": "BUILD_GENERAL1_SMALL"},
    )
    return Builder(codebuild, s3, name, bucket, lambda _: None)


def started(codebuild: Any) -> list[dict[str, Any]]:
    """What every later build is started with."""
    seen: list[dict[str, Any]] = []
    codebuild.meta.events.register(
        "provide-client-params.codebuild.StartBuild", lambda params, **_: seen.append(params)
    )
    return seen


def test_the_context_lies_in_the_bucket_and_the_build_knows_where_and_what(builder: Builder, s3: Any) -> None:
    seen = started(builder.codebuild)
    builder.build(IMAGE, b"context", URI)
    (request,) = seen
    bucket, _, key = request["sourceLocationOverride"].partition("/")
    assert bucket == builder.bucket
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"context"
    assert request["environmentVariablesOverride"] == [{"name": "IMAGE", "value": URI, "type": "PLAINTEXT"}]
    assert "docker push" in request["buildspecOverride"]


def test_a_build_that_does_not_succeed_is_told_with_its_log(builder: Builder) -> None:
    codebuild = builder.codebuild

    def fail(parsed: dict[str, Any], **_: Any) -> None:
        parsed["builds"][0].update(buildStatus="FAILED", logs={"deepLink": "https://logs.example/1"})

    codebuild.meta.events.register("after-call.codebuild.BatchGetBuilds", fail)
    with pytest.raises(Failure, match=r"CodeBuild did not build .*: FAILED. See https://logs.example/1"):
        builder.build(IMAGE, b"context", URI)


def test_without_docker_and_without_a_project_one_is_told_what_to_create(codebuild: Any, s3: Any, bucket: str) -> None:
    with pytest.raises(Failure, match=r"no CodeBuild project none: start Docker, or create the stacks"):
        Builder(codebuild, s3, "none", bucket).build(IMAGE, b"context", URI)


def test_the_builds_commands_log_in_to_the_images_registry_build_and_push(tmp_path: Path) -> None:
    log = tmp_path / "log"
    for name in ("aws", "docker"):
        program = tmp_path / name
        attested = "${BUILDX_NO_DEFAULT_ATTESTATIONS:-attested}"
        program.write_text(f'#!/bin/sh\necho "{attested} {name} $*" >> {log}\n')
        program.chmod(0o755)
    commands = yaml.safe_load(BUILDSPEC)["phases"]["build"]["commands"]
    for command in commands:
        subprocess.run(["/bin/sh", "-c", command], env={"PATH": str(tmp_path), "IMAGE": URI}, check=True)
    registry = URI.partition("/")[0]
    assert sorted(log.read_text().splitlines()[:2]) == [
        "attested aws ecr get-login-password",
        f"attested docker login --username AWS --password-stdin {registry}",
    ]
    assert log.read_text().splitlines()[2:] == [
        f"1 docker build --platform linux/amd64 --tag {URI} .",
        f"attested docker push {URI}",
    ]
