"""Models that the training image has made, and the server as SageMaker starts it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.polling import eventually
from tests.support.served import Serve, Server, UseCase, launch, trained


@pytest.fixture(scope="session")
def use_cases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, UseCase]:
    candidates = ("xgboost", "forest", "linear")
    return {name: trained(name, tmp_path_factory.mktemp(name), *candidates) for name in ("abalone", "churn")}


@pytest.fixture(scope="session")
def abalone(use_cases: dict[str, UseCase]) -> UseCase:
    return use_cases["abalone"]


@pytest.fixture(scope="session")
def churn(use_cases: dict[str, UseCase]) -> UseCase:
    return use_cases["churn"]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts servers, each of one model."""
    servers: list[Server] = []

    def start(model: Path, **environ: str) -> Server:
        servers.append(launch(model, tmp_path / str(len(servers)), **environ))
        server = servers[-1]
        eventually(lambda: server.is_healthy() or server.process.poll() is not None, "a server that answers")
        return server

    yield start
    for server in servers:
        server.end()


@pytest.fixture(scope="session")
def server(abalone: UseCase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One of abalone's boosted trees for all tests that only ask."""
    found = launch(abalone.model("xgboost"), tmp_path_factory.mktemp("server"), SAGEMAKER_MAX_PAYLOAD_IN_MB="1")
    eventually(found.is_healthy, "a server that answers")
    yield found
    found.end()
