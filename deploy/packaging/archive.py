"""Zip archives whose bytes follow from their content alone."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

LONG_AGO = (1980, 1, 1, 0, 0, 0)
FILE, PROGRAM = 0o100644, 0o100755
UNIX = 3


def archive(files: Mapping[str, bytes]) -> bytes:
    """A zip of `files` by relative path.

    Nothing is compressed: what zlib makes of the same bytes differs between its versions. A file that begins as a
    script does may be executed, others may not.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as zipped:
        for path in sorted(files):
            zipped.writestr(_entry(path, files[path]), files[path])
    return buffer.getvalue()


def _entry(path: str, content: bytes) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, LONG_AGO)
    entry.create_system = UNIX
    entry.external_attr = (PROGRAM if content.startswith(b"#!") else FILE) << 16
    return entry


def unpacked(zipped: bytes) -> dict[str, bytes]:
    """The files in a zip, by path."""
    with zipfile.ZipFile(io.BytesIO(zipped)) as opened:
        return {path: opened.read(path) for path in opened.namelist() if not path.endswith("/")}


def unpack(zipped: bytes, folder: Path) -> None:
    """Write the files in a zip below `folder`, each with its mode."""
    with zipfile.ZipFile(io.BytesIO(zipped)) as opened:
        for entry in opened.infolist():
            Path(opened.extract(entry, folder)).chmod(entry.external_attr >> 16 & 0o777)


def names(zipped: bytes) -> list[str]:
    """The paths in a zip. Raises zipfile.BadZipFile where it is none."""
    with zipfile.ZipFile(io.BytesIO(zipped)) as opened:
        return opened.namelist()
