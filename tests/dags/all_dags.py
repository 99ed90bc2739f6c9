"""The DAG files of the repository, and their DAGs as Airflow loads them."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from airflow.dag_processing.dagbag import BundleDagBag
from airflow.sdk._shared.module_loading import find_path_from_directory

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "dags"
FILES = sorted(FOLDER.glob("*.py"))


@cache
def dag_bag() -> BundleDagBag:
    """All DAG files parsed as Airflow's DAG processor does it."""
    with airflows_own_warning_ignored():
        return BundleDagBag(FOLDER, bundle_path=FOLDER, bundle_name="dags-folder")


def python_files_airflow_finds(folder: Path) -> set[str]:
    """The Python files that Airflow would execute below ``folder``, relative to it."""
    with airflows_own_warning_ignored():
        found = list(find_path_from_directory(folder, ".airflowignore"))
    return {str(Path(path).relative_to(folder)) for path in found if path.endswith(".py")}


@contextmanager
def airflows_own_warning_ignored() -> Iterator[None]:
    """Airflow 3.3.1 reads its ignore files with a class that its own pathspec calls deprecated."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "GitWildMatchPattern", DeprecationWarning)
        yield
