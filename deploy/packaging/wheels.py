"""The wheels that a web server without a package index installs from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.content import read_folder
from deploy.environments.catalogue import TOOL
from deploy.environments.install import Installer
from deploy.packaging.requirements import constraints, image_list, pins, wanted

PYTHON = "3.12"
# Amazon Linux 2023, which MWAA's images are made from, has glibc 2.34.
PLATFORMS = ("manylinux_2_34_x86_64", "manylinux_2_28_x86_64", "manylinux2014_x86_64")


def resolved(installer: Installer, root: Path, version: str, text: str) -> dict[str, str]:
    """What MWAA's image of an Airflow installs for a requirements.txt: name to version, without what it holds already.

    Raises SetupFailed where nothing fits.
    """
    if not wanted(text):
        return {}
    limits = [("--constraint", str(file)) for file in (image_list(root, version), constraints(root, version))]
    with TemporaryDirectory() as folder:
        asked = Path(folder, "requirements.txt")
        asked.write_text(text)
        command = [str(installer.uv), "pip", "compile", "--quiet", "--no-header", "--no-annotate"]
        target = ["--python-version", PYTHON, "--python-platform", "x86_64-manylinux_2_34", "--only-binary", ":all:"]
        options = [word for limit in limits for word in limit]
        found = pins(installer.run([*command, *target, *options, str(asked)], installer.uv_environ))
    held = pins(image_list(root, version).read_text())
    return {name: pin for name, pin in found.items() if name not in held}


def download(installer: Installer, versions: Mapping[str, str]) -> dict[str, bytes]:
    """The wheels of these versions, by file name, for MWAA's machines. Raises SetupFailed."""
    if not versions:
        return {}
    with TemporaryDirectory() as folder:
        python = str(installer.python(TOOL))
        command = [python, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "-d", folder]
        platforms = [word for platform in PLATFORMS for word in ("--platform", platform)]
        target = ["--python-version", PYTHON, "--implementation", "cp", *platforms]
        asked = [f"{name}=={version}" for name, version in sorted(versions.items())]
        installer.run([*command, *target, *asked], installer.uv_environ)
        return read_folder(Path(folder))
