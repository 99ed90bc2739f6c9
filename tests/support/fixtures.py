"""Fixtures for suites that talk to the local AWS endpoint; a suite's conftest imports what it needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.hosting import Hosting
from tests.support.local_aws import ROOT, LocalAws


@pytest.fixture(scope="session")
def environments() -> Path:
    """The images' environments: shared by all workers and runs, as they are installed once."""
    return ROOT / ".venv" / "test-images"


@contextmanager
def local_aws(folder: Path, environments: Path, *options: str) -> Iterator[LocalAws]:
    """A server that keeps its data in *folder*; jobs get one second between SIGTERM and SIGKILL."""
    server = LocalAws(folder / "data", environments, "--stop-grace", "1", "--max-jobs", "4", *options)
    server.start().prepare()
    yield server
    server.terminate()


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> Iterator[LocalAws]:
    """A server for all tests of a worker; AWS's waits are short."""
    with local_aws(tmp_path_factory.mktemp("aws"), environments, "--speed-up", "20") as server:
        yield server


@pytest.fixture
def hosting(aws: LocalAws) -> Iterator[Hosting]:
    """The endpoints of that server; those that a test makes end with it."""
    hosting = Hosting(aws)
    yield hosting
    hosting.clean_up()
