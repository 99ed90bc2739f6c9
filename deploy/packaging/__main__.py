"""`python -m deploy.packaging build|check`: make the package in dist/, or make it and prove it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from deploy.environments.install import Installer
from deploy.errors import Failure
from deploy.packaging import check
from deploy.packaging.build import build, replace
from deploy.packaging.package import OUTPUT, VERSIONS, Package, load
from deploy.progress import Progress


def packed(installer: Installer, progress: Progress) -> Package:
    """Make the package in dist/. Raises Failure."""
    with progress.phase("Making the package"):
        package = build(installer)
        replace(package, installer.root / OUTPUT)
    progress.say(f"Package {package.id}: {len(package.files)} files, {len(package.dags)} DAGs, in {OUTPUT}/")
    return package


def checked(installer: Installer, progress: Progress) -> None:
    """Make the package and prove it. Raises Failure with everything that is wrong."""
    with progress.phase("Checking the tree"):
        _refuse(check.of_tree(installer))
    packed(installer, progress)
    with progress.phase(f"Trying it in MWAA's images of Airflow {' and '.join(VERSIONS)}"):
        _refuse(check.of_package(installer, load(installer.root / OUTPUT)))


def _refuse(problems: Iterable[str]) -> None:
    found = list(problems)
    if found:
        raise Failure("\n".join(["this cannot be given to MWAA:", *(f"- {problem}" for problem in found)]))


def main() -> int:
    """Do what was asked for; 1 and a message where that failed."""
    parser = argparse.ArgumentParser(prog="python -m deploy.packaging", description=__doc__)
    parser.add_argument("what", choices=("build", "check"))
    arguments = parser.parse_args()
    progress = Progress()
    installer = Installer(Path.cwd(), progress, os.environ)
    try:
        (packed if arguments.what == "build" else checked)(installer, progress)
    except Failure as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(progress.table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
