"""A container's /opt/ml of the test's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Configure = Callable[..., None]


@pytest.fixture(autouse=True)
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What stands for /opt/ml."""
    folder = tmp_path / "opt-ml"
    for part in ("input/config", "input/data", "output/data", "model", "code"):
        (folder / part).mkdir(parents=True)
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(folder))
    return folder


@pytest.fixture
def configure(base: Path) -> Configure:
    """Writes the container's configuration files."""

    def write(
        hyperparameters: dict[str, str] | None = None,
        channels: dict[str, Any] | None = None,
        resources: dict[str, Any] | None = None,
    ) -> None:
        one = {"current_host": "algo-1", "hosts": ["algo-1"]}
        files = {"hyperparameters": hyperparameters, "inputdataconfig": channels, "resourceconfig": resources or one}
        for name, content in files.items():
            (base / "input" / "config" / f"{name}.json").write_text(json.dumps(content or {}))

    write()
    return write
