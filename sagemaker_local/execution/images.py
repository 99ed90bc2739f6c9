"""Images without Docker: a folder with a ``requirements.txt`` lock, installed once into an environment of its own.

The image of URI ``<account>.dkr.ecr.<region>.amazonaws.com/<any path>/<folder>:<tag>`` is folder ``<folder>``. The
tag is not looked at: there is one build of an image here, that of the folder as it stands. Of the images that AWS
maintains this package brings the folders; they go by AWS's own addresses, account, region and tag included.
"""

from __future__ import annotations

import fcntl
import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from sagemaker_local.domain import managed_images
from sagemaker_local.domain.managed_images import ManagedImage, TooFarAway, UnknownManagedImage
from sagemaker_local.domain.registries import ACCOUNTS

LOCK_NAME = "requirements.txt"
MANAGED_LOCKS = Path(__file__).resolve().parents[1] / "images"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
_COMPLETE = "complete"
_URI = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/"
    r"(?P<repository>[a-z0-9._/-]+)(:(?P<tag>[\w.-]{1,128}))?(@sha256:[0-9a-f]{64})?"
)
_ACCEPTS_PORT = re.compile(
    r"^LABEL\s[^#]*com\.amazonaws\.sagemaker\.capabilities\.accept-bind-to-port\"?\s*=\s*\"?true\b", re.MULTILINE
)


class InvalidImageUri(ValueError):
    """Not the address of an image in ECR."""


class UnknownImage(LookupError):
    """Neither an image of one's own nor one of AWS's that can be run here; the text says what there is."""


class ImageNotInstalled(RuntimeError):
    """The image's environment is missing and could not be installed."""


@dataclass(frozen=True)
class Image:
    """An image that can be run."""

    name: str
    folder: Path
    environment: Path
    managed: ManagedImage | None = None
    """which of AWS's images it stands for, if any"""

    @property
    def bin(self) -> Path:
        return self.environment / "bin"

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that the image itself sets."""
        return self.managed.variables if self.managed else {}

    @property
    def metric_definitions(self) -> list[dict[str, str]]:
        """Those that SageMaker has for the image, where it holds an algorithm of its own."""
        return list(self.managed.framework.metric_definitions) if self.managed else []

    @property
    def notice(self) -> str | None:
        """What a job's log should say of the image before anything else."""
        return self.managed.notice(PYTHON) if self.managed else None

    @property
    def programs(self) -> Path:
        """The image's own programs, such as ``serve``: its Dockerfile copies them to a folder of the ``PATH``."""
        return self.folder / "bin"

    @property
    def binds_to_given_port(self) -> bool:
        """Whether the image serves on ``SAGEMAKER_BIND_TO_PORT``: AWS's do, others say so by a label."""
        if self.managed:
            return True
        dockerfile = self.folder / "Dockerfile"
        return dockerfile.is_file() and _ACCEPTS_PORT.search(dockerfile.read_text()) is not None


class ImageCatalog:
    """The images under one folder, if there is one, and their environments; *environ* is what uv gets to see."""

    def __init__(self, containers: Path | None, environments: Path, environ: Mapping[str, str]) -> None:
        self._containers = containers
        self._environments = environments
        self._environ = {name: value for name, value in environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def names(self) -> list[str]:
        """One's own images."""
        return sorted(self._own())

    def _own(self) -> dict[str, Path]:
        """The folder of each of one's own images."""
        locks = self._containers.glob(f"*/{LOCK_NAME}") if self._containers else ()
        return {lock.parent.name: lock.parent for lock in locks}

    def find(self, uri: str) -> Image:
        """The image that *uri* names; raises ``InvalidImageUri`` or ``UnknownImage``."""
        match = _URI.fullmatch(uri)
        if match is None:
            raise InvalidImageUri(uri)
        name = match["repository"].rsplit("/", 1)[-1]
        own = self._own()
        if name in own:
            return self._image(name, own[name])
        managed = self._managed(match)
        return self._image(managed.lock, MANAGED_LOCKS / managed.lock, managed)

    def _managed(self, address: re.Match[str]) -> ManagedImage:
        """The image of AWS's at that address; raises ``UnknownImage``."""
        try:
            found = managed_images.find(address["account"], address["region"], address["repository"], address["tag"])
        except (UnknownManagedImage, TooFarAway) as error:
            raise UnknownImage(str(error)) from error
        if found is None:
            own = ", ".join(self.names()) or "none"
            managed = ", ".join(managed_images.FRAMEWORKS)
            raise UnknownImage(f"images here: {own}; of those that AWS maintains: {managed}")
        return found

    def _image(self, name: str, folder: Path, managed: ManagedImage | None = None) -> Image:
        return Image(name, folder, self._environments / f"{name}-{_fingerprint(folder / LOCK_NAME)}", managed)

    def ensure_installed(self, image: Image) -> None:
        """Install the image's environment if it is missing or half there; raises ``ImageNotInstalled``."""
        complete = image.environment / _COMPLETE
        if complete.exists():
            return
        self._environments.mkdir(parents=True, exist_ok=True)
        with _exclusive(self._environments / f"{image.environment.name}.lock"):
            if not complete.exists():
                shutil.rmtree(image.environment, ignore_errors=True)
                with _remedied(image):
                    self._install(image)
                complete.touch()

    def install_all(self) -> list[str]:
        """Install every image of one's own; returns their names."""
        own = self._own()
        for name, folder in own.items():
            self.ensure_installed(self._image(name, folder))
        return sorted(own)

    def install_managed(self, repository: str, tag: str) -> str:
        """Install one of the images that AWS maintains; returns its name. Raises ``UnknownImage``."""
        region, account = next(iter(ACCOUNTS.items()))
        image = self.find(f"{account}.dkr.ecr.{region}.amazonaws.com/{repository}:{tag}")
        self.ensure_installed(image)
        return image.name

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
        command = [find_uv_bin(), *arguments]
        result = subprocess.run(command, env=self._environ, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise ImageNotInstalled(
                f"uv {' '.join(arguments)} failed (it has settings of its own for package indexes, such as "
                f"UV_DEFAULT_INDEX, and does not read pip's):\n{result.stderr.strip()}"
            )


def _fingerprint(lock: Path) -> str:
    """The lock's content and the Python it is installed for: a change of either is another environment."""
    return hashlib.sha256(lock.read_bytes() + PYTHON.encode()).hexdigest()[:12]


@contextmanager
def _remedied(image: Image) -> Iterator[None]:
    """The server may know no package index, or have no way to one, where the user's own shell does."""
    try:
        yield
    except ImageNotInstalled as error:
        if image.managed is None:
            raise
        name = f"{image.managed.framework.repository}:{image.managed.tag}"
        raise ImageNotInstalled(
            f"its first use installs it, which failed; `sagemaker-local images --managed {name}`, in a shell that "
            f"knows a package index, does so beforehand: {error}"
        ) from error


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
