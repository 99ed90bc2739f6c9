"""Fixtures for suites that talk to the local AWS endpoint; a suite's conftest imports what it needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.hosting import Hosting
from tests.support.local_aws import ROOT, LocalAws


@pytest.fixture(scope="session")
def environments() -> Path:
    """The images' environments: shared by all workers and runs, as they are installed once."""
    return ROOT / ".venv" / "test-images"


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> Iterator[LocalAws]:
    """A server for all tests of a worker; jobs get one second between SIGTERM and SIGKILL, AWS's waits are short."""
    options = ("--stop-grace", "1", "--max-jobs", "4", "--speed-up", "20")
    server = LocalAws(tmp_path_factory.mktemp("aws") / "data", environments, *options)
    server.start().prepare()
    yield server
    server.terminate()


@pytest.fixture
def hosting(aws: LocalAws) -> Iterator[Hosting]:
    """The endpoints of that server; those that a test makes end with it."""
    hosting = Hosting(aws)
    yield hosting
    hosting.clean_up()
