"""The fuzzer's world, for the suites that fuzz."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fuzzing.world import World
from tests.support.local_aws import LocalAws


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> Iterator[World]:
    """A server of its own, on which jobs are created and do not run."""
    aws = LocalAws(tmp_path_factory.mktemp("fuzz") / "data", environments, "--max-jobs", "1").start().prepare()
    world = World(aws)
    yield world
    world.close()
    aws.terminate()
