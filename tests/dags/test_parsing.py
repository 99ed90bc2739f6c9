"""Parsing DAG files costs nothing, needs nothing, and says the same thing every time."""

import ast
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.dags.all_dags import FILES, FOLDER, ROOT

DATA_LIBRARIES = {"pandas", "numpy", "pyarrow", "scipy", "sklearn", "xgboost", "sagemaker", "moto"}
ALLOWED_IMPORTS = {"airflow", "assets", "lifecycle", "mlops_sagemaker", *sys.stdlib_module_names}
MODULES = [*FILES, FOLDER / "assets.py", *sorted((FOLDER / "lifecycle").glob("*.py"))]
RUNTIME_NAMES = {"Variable", "Connection", "BaseHook", "environ", "getenv", "now", "today", "open"}
each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
each_module = pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(FOLDER)))


@cache
def parsed(hash_seed: str) -> Any:
    """What `parse_in_isolation` says in a fresh process without home, credentials, region or network."""
    keep = {name: os.environ[name] for name in ("PATH", "AIRFLOW_HOME", "AIRFLOW__CORE__PLUGINS_FOLDER")}
    paths = [ROOT, ROOT / "plugins", FOLDER]
    environment = {**keep, "PYTHONPATH": os.pathsep.join(map(str, paths)), "PYTHONHASHSEED": hash_seed}
    program = [sys.executable, "-m", "tests.dags.parse_in_isolation"]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_all_dags_parse_without_network_and_without_credentials() -> None:
    assert parsed("1")["import_errors"] == {}


@each_file
def test_every_dag_file_makes_dags_named_after_it(file: Path) -> None:
    assert [dag_id for dag_id in parsed("1")["dags"] if dag_id.startswith(f"{file.stem}_")]


def test_two_parses_serialise_to_the_same_bytes() -> None:
    assert parsed("1")["dags"] == parsed("2")["dags"]
    assert parsed("1")["dags"]


def test_parsing_loads_no_data_library() -> None:
    assert DATA_LIBRARIES.isdisjoint(parsed("1")["modules"])


def test_parsing_loads_nothing_of_job_code_local_stack_or_deployment() -> None:
    own = {name.partition(".")[0] for name in parsed("1")["modules"]}
    assert own.isdisjoint({"include", "common", "sagemaker_local", "deploy"})


@each_module
def test_dag_modules_import_only_airflow_and_the_package(file: Path) -> None:
    tree = ast.parse(file.read_text())
    names = [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert {name.partition(".")[0] for name in names} <= ALLOWED_IMPORTS


@each_module
def test_dag_modules_read_no_variable_connection_environment_or_clock(file: Path) -> None:
    tree = ast.parse(file.read_text())
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert names.isdisjoint(RUNTIME_NAMES)


@each_file
def test_a_dag_file_is_a_declaration_of_at_most_a_hundred_lines(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= 100
