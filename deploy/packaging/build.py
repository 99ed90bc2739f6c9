"""Makes a package from the tree: the same commit gives the same bytes, on every machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from deploy import agreement
from deploy.bundles import job_code
from deploy.content import digest, read_folder
from deploy.environments.catalogue import AIRFLOW, TOOL
from deploy.environments.install import Installer
from deploy.errors import Failure
from deploy.packaging import wheels
from deploy.packaging.archive import archive
from deploy.packaging.package import DAGS, PLUGINS, REQUIREMENTS, STARTUP, VERSIONS, Package, private, write
from deploy.packaging.reading import read_dags
from deploy.packaging.requirements import private_text

STARTUP_SOURCE = Path("deploy/packaging/startup.sh")


def build(installer: Installer) -> Package:
    """Make the package of the tree. Raises Failure where its DAG files cannot be imported, or its images disagree."""
    root = installer.root
    agreement.check(root / "include/containers")
    with installer.alone():
        installer.ensure(TOOL)
        installer.ensure(AIRFLOW)
    dags, plugins = read_folder(root / "dags"), read_folder(root / "plugins")
    ids = _dag_ids(installer, dags, plugins)
    code = job_code(root / "include/scripts")
    images = image_contexts(root / "include/containers")
    files = {
        **{f"{DAGS}{path}": content for path, content in dags.items()},
        **_installed(installer, plugins),
        STARTUP: (root / STARTUP_SOURCE).read_bytes(),
        **{
            f"code/{digest(files)}/{path}": content
            for steps in code.values()
            for files in steps.values()
            for path, content in files.items()
        },
        **{f"images/{name}.zip": archive(context) for name, context in images.items()},
    }
    hashes = {name: {step: digest(files) for step, files in steps.items()} for name, steps in code.items()}
    return Package(files, ids, hashes, {name: digest(context) for name, context in images.items()})


def image_contexts(containers: Path) -> dict[str, dict[str, bytes]]:
    """By image the files that it is built from."""
    return {folder.name: read_folder(folder) for folder in sorted(containers.iterdir()) if folder.is_dir()}


def _dag_ids(installer: Installer, dags: Mapping[str, bytes], plugins: Mapping[str, bytes]) -> list[str]:
    reading = read_dags(installer.python(AIRFLOW), dags, plugins)
    if reading.errors:
        told = "\n".join(f"{place}:\n{text.strip()}" for place, text in reading.errors.items())
        raise Failure(
            f"what cannot be imported is not packed; a package that is missing is not in MWAA's image:\n{told}"
        )
    return sorted(reading.dags)


def _installed(installer: Installer, plugins: Mapping[str, bytes]) -> dict[str, bytes]:
    """What MWAA unpacks and installs; for each image also as a web server without a package index needs it."""
    requirements = (installer.root / REQUIREMENTS).read_bytes()
    files = {PLUGINS: archive(plugins), REQUIREMENTS: requirements}
    for version in VERSIONS:
        versions = wheels.resolved(installer, installer.root, version, requirements.decode())
        found = wheels.download(installer, versions)
        files[private(version) + PLUGINS] = archive({**plugins, **found})
        files[private(version) + REQUIREMENTS] = private_text(versions).encode()
    return files


def replace(package: Package, folder: Path) -> None:
    """Write a package where another one may be; a reader finds the one or the other, or none."""
    draft = folder.with_name(f"{folder.name}.{os.getpid()}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    write(package, draft)
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)
