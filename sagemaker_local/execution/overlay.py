"""The writable layer that an instance has over a managed image, as every container has one over its image.

It is a virtual environment of the instance's own in its /tmp: what the job installs (its ``requirements.txt``, or by
calling pip itself) lands there and goes with the job, while the packages of the image are seen, and count as
installed, without being copied. The toolkit that AWS's images have among their packages is here too, with its
programs ``train`` and ``serve`` and the packages that scripts import of it.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from sagemaker_local.execution.images import PYTHON, Image

TOOLKIT = Path(__file__).resolve().parents[1] / "toolkit"
FOLDER = "environment"
"""below the instance's /tmp"""
_PYTHONS = ("python", "python3", f"python{PYTHON}")
_PROGRAMS = {
    "pip": "-m pip",
    "pip3": "-m pip",
    "train": "-P -m sagemaker_toolkit train",
    "serve": "-P -m sagemaker_toolkit serve",
}


def lay(image: Image, folder: Path) -> None:
    """Make *folder* the layer over *image*; a container that starts again starts with a new one."""
    if folder.is_symlink():
        folder.unlink()  # by an earlier attempt of the job, and it may point anywhere
    shutil.rmtree(folder, ignore_errors=True)
    interpreter = (image.bin / "python").resolve()
    programs = folder / "bin"
    programs.mkdir(parents=True)
    version = ".".join(map(str, sys.version_info[:3]))
    (folder / "pyvenv.cfg").write_text(
        f"home = {interpreter.parent}\ninclude-system-site-packages = false\nversion = {version}\n"
    )
    for name in _PYTHONS:
        (programs / name).symlink_to(interpreter)
    for name, arguments in _PROGRAMS.items():
        # Not by the interpreter's path in the first line: it may be longer than the kernel reads of one.
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec "${{0%/*}}/python" {arguments} "$@"\n')
        program.chmod(0o755)
    packages = folder / "lib" / f"python{PYTHON}" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "sagemaker_toolkit").symlink_to(TOOLKIT)
    for package in (TOOLKIT / "packages").glob("*/__init__.py"):
        (packages / package.parent.name).symlink_to(package.parent)
    below = image.environment.resolve() / "lib" / f"python{PYTHON}" / "site-packages"
    (packages / "image.pth").write_text(f"import site; site.addsitedir({str(below)!r})\n")
