"""What an Airflow makes of DAG files and plugins, in a process that has nothing but them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.errors import Failure

PROGRAM = Path(__file__).with_name("read_dags.py")
LIMIT_SECONDS = 300


@dataclass(frozen=True)
class Reading:
    """What was read.

    `dags` has the file of each DAG by its id, `errors` by place why something could not be imported, `packages` the
    version of each package that is installed.
    """

    dags: Mapping[str, str]
    errors: Mapping[str, str]
    packages: Mapping[str, str]


def read_dags(python: Path, dags: Mapping[str, bytes], plugins: Mapping[str, bytes]) -> Reading:
    """Read DAG files, and import plugins, with the packages of `python`. Raises Failure where that cannot be done."""
    with TemporaryDirectory() as home:
        folders = [Path(home, "dags"), Path(home, "plugins")]
        for folder, files in zip(folders, (dags, plugins), strict=True):
            _write(folder, files)
        command = [str(python), "-P", str(PROGRAM), *map(str, folders)]
        try:
            done = subprocess.run(
                command, env=_environ(Path(home)), cwd=home, capture_output=True, text=True, timeout=LIMIT_SECONDS
            )
        except subprocess.TimeoutExpired as error:
            raise Failure(f"reading the DAG files takes more than {LIMIT_SECONDS} s: what do they do?") from error
    if done.returncode != 0:
        raise Failure(f"the DAG files cannot be read at all:\n{done.stderr.strip()}")
    return Reading(**json.loads(done.stdout.splitlines()[-1]))


def _environ(home: Path) -> dict[str, str]:
    """No credentials, no region, no settings of the user's."""
    return {
        "PATH": os.defpath,
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(home / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
    }


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir()
    for path, content in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
