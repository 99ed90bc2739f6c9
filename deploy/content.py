"""Content addresses: the same files give the same digest on every machine, any other file another one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

LEFT_OUT = ("__pycache__",)


def digest(files: Mapping[str, bytes]) -> str:
    """SHA-256, in hex, over the files' relative paths and contents, in the order of the paths.

    Each content enters by its own hash, a path ends with a zero byte: no two different sets of files run
    together.
    """
    total = hashlib.sha256()
    for path in sorted(files):
        total.update(path.encode() + b"\0" + hashlib.sha256(files[path]).digest())
    return total.hexdigest()


def read_folder(folder: Path) -> dict[str, bytes]:
    """Every file below `folder` by its relative path with forward slashes; Python's caches are left out."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not set(LEFT_OUT) & set(path.relative_to(folder).parts)
    }
