"""The user's entry point: what kind it is, what it needs installed, and the command that runs it."""

from __future__ import annotations

import enum
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from . import process
from .errors import ClientError, InstallModuleError, InstallRequirementsError

REQUIREMENTS = "requirements.txt"


class Kind(enum.Enum):
    """How an entry point is run."""

    PACKAGE = "python -m"
    PROGRAM = "python"
    COMMAND = "/bin/sh -c"


def kind(code: Path, name: str, modules: bool = False) -> Kind:
    """The kind of entry point *name* in folder *code*; with *modules* every Python program is run as a module.

    The toolkit makes a package of whatever stands beside a setup.py; the XGBoost container makes one of every script.
    """
    if name.endswith(".sh"):
        return Kind.COMMAND
    if (code / "setup.py").exists() or (modules and name.endswith(".py")):
        return Kind.PACKAGE
    return Kind.PROGRAM if name.endswith(".py") else Kind.COMMAND


def command(how: Kind, name: str, arguments: list[str]) -> list[str]:
    """What to run."""
    if how is Kind.PACKAGE:
        return [sys.executable, "-m", name.removesuffix(".py"), *arguments]
    if how is Kind.PROGRAM:
        return [sys.executable, name, *arguments]
    return ["/bin/sh", "-c", shlex.join([f"./{name}", *arguments])]


def install(how: Kind, code: Path, name: str, variables: Mapping[str, str]) -> None:
    """Install what the entry point needs; raises ``InstallModuleError`` or ``InstallRequirementsError``."""
    if how is Kind.COMMAND:
        (code / name).chmod(0o777)
        return
    pip = [sys.executable, "-m", "pip", "install", *_quiet(), *_package(how, code)]
    if (code / REQUIREMENTS).exists():
        pip += ["-r", REQUIREMENTS]
    if pip[-1] in (".", REQUIREMENTS):
        _refuse_codeartifact(variables)
        error = InstallModuleError if "." in pip else InstallRequirementsError
        process.run(pip, code, error, lambda: "pip looks where /etc/pip.conf and the job's PIP_* variables tell it to")


def _quiet() -> list[str]:
    """What pip says of itself is no part of a job's log."""
    return ["--disable-pip-version-check", "--root-user-action=ignore"]


def _package(how: Kind, code: Path) -> list[str]:
    if how is not Kind.PACKAGE or not (code / "setup.py").exists():
        return []
    # With setup.py alone the build needs setuptools, which the image has: then no index is needed either.
    return ["."] if (code / "pyproject.toml").exists() else ["--no-build-isolation", "."]


def _refuse_codeartifact(variables: Mapping[str, str]) -> None:
    if "CA_REPOSITORY_ARN" in variables:
        raise ClientError(
            "CA_REPOSITORY_ARN names a repository of CodeArtifact, which is not here: give PIP_INDEX_URL in the job's "
            "Environment instead"
        )
