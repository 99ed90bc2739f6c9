"""Unpacking archives of which nothing is known."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from pathlib import Path


def unpack(archive: Path, target: Path) -> None:
    """Unpack a gzipped archive into the folder *target*, outside which nothing can land.

    Raises ``tarfile.TarError`` for a member that would, or that is neither file, folder nor link.
    """
    with tarfile.open(archive, "r:gz") as tar:
        if hasattr(tarfile, "data_filter"):
            tar.extractall(target, filter="data")
        else:  # Python before 3.11.4, such as Debian 12's
            tar.extractall(target, members=_inside(tar, target))


def _inside(tar: tarfile.TarFile, target: Path) -> Iterator[tarfile.TarInfo]:
    """The members, each looked at when its turn comes: links that are there by then count."""
    for member in tar:
        member.name = member.name.lstrip("/")
        if not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
            raise tarfile.ExtractError(f"{member.name!r} is a special file")
        folder = os.path.dirname(member.name) if member.issym() else ""
        for place in (member.name, os.path.join(folder, member.linkname)):
            if not Path(os.path.realpath(target / place)).is_relative_to(os.path.realpath(target)):
                raise tarfile.ExtractError(f"{member.name!r} reaches outside the archive's folder")
        yield member
