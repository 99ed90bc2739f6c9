"""The local SageMaker as a package of its own: built, installed into an empty environment, used as its README says."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from uv import find_uv_bin

from deploy.environments.install import Installer
from deploy.progress import Progress
from tests.support.documents import blocks
from tests.support.local_aws import ROOT, free_port

pytestmark = pytest.mark.local_only

README = "sagemaker_local/README.md"
DEFAULT_PORT = "4566"


@pytest.fixture
def port() -> int:
    """In place of the README's, which this machine may be using."""
    return free_port()


@pytest.fixture
def folder(tmp_path: Path, port: int) -> Iterator[Path]:
    """Where somebody has the wheel, the AWS CLI and boto3, and nothing else of this repository."""
    folder = tmp_path / "somewhere else"
    tools = Path(sys.executable).parent
    (folder / "clients").mkdir(parents=True)
    for name, program in {"aws": tools / "aws", "python3": sys.executable}.items():
        script = folder / "clients" / name
        script.write_text(f'#!/bin/sh\nexec "{program}" "$@"\n')
        script.chmod(0o755)
    yield folder
    follow(folder, "if [ -e venv ]; then venv/bin/sagemaker-local stop; fi")


def environ(folder: Path) -> dict[str, str]:
    """That somebody's. Indexes and caches of packages are this machine's."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return {
        "PIP_CACHE_DIR": str(cache / "pip"),
        "UV_CACHE_DIR": str(cache / "uv"),
        **Installer(ROOT, Progress(), os.environ).uv_environ,
        "PATH": os.pathsep.join([str(folder / "clients"), os.defpath]),
        "XDG_STATE_HOME": str(folder / "state"),
        "XDG_CACHE_HOME": str(folder / "cache"),
    }


def follow(folder: Path, commands: str) -> str:
    """What *commands* print; fails if one of them fails."""
    done = subprocess.run(
        ["bash", "-c", f"set -eu -o pipefail\n{commands}"], cwd=folder, env=environ(folder),
        text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


def readme(port: int) -> str:
    """All its commands as one script, on *port*."""
    steps = [f"python3 - <<'PYTHON'\n{text}PYTHON\n" if language else text for language, text in blocks(README)]
    script = "\n".join(steps).replace("sagemaker-local start", f"sagemaker-local start --port {port}")
    return script.replace(f"127.0.0.1:{DEFAULT_PORT}", f"127.0.0.1:{port}")


def build(folder: Path) -> None:
    """The wheel, in *folder*; without a network, as what builds it is there."""
    subprocess.run(
        [find_uv_bin(), "build", "--wheel", "--offline", "--no-build-isolation", "--python", sys.executable,
         "--out-dir", str(folder), str(ROOT / "sagemaker_local")],
        check=True, capture_output=True, text=True,
    )  # fmt: skip


@pytest.mark.timeout(600)
def test_the_package_installs_alone_and_does_what_its_readme_says(folder: Path, port: int) -> None:
    build(folder)
    shown = follow(folder, readme(port))
    expected = [
        f"running: http://127.0.0.1:{port}",
        '"TrainingJobStatus": "Completed"',
        '"Value": 2.0',
        '{"rows": 2}',
        '"message": "rows=2;"',
        "Completed \n2\n",
        "Completed \nslope 1.0\n",
        "trained on 2 rows, asked about 2",
        "AlgorithmError: column age is missing, exit code: 3",
        '"bad rows": {"met": 1, "struck": 1}',
        f"running at http://127.0.0.1:{port}",
        "listening on",
        "stopped (process",
    ]
    assert [text for text in expected if text not in shown] == [], shown
