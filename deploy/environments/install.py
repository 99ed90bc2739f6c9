"""Makes environments from their locks, each only when its lock or its Python has changed."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from deploy.environments.catalogue import DEV, SAGEMAKER_LOCAL, TOOL, Environment
from deploy.environments.package_index import pip_settings, uv_variables
from deploy.errors import Failure
from deploy.locking import exclusive
from deploy.progress import Progress

# Variables that would send an installation elsewhere, change what the lock fixes, or leave out the bytecode,
# without which every `import airflow` takes three times as long.
UNWANTED = (
    "PIP_CONSTRAINT", "PIP_PREFIX", "PIP_TARGET", "PIP_USER", "PYTHONDONTWRITEBYTECODE", "PYTHONHOME",
    "PYTHONPATH", "UV_CONSTRAINT", "UV_OVERRIDE", "UV_PYTHON", "UV_SYSTEM_PYTHON", "VIRTUAL_ENV",
)  # fmt: skip
STAMP = "complete"
CONTAINERS = "include/containers"


class SetupFailed(Failure):
    """An environment could not be made; the message says which and why."""


class Installer:
    """Makes and repairs the environments below `<root>/.venv`, for the version of Python that runs this."""

    def __init__(self, root: Path, progress: Progress, environ: Mapping[str, str]) -> None:
        self.root = root
        self.folder = root / ".venv"
        # The same also where this runs in an environment made by an earlier call.
        self._python = str(Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}"))
        self._progress = progress
        self._environ = {name: value for name, value in environ.items() if name not in UNWANTED}

    @property
    def uv(self) -> Path:
        """The project's own uv."""
        return self.folder / TOOL.name / "bin" / "uv"

    def python(self, environment: Environment) -> Path:
        """The interpreter of an environment."""
        return self.folder / environment.name / "bin" / "python"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep a second set-up in the same clone waiting until this one has ended."""
        with exclusive(self.folder / "lock", lambda: self._progress.say("Waiting for another set-up to end")):
            yield

    def ensure(self, environment: Environment) -> None:
        """Make the environment unless it is complete and up to date. Raises SetupFailed."""
        target = self.folder / environment.name
        lock = self.root / "requirements" / f"{environment.lock}.txt"
        stamp = target / STAMP
        wanted = self._fingerprint(environment, lock)
        if self.python(environment).exists() and stamp.exists() and stamp.read_text() == wanted:
            return
        with self._progress.phase(f"Installing the {environment.name} environment"):
            shutil.rmtree(target, ignore_errors=True)
            make = self._make_tool if environment is TOOL else self._make
            make(environment, target, lock)
            stamp.write_text(wanted)

    def images(self) -> dict[str, Path]:
        """Install the container images' environments; returns each one's folder. Raises SetupFailed."""
        folder = self.folder / "images"
        stamp = folder / STAMP
        locks = sorted((self.root / CONTAINERS).glob("*/requirements.txt"))
        wanted = _digest([self._python, sys.version, str(folder), *(f"{lock} {lock.read_text()}" for lock in locks)])
        if not stamp.exists() or stamp.read_text() != wanted:
            with self._progress.phase("Installing the container images' environments"):
                shutil.rmtree(folder, ignore_errors=True)
                self._install_images(folder)
                stamp.write_text(wanted)
        # Folders are named <image>-<hash>; those of earlier locks have just been removed.
        return {one.parent.name.rpartition("-")[0]: one.parent for one in folder.glob(f"*/{STAMP}")}

    def _install_images(self, folder: Path) -> None:
        places = ["--containers", CONTAINERS, "--environments", str(folder)]
        self.run([str(self.python(SAGEMAKER_LOCAL)), "-m", "sagemaker_local", "images", *places], self.uv_environ)

    def managed_images(self, names: Sequence[str], containers: str, folder: Path) -> None:
        """Install these of the images that AWS maintains, and those below `containers`, in `folder`."""
        wanted = [option for name in names for option in ("--managed", name)]
        places = ["--containers", containers, "--environments", str(folder)]
        with self._progress.phase("Installing the images that tests run"):
            self.run([str(self.python(DEV)), "-m", "sagemaker_local", "images", *places, *wanted], self.uv_environ)

    def _fingerprint(self, environment: Environment, lock: Path) -> str:
        """Of everything that an environment is made from; its own place too, since scripts hold it."""
        return _digest([lock.read_text(), self._python, sys.version, str(self.folder), str(environment.base)])

    def _make_tool(self, environment: Environment, target: Path, lock: Path) -> None:
        python = str(self.python(environment))
        self.run([self._python, "-m", "venv", str(target)], self._environ)
        options = [
            "-qq",
            "--no-input",
            "--disable-pip-version-check",
            "--require-hashes",
            "--only-binary",
            ":all:",
        ]
        self.run([python, "-m", "pip", "install", *options, "-r", str(lock)], self._environ)

    def _make(self, environment: Environment, target: Path, lock: Path) -> None:
        below = environment.base
        # An overlay runs in the Python of what it lies upon.
        python = str(below / "bin" / "python") if below else self._python
        self.run([str(self.uv), "venv", "--quiet", "--python", python, str(target)], self.uv_environ)
        options = ["--quiet", "--require-hashes", "--only-binary", ":all:", "--compile-bytecode"]
        into = ["--python", str(self.python(environment))]
        self.run([str(self.uv), "pip", "sync", *options, *into, str(lock)], self.uv_environ)
        if below:
            site_packages(target).joinpath("overlay.pth").write_text(f"{site_packages(below)}\n")

    @cached_property
    def uv_environ(self) -> dict[str, str]:
        """The environment for uv: the user's, with pip's package index and a cache that can be written."""
        environ = {"UV_PYTHON_DOWNLOADS": "never", **self._environ}
        environ.update(uv_variables(pip_settings(self._pip_config()), environ))
        cache = _existing(Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"))
        if not os.access(cache, os.W_OK):
            environ.setdefault("UV_CACHE_DIR", str(self.folder / "cache"))
        elif cache.stat().st_dev != self.folder.stat().st_dev:
            environ.setdefault("UV_LINK_MODE", "copy")
        return environ

    def _pip_config(self) -> str:
        command = [str(self.python(TOOL)), "-m", "pip", "config", "list"]
        return subprocess.run(command, env=self._environ, capture_output=True, text=True, check=True).stdout

    def run(self, command: Sequence[str], environ: Mapping[str, str]) -> str:
        """Run one command of an installation and return what it printed. Raises SetupFailed."""
        result = subprocess.run(command, cwd=self.root, env=dict(environ), stdout=subprocess.PIPE, text=True)
        if result.returncode != 0:
            raise SetupFailed(
                f"this failed, for the reason above: {' '.join(command)}\n"
                "If it found no package index, configure one for pip or uv. The next call goes on from here."
            )
        return result.stdout


def _digest(facts: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(facts).encode()).hexdigest()


def _existing(path: Path) -> Path:
    """The folder itself or the nearest one above it that is there."""
    return path if path.exists() else _existing(path.parent)


def site_packages(environment: Path) -> Path:
    """Where the packages of an environment lie."""
    (folder,) = environment.glob("lib/python3.*/site-packages")
    return folder
