"""A model on disk: three data files and a manifest that vouches for them. Nothing in it is ever unpickled.

The manifest holds ``format``, ``use_case``, ``libraries`` (versions that wrote it), ``schema``,
``hyperparameters``, ``rows`` and ``files``, the sha256 of each. Hashes reveal damage and mixed-up files, not
an attacker who can also rewrite the manifest: that is what write permission on the bucket is for.
"""

import hashlib
import json
import posixpath
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from common import report
from common.errors import UserError

FORMAT = 1
MANIFEST = "manifest.json"
MODEL, PREPROCESSING, LINEAR = FILES = ("model.ubj", "preprocessing.json", "linear.json")
ARCHIVE = "model.tar.gz"
REMEDY = "fetch the model again, or train it again"


def save(folder: Path, files: Mapping[str, bytes], facts: Mapping[str, Any]) -> None:
    """Write ``files`` and, last, the manifest with ``facts``: what was interrupted has no manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    for name in FILES:
        (folder / name).write_bytes(files[name])
    hashes = {name: hashlib.sha256(files[name]).hexdigest() for name in FILES}
    report.write(folder / MANIFEST, {"format": FORMAT, **facts, "files": hashes})


def load(folder: Path) -> dict[str, bytes]:
    """Content of each of `FILES`, from the files in ``folder`` or from the ``model.tar.gz`` in it.

    Raises UserError if there is no model, the archive is broken, or a file is not the one that was saved.
    """
    archive = folder / ARCHIVE
    place, contents = (archive, _packed(archive)) if archive.is_file() else (folder, _unpacked(folder))
    hashes = _vouched(contents, place)
    for name in FILES:
        if name not in contents:
            raise UserError(f"{place}: {name} is missing; {REMEDY}")
        if hashlib.sha256(contents[name]).hexdigest() != hashes.get(name):
            raise UserError(f"{place}: {name} is not the file that {MANIFEST} names; {REMEDY}")
    return {name: contents[name] for name in FILES}


def _vouched(contents: Mapping[str, bytes], place: Path) -> dict[str, str]:
    if MANIFEST not in contents:
        raise UserError(f"{place}: holds no model, neither {ARCHIVE} nor {MANIFEST} with its files; {REMEDY}")
    try:
        manifest = json.loads(contents[MANIFEST])
        found, hashes = manifest["format"], dict(manifest["files"])
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(f"{place}: {MANIFEST} is damaged ({error!r}); {REMEDY}") from None
    if found != FORMAT:
        raise UserError(f"{place}: model format {found!r}, this code reads {FORMAT}; train it with this code")
    return hashes


def _unpacked(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in (MANIFEST, *FILES) if (folder / name).is_file()}


def _packed(archive: Path) -> dict[str, bytes]:
    """Reads regular files with an expected name into memory, so that no member can write anywhere: the Python
    3.11.2 of Debian has no extraction filter."""
    contents = {}
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                name = posixpath.normpath(member.name)
                stream = tar.extractfile(member) if name in (MANIFEST, *FILES) and member.isreg() else None
                if stream:
                    contents[name] = stream.read()
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise UserError(f"{archive}: not a readable gzip tar archive ({error}); {REMEDY}") from None
    return contents
