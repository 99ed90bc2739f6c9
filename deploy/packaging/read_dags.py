"""Reads DAG files and plugins as MWAA's Airflow does, where no network can be reached: a program, run in an image's
packages as `read_dags.py <dags> <plugins>`. What came of it is printed as JSON, in the last line."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import pkgutil
import sys
import traceback
from pathlib import Path
from typing import Any


class NetworkTouched(BaseException):
    """No Exception, so that nobody who means to be lenient catches it."""


def refuse_network(event: str, arguments: tuple[Any, ...]) -> None:
    """Audit hook: end any use of the network."""
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.connect", "socket.sendto"):
        raise NetworkTouched(f"{event}{arguments} while Airflow reads DAG files: do that inside a task")


def plugin_errors(plugins: Path) -> dict[str, str]:
    """Every module of the plugins that cannot be imported, and why: a DAG may import it late."""
    errors = {}
    for module in pkgutil.walk_packages([str(plugins)], onerror=lambda name: None):
        try:
            importlib.import_module(module.name)
        except Exception as error:
            # What only a later Airflow has is looked for before it is used: whether it rightly is, DAG files show.
            if isinstance(error, ModuleNotFoundError) and (error.name or "").startswith("airflow.sdk."):
                continue
            errors[f"plugins: {module.name}"] = traceback.format_exc()
    return errors


def main() -> None:
    """Read, then print the DAGs with their files, what could not be imported, and the packages that are installed."""
    dags, plugins = (Path(argument) for argument in sys.argv[1:])
    sys.addaudithook(refuse_network)
    # Airflow puts the folder of its plugins on the path when it is first imported.
    import airflow.settings
    from airflow.dag_processing.dagbag import BundleDagBag

    airflow.settings.initialize()
    bag = BundleDagBag(dags, bundle_path=dags, bundle_name="dags-folder")
    errors = {str(Path(file)): text for file, text in bag.import_errors.items()}
    found = {dag_id: str(Path(dag.fileloc).relative_to(dags)) for dag_id, dag in bag.dags.items()}
    # Of two with one name, the first on the path is the one that is imported.
    packages = {each.name: each.version for each in reversed(list(importlib.metadata.distributions()))}
    print(json.dumps({"dags": found, "errors": {**errors, **plugin_errors(plugins)}, "packages": packages}))


if __name__ == "__main__":
    main()
