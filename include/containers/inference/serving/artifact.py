"""A model on disk, as training saved it: files, and a manifest that vouches for them."""

import hashlib
import json
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from serving.errors import Refused

FORMAT = 2
MANIFEST, MODEL, PREPROCESSING, FUNCTIONS = "manifest.json", "model.onnx", "preprocessing.json", "code/inference.py"
SHARED = ("numpy", "onnxruntime")
"""Libraries that a model is proven with in training and run with here."""
REMEDY = "train the model again, or serve it with the image of its own release"


def load(folder: Path) -> dict[str, Any]:
    """The manifest of the model in ``folder``, whose files are all as it says.

    Raises Refused if there is none, a file is missing or another one, or it was proven with other libraries.
    """
    manifest = _document(folder / MANIFEST)
    if manifest.get("format") != FORMAT or not isinstance(manifest.get("files"), dict):
        raise Refused(f"{folder / MANIFEST}: format {manifest.get('format')!r}, this image serves {FORMAT}; {REMEDY}")
    for name, sha256 in manifest["files"].items():
        if hashlib.sha256(content(folder, name)).hexdigest() != sha256:
            raise Refused(f"{folder / name} is not the file that {MANIFEST} names; fetch the model again")
    _agree(folder, manifest.get("libraries", {}))
    return manifest


def content(folder: Path, name: str) -> bytes:
    """A file of the model. Raises Refused if it is missing."""
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise Refused(f"{folder / name} cannot be read ({error.strerror}); {REMEDY}") from None


def _document(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(content(file.parent, file.name))
    except ValueError as error:
        raise Refused(f"{file} is damaged ({error}); fetch the model again") from None
    return found if isinstance(found, dict) else {}


def _agree(folder: Path, trained: Mapping[str, str]) -> None:
    here = {"python": _minor(platform.python_version()), **{name: metadata.version(name) for name in SHARED}}
    there = {**trained, "python": _minor(trained.get("python", ""))}
    for name, version in here.items():
        if there.get(name) != version:
            told = f"was made with {name} {there.get(name) or 'of no known version'}, this image has {version}"
            raise Refused(f"{folder}: the model {told}; {REMEDY}")


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])
