"""A model on disk: data files and a manifest that vouches for them. Nothing in it is ever unpickled.

docs/serving.md lists the files and the members of the manifest, which has the sha256 of each. Hashes reveal damage
and mixed-up files, not an attacker who can also rewrite the manifest: that is what write permission on the bucket is
for.
"""

import gzip
import hashlib
import io
import json
import posixpath
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common import report
from common.errors import UserError

FORMAT = 2
MANIFEST = "manifest.json"
ARCHIVE = "model.tar.gz"
REMEDY = "fetch the model again, or train it again"


@dataclass(frozen=True)
class Artifact:
    """A model as it was saved: the manifest's facts, and the content of each file by name."""

    place: Path
    facts: Mapping[str, Any]
    files: Mapping[str, bytes]

    def file(self, name: str) -> bytes:
        """The content of a file. Raises UserError if the model has none of that name."""
        if name not in self.files:
            raise UserError(f"{self.place}: {name} is missing; {REMEDY}")
        return self.files[name]


def save(folder: Path, files: Mapping[str, bytes], facts: Mapping[str, Any], *, packed: bool = False) -> None:
    """Write ``files`` and, last, the manifest with ``facts``: what was interrupted has no manifest. ``packed``, all of
    them in a ``model.tar.gz``, which SageMaker makes of a training job's folder, and of no other job's."""
    (folder / MANIFEST).unlink(missing_ok=True)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    contents = {**files, MANIFEST: report.encode({"format": FORMAT, **facts, "files": hashes})}
    if packed:
        contents = {ARCHIVE: _pack(contents)}
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def _pack(contents: Mapping[str, bytes]) -> bytes:
    """A gzip tar archive without times and owners: the same contents give the same bytes."""
    archive = io.BytesIO()
    with gzip.GzipFile("", "wb", fileobj=archive, mtime=0) as stream, tarfile.open(fileobj=stream, mode="w") as tar:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return archive.getvalue()


def load(folder: Path) -> Artifact:
    """The model whose files, or whose ``model.tar.gz``, are in ``folder``.

    Raises UserError if there is no model, the archive is broken, or a file is not the one that was saved.
    """
    archive = folder / ARCHIVE
    place, contents = (archive, _packed(archive)) if archive.is_file() else (folder, _unpacked(folder))
    facts = _manifest(contents, place)
    for name, sha256 in facts["files"].items():
        if name not in contents:
            raise UserError(f"{place}: {name} is missing; {REMEDY}")
        if hashlib.sha256(contents[name]).hexdigest() != sha256:
            raise UserError(f"{place}: {name} is not the file that {MANIFEST} names; {REMEDY}")
    return Artifact(place, facts, {name: contents[name] for name in facts["files"]})


def _manifest(contents: Mapping[str, bytes], place: Path) -> dict[str, Any]:
    if MANIFEST not in contents:
        raise UserError(f"{place}: holds no model, neither {ARCHIVE} nor {MANIFEST} with its files; {REMEDY}")
    try:
        manifest: dict[str, Any] = json.loads(contents[MANIFEST])
        found, manifest["files"] = manifest["format"], dict(manifest["files"])
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(f"{place}: {MANIFEST} is damaged ({error!r}); {REMEDY}") from None
    if found != FORMAT:
        raise UserError(f"{place}: model format {found!r}, this code reads {FORMAT}; train it with this code")
    return manifest


def _unpacked(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()
    }


def _packed(archive: Path) -> dict[str, bytes]:
    """Reads the regular files into memory, so that no member can write anywhere: the Python 3.11.2 of Debian has no
    extraction filter."""
    contents = {}
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                stream = tar.extractfile(member) if member.isreg() else None
                if stream:
                    contents[posixpath.normpath(member.name)] = stream.read()
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise UserError(f"{archive}: not a readable gzip tar archive ({error}); {REMEDY}") from None
    return contents
