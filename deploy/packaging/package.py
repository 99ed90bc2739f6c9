"""A package: every file that an environment is given, by its path, and the record that lists them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from deploy.content import digest, read_folder
from deploy.errors import Failure

FORMAT = 1
OUTPUT = Path("dist")
RECORD = "package.json"
DAGS = "dags/"
PLUGINS, REQUIREMENTS, STARTUP = "plugins.zip", "requirements.txt", "startup.sh"
VERSIONS = ("3.2.1", "3.3.1")
"""The Airflow of the MWAA images that a package is made for."""


PRIVATE = "private/"


def private(version: str) -> str:
    """Where the files lie that a web server takes which reaches no package index."""
    return f"{PRIVATE}{version}/"


@dataclass(frozen=True)
class Package:
    """`files` by path; `dags` are the ids that its DAG files make; `code` has by use case the SHA-256 of each step's
    bundle, and under an empty name that of the whole, `images` by name that of its build context."""

    files: Mapping[str, bytes]
    dags: Sequence[str]
    code: Mapping[str, Mapping[str, str]]
    images: Mapping[str, str]

    @cached_property
    def id(self) -> str:
        """16 hex digits that follow from every byte of the package."""
        return digest(self.files)[:16]

    @property
    def versions(self) -> list[str]:
        """The versions of Airflow whose images it has files for."""
        return sorted({path.partition("/")[0] for path in self.below(PRIVATE)})

    def record(self) -> bytes:
        """The package but for its contents, which are there by their SHA-256, as JSON."""
        content = {
            "format": FORMAT,
            "package": self.id,
            "dags": sorted(self.dags),
            "code": self.code,
            "images": self.images,
            "files": {path: sha256(content).hexdigest() for path, content in self.files.items()},
        }
        return json.dumps(content, indent=2, sort_keys=True).encode() + b"\n"

    def below(self, prefix: str) -> dict[str, bytes]:
        """The files below `prefix`, by the rest of their path."""
        return {path.removeprefix(prefix): body for path, body in self.files.items() if path.startswith(prefix)}

    def bundles(self) -> dict[str, dict[str, bytes]]:
        """The files of every bundle of job code, by the bundle's SHA-256."""
        return {sha: self.below(f"code/{sha}/") for steps in self.code.values() for sha in steps.values()}


def write(package: Package, folder: Path) -> None:
    """Write a package where nothing is, its record last: a folder without one is no package."""
    for path, content in {**package.files, RECORD: package.record()}.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def load(folder: Path) -> Package:
    """The package in `folder`. Raises Failure where there is none, or its files are not those of its record."""
    try:
        record: dict[str, Any] = json.loads((folder / RECORD).read_bytes())
    except OSError as error:
        raise Failure(f"{folder} holds no package: run `make package`") from error
    files = {path: content for path, content in read_folder(folder).items() if path != RECORD}
    package = Package(files, record["dags"], record["code"], record["images"])
    if json.loads(package.record()) != record:
        raise Failure(f"{folder} is not what its {RECORD} says; it was changed by hand: run `make package`")
    return package
