"""Images are built and pushed once, and judged each time: ECR's API over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.errors import Failure
from deploy.images.__main__ import Build, push_all
from deploy.images.registry import Image
from deploy.images.scan import Judge
from deploy.packaging.package import Package
from deploy.progress import Progress
from tests.support.registry import Manifest, Registry

HOST = "000000000000.dkr.ecr.us-east-1.amazonaws.com"
IMAGE = Image("training", "ab" * 32)
PACKAGE = Package({"images/training.zip": b"context"}, [], {}, {IMAGE.name: IMAGE.sha256})


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    found = Registry(tmp_path, {IMAGE.repository: {}})
    found.scanned(IMAGE.repository)
    return found


@pytest.fixture
def push(registry: Registry) -> Iterator[Callable[[Build], list[str]]]:
    """What `make images` does with a way of building."""
    with registry.serving() as ecr:
        yield lambda build: push_all(ecr, PACKAGE, HOST, build, Judge("HIGH", {}), Progress())


def test_an_image_is_built_once(registry: Registry, push: Callable[[Build], list[str]]) -> None:
    built: list[tuple[bytes, str]] = []

    def build(image: Image, context: bytes, uri: str) -> None:
        built.append((context, uri))
        registry.repositories[image.repository][image.tag] = Manifest("x", b"{}")

    for _ in range(2):
        assert push(build) == [IMAGE.uri(HOST)]
    assert built == [(b"context", IMAGE.uri(HOST))]


def test_a_build_that_pushed_nothing_is_no_success(push: Callable[[Build], list[str]]) -> None:
    with pytest.raises(Failure, match="was built, but the registry has it not"):
        push(lambda *_: None)


def test_an_image_that_was_there_already_is_judged_too(registry: Registry, push: Callable[[Build], list[str]]) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("it is there")

    registry.repositories[IMAGE.repository][IMAGE.tag] = Manifest("x", b"{}")
    assert push(never) == [IMAGE.uri(HOST)]
    registry.scanned(IMAGE.repository, {"name": "CVE-1", "severity": "CRITICAL"})
    with pytest.raises(Failure, match=r"CVE-1 \(CRITICAL, of no package\)"):
        push(never)
