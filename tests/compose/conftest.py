"""The stack of docker-compose.yaml, from nothing. A Docker engine is needed: without one these tests fail."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compose.stack import ComposeStack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComposeStack]:
    stack = ComposeStack(Path(tmp_path_factory.mktemp("compose")), os.environ)
    try:
        stack.compose("up", "--build", "--detach", "--quiet-pull")
        yield stack
    finally:
        stack.compose("down", "--volumes", "--timeout", "20")
