"""Airflow reads as MWAA's does: in its own packages, without a network, knowing nothing of the user."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.errors import Failure
from deploy.packaging.reading import Reading, read_dags

AIRFLOW = Path(__file__).resolve().parents[4] / ".venv" / "airflow" / "bin" / "python"
DAGS = {
    "good.py": b"from airflow.sdk import DAG\nfrom helper import NAME\ndag = DAG(NAME, schedule=None)\n",
    "helper/__init__.py": b"NAME = 'good_training'\n",
    "heavy.py": b"import pandas  # of which a dag is made\nfrom airflow.sdk import DAG\n",
    "remote.py": b"import socket\nfrom airflow.sdk import DAG\nsocket.create_connection(('127.0.0.1', 9))\n",
    ".airflowignore": b"helper/\n",
}
PLUGINS = {
    ".airflowignore": b"*\n",
    "tool/__init__.py": b"",
    "tool/late.py": b"import no_such_package\n",
    "tool/of_a_later_airflow.py": b"import airflow.sdk.no_such_module\n",
}


@pytest.fixture(scope="module")
def reading() -> Reading:
    return read_dags(AIRFLOW, DAGS, PLUGINS)


def test_dags_are_found_with_their_files(reading: Reading) -> None:
    assert reading.dags == {"good_training": "good.py"}


def test_a_dag_file_that_needs_what_the_image_lacks_is_told(reading: Reading) -> None:
    (place,) = [place for place in reading.errors if place.endswith("heavy.py")]
    assert "No module named 'pandas'" in reading.errors[place]


def test_a_module_of_the_plugins_that_no_dag_imports_at_the_top_is_imported_too(reading: Reading) -> None:
    assert "no_such_package" in reading.errors["plugins: tool.late"]
    assert len(reading.errors) == 3


def test_the_packages_of_the_image_are_told(reading: Reading) -> None:
    assert reading.packages["apache-airflow"] == "3.3.1"


def test_a_dag_file_that_uses_the_network_is_told_what_to_do(reading: Reading) -> None:
    (place,) = [place for place in reading.errors if place.endswith("remote.py")]
    assert "while Airflow reads DAG files: do that inside a task" in reading.errors[place]


def test_files_that_cannot_be_read_at_all_are_a_failure() -> None:
    with pytest.raises(Failure, match="the DAG files cannot be read at all"):
        read_dags(Path("/bin/false"), {}, {})
