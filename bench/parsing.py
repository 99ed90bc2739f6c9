"""Reading the DAG files of a hundred use cases in one process, beside reading that of one."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.servers import ROOT, environ
from deploy.environments.catalogue import AIRFLOW, TOOL
from deploy.environments.install import Installer
from deploy.errors import Failure
from deploy.progress import Progress

USE_CASES, ROUNDS = 100, 5
TIMES, EACH_SECONDS = 1.5, 0.005
"""A hundred use cases cost at most so many times what one costs, and so much more for each DAG of theirs."""


def limit(one: float, dags: int) -> float:
    """The most that reading all of so many DAGs may cost, in seconds, where reading one use case costs *one*."""
    return TIMES * one + dags * EACH_SECONDS


@contextmanager
def folder_of(number: int) -> Iterator[Path]:
    """The DAG files of so many use cases, each of them abalone's under a name of its own, and what they share."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for shared in ("lifecycle", "assets.py", ".airflowignore"):
            (folder / shared).symlink_to(ROOT / "dags" / shared)
        declared = (ROOT / "dags" / "abalone.py").read_text()
        for index in range(number):
            (folder / f"case_{index}.py").write_text(declared.replace('name="abalone"', f'name="case_{index}"'))
        yield folder


def read(folder: Path, home: Path) -> dict[str, Any]:
    """What `bench.parsed` says of a folder, in a process of its own. Raises Failure if not all of it can be read."""
    python = ROOT / ".venv" / AIRFLOW.name / "bin" / "python"
    settings = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(folder),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "plugins"), str(folder)]),
    }
    command = [str(python), str(ROOT / "bench" / "parsed.py"), str(folder)]
    ended = subprocess.run(command, env={**environ(home), **settings}, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise Failure(f"reading the DAG files failed:\n{ended.stderr}")
    said: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    if said["errors"] or said["files"] != len(list(folder.glob("case_*.py"))):
        raise Failure(f"of {folder} {said['files']} files were read: {said['errors'][:1]}")
    return said


def run(progress: Progress) -> None:
    """Measure and print. Raises Failure where reading all costs more than it may."""
    installer = Installer(ROOT, progress, os.environ)
    with installer.alone():
        for environment in (TOOL, AIRFLOW):
            installer.ensure(environment)
    took: dict[int, list[float]] = {1: [], USE_CASES: []}
    dags = 0
    with folder_of(1) as one, folder_of(USE_CASES) as all_of_them, tempfile.TemporaryDirectory() as home:
        read(one, Path(home))  # what is compiled and made at the first time of all is nobody's
        for _ in range(ROUNDS):
            for number, folder in ((1, one), (USE_CASES, all_of_them)):
                said = read(folder, Path(home))
                took[number].append(float(said["processor_seconds"]))
                dags = int(said["dags"])
    single, every = (statistics.median(seconds) for seconds in took.values())
    print(
        f"\nOne use case: {single * 1000:.0f} ms; {USE_CASES} with {dags} DAGs: {every * 1000:.0f} ms, at most "
        f"{limit(single, dags) * 1000:.0f} ms (processor time, medians of {ROUNDS})"
    )
    if every > limit(single, dags):
        raise Failure(f"{USE_CASES} use cases cost more than {TIMES} times one and {EACH_SECONDS * 1000:.0f} ms a DAG")
