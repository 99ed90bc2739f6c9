"""Airflow executes what it finds below dags/ and plugins/: it must find DAG files and UI plugins only."""

import shutil
from pathlib import Path

from tests.dags.all_dags import FILES, FOLDER, ROOT, python_files_airflow_finds


def test_only_the_use_cases_files_are_parsed_as_dag_files() -> None:
    assert python_files_airflow_finds(FOLDER) == {file.name for file in FILES}


def test_nothing_of_the_package_is_executed_as_a_plugin() -> None:
    assert python_files_airflow_finds(ROOT / "plugins") == set()


def test_a_ui_plugin_would_be_found(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "plugins", tmp_path, dirs_exist_ok=True)
    (tmp_path / "nightshift_plugin.py").touch()
    assert python_files_airflow_finds(tmp_path) == {"nightshift_plugin.py"}
