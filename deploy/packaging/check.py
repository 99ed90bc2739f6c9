"""What a package must be before MWAA is given it: each check tells what is wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.content import read_folder
from deploy.environments.install import Installer
from deploy.packaging import image, imports, layout, requirements, scan
from deploy.packaging.package import DAGS, PLUGINS, REQUIREMENTS, VERSIONS, Package, private

LONGEST_DAG_ID = 50


def of_tree(installer: Installer) -> Iterator[str]:
    """What is wrong with the tree, found without running any of it."""
    root = installer.root
    allowed = {version: requirements.allowed(root, version) for version in VERSIONS}
    yield from imports.problems(read_folder(root / DAGS))
    yield from requirements.problems((root / REQUIREMENTS).read_text(), allowed)
    yield from scan.problems(installer)


def of_package(installer: Installer, package: Package) -> Iterator[str]:
    """What is wrong with a package: with its parts and, where those are right, in each of MWAA's images."""
    found = list(of_parts(package))
    yield from found
    if not found:
        for version in VERSIONS:
            yield from image.problems(installer, package, version)


def of_parts(package: Package) -> Iterator[str]:
    """What is wrong with the parts of a package."""
    yield from imports.problems(package.below(DAGS))
    for place in (PLUGINS, *(private(version) + PLUGINS for version in VERSIONS)):
        yield from layout.problems(package.files[place], place)
    for dag_id in package.dags:
        if len(dag_id) > LONGEST_DAG_ID:
            yield (
                f"the DAG id {dag_id} has {len(dag_id)} characters; MWAA's InvokeRestApi reaches none of more than "
                f"{LONGEST_DAG_ID}: give its use case a shorter name"
            )
