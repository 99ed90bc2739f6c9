"""Images without Docker: a folder with a ``requirements.txt`` lock, installed once into an environment of its own.

The image of URI ``<account>.dkr.ecr.<region>.amazonaws.com/<any path>/<folder>:<tag>`` is folder ``<folder>``. The
tag is not looked at: there is one build of an image here, that of the folder as it stands.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LOCK_NAME = "requirements.txt"
_COMPLETE = "complete"
_URI = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/"
    r"(?P<repository>[a-z0-9._/-]+)(:(?P<tag>[\w.-]{1,128}))?(@sha256:[0-9a-f]{64})?"
)


class InvalidImageUri(ValueError):
    """Not the address of an image in ECR."""


class UnknownImage(LookupError):
    """No folder of that name holds a lock."""


class ImageNotInstalled(RuntimeError):
    """The image's environment is missing and could not be installed."""


@dataclass(frozen=True)
class Image:
    """An image that can be run."""

    name: str
    folder: Path
    environment: Path

    @property
    def bin(self) -> Path:
        return self.environment / "bin"


class ImageCatalog:
    """The images under one folder, and their environments."""

    def __init__(self, containers: Path, environments: Path, uv: Path | None) -> None:
        self._containers = containers
        self._environments = environments
        self._uv = uv

    def names(self) -> list[str]:
        """The images there are."""
        return sorted(path.parent.name for path in self._containers.glob(f"*/{LOCK_NAME}"))

    def find(self, uri: str) -> Image:
        """The image that *uri* names; raises ``InvalidImageUri`` or ``UnknownImage``."""
        match = _URI.fullmatch(uri)
        if match is None:
            raise InvalidImageUri(uri)
        name = match["repository"].rsplit("/", 1)[-1]
        if name not in self.names():
            raise UnknownImage(name)
        folder = self._containers / name
        return Image(name, folder, self._environments / f"{name}-{_fingerprint(folder / LOCK_NAME)}")

    def ensure_installed(self, image: Image) -> None:
        """Install the image's environment if it is missing or half there; raises ``ImageNotInstalled``."""
        complete = image.environment / _COMPLETE
        if complete.exists():
            return
        if self._uv is None:
            raise ImageNotInstalled(f"no environment at {image.environment} and no uv to install it with")
        self._environments.mkdir(parents=True, exist_ok=True)
        with _exclusive(self._environments / f"{image.environment.name}.lock"):
            if not complete.exists():
                shutil.rmtree(image.environment, ignore_errors=True)
                self._install(image)
                complete.touch()

    def install_all(self) -> list[str]:
        """Install every image; returns their names."""
        for name in self.names():
            self.ensure_installed(self.find(f"{'0' * 12}.dkr.ecr.local.amazonaws.com/{name}"))
        return self.names()

    def _install(self, image: Image) -> None:
        python = image.bin / "python"
        lock = image.folder / LOCK_NAME
        # The interpreter itself, not a link to it: the link may lie where jobs cannot see it.
        interpreter = str(Path(sys.executable).resolve())
        self._run("venv", "--quiet", "--python", interpreter, str(image.environment))
        self._run(
            "pip", "install", "--quiet", "--python", str(python), "--require-hashes", "--no-deps",
            "--only-binary", ":all:", "--compile-bytecode", "-r", str(lock),
        )  # fmt: skip

    def _run(self, *arguments: str) -> None:
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        result = subprocess.run(
            [str(self._uv), *arguments], env=environment, capture_output=True, text=True, check=False
        )
        if result.returncode != 0:
            raise ImageNotInstalled(f"uv {' '.join(arguments)} failed:\n{result.stderr.strip()}")


def _fingerprint(lock: Path) -> str:
    """The lock's content and the Python it is installed for: a change of either is another environment."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return hashlib.sha256(lock.read_bytes() + version.encode()).hexdigest()[:12]


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
