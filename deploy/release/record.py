"""What an environment is given by one deployment, as it is kept in the bucket that MWAA reads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256

from deploy.closure import closure
from deploy.errors import Failure
from deploy.packaging.package import DAGS, PLUGINS, REQUIREMENTS, STARTUP, Package, private
from deploy.settings import Settings

FORMAT = 1
INSTALLED = (PLUGINS, REQUIREMENTS, STARTUP)
"""What MWAA reads when an environment is updated, and at no other time."""


@dataclass(frozen=True)
class Deployment:
    """`objects` has by key in the bucket the SHA-256 of its content, in the order in which they may be written."""

    package: str
    release: str
    dags: Sequence[str]
    objects: Mapping[str, str]

    @property
    def id(self) -> str:
        """16 hex digits that follow from all of it."""
        return sha256(self._body()).hexdigest()[:16]

    def encode(self) -> bytes:
        """The deployment as JSON."""
        return self._body()

    def _body(self) -> bytes:
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=2).encode() + b"\n"


def decode(body: bytes) -> Deployment:
    """The deployment that `encode` has written."""
    content = json.loads(body)
    return Deployment(content["package"], content["release"], content["dags"], content["objects"])


def contents(package: Package, settings: Settings) -> dict[str, bytes]:
    """What the environment of these settings is given of a package: by key, in the order in which it may be written.

    What MWAA installs comes first. Of DAG files each follows all that it imports, since MWAA copies and reads them
    while others are still being written. Raises Failure where it has none for the Airflow of these settings.
    """
    variant = private(settings.airflow_version) if settings.web_server == "private" else ""
    if variant and settings.airflow_version not in package.versions:
        raise Failure(
            f"the package is made for Airflow {' and '.join(package.versions)}, and {settings.prefix} is to have "
            f'{settings.airflow_version}: see docs/runbooks.md, "Upgrade of Airflow"'
        )
    installed = {
        PLUGINS: package.files[variant + PLUGINS],
        REQUIREMENTS: package.files[variant + REQUIREMENTS],
        STARTUP: package.files[STARTUP],
    }
    dags = package.below(DAGS)
    ordered = sorted(dags, key=lambda path: (len(closure(dags, [path])), path))
    return {**installed, **{DAGS + path: dags[path] for path in ordered}}


def deployment(package: Package, release: str, files: Mapping[str, bytes]) -> Deployment:
    """The record of giving `files` of a package to an environment, together with a release of job code."""
    objects = {key: sha256(content).hexdigest() for key, content in files.items()}
    return Deployment(package.id, release, list(package.dags), objects)
