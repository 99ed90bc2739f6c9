"""The DAG files of the repository, and their DAGs as Airflow loads them."""

from functools import cache
from pathlib import Path

from airflow.dag_processing.dagbag import BundleDagBag
from airflow.sdk._shared.module_loading import find_path_from_directory

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "dags"
FILES = sorted(set(FOLDER.glob("*.py")) - {FOLDER / "assets.py"})


@cache
def dag_bag() -> BundleDagBag:
    """All DAG files parsed as Airflow's DAG processor does it."""
    return BundleDagBag(FOLDER, bundle_path=FOLDER, bundle_name="dags-folder")


def python_files_airflow_finds(folder: Path) -> set[str]:
    """The Python files that Airflow would execute below ``folder``, relative to it."""
    found = find_path_from_directory(folder, ".airflowignore")
    return {str(Path(path).relative_to(folder)) for path in found if path.endswith(".py")}
