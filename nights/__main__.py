"""`python -m nights`: a year of nights on a virtual clock; the log and a timeline of what was decided, and why."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.environments.catalogue import AIRFLOW, TOOL
from deploy.environments.install import Installer
from deploy.errors import Failure
from deploy.progress import Progress
from nights.world import DRIFTS

ROOT = Path(__file__).resolve().parents[1]
IMAGE = "training"
"""The image whose environment has what the job code of training and monitoring needs."""


def call(python: Path, arguments: Sequence[str], environ: Mapping[str, str], path: Sequence[str]) -> None:
    """Run a module to its end. Raises Failure with the end of what it said."""
    paths = os.pathsep.join(str(ROOT / each) for each in (".", *path))
    done = subprocess.run(
        [str(python), "-m", *arguments],
        env={**environ, "PYTHONPATH": paths},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Failure(f"python -m {' '.join(arguments)} failed:\n{done.stdout[-4000:]}")


def live(given: argparse.Namespace, installer: Installer, progress: Progress) -> None:
    """Plan the nights with Airflow's timetables, and live through them. Raises Failure."""
    with installer.alone():
        installer.ensure(TOOL)
        installer.ensure(AIRFLOW)
        images = installer.images()
    given.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        plan = Path(home) / "plan"
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PYTHON"))},
            # The jobs are small, and threads that wait for each other take more than they give.
            "OMP_NUM_THREADS": "1",
            "AIRFLOW_HOME": home,
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        }
        with progress.phase("Planning the nights by the DAGs' timetables"):
            dates = (given.use_case, given.timezone, given.begin, str(given.nights), str(plan))
            call(installer.python(AIRFLOW), ("nights.calendar", *dates), environ, ("plugins", "dags"))
        with progress.phase(f"Living through {given.nights} nights"):
            data = ROOT / "include" / "data" / f"{given.use_case}.csv"
            where = (str(plan), str(data), str(given.seed), str(given.output.resolve()))
            call(images[IMAGE] / "bin" / "python", ("nights.run", *where), environ, ("plugins", "include/scripts"))


def main() -> int:
    """Live through what was asked for; 1 and a message where that failed."""
    parser = argparse.ArgumentParser(prog="python -m nights", description=__doc__)
    parser.add_argument("--use-case", default="abalone", choices=DRIFTS, help="whose (default: %(default)s)")
    parser.add_argument("--nights", type=int, default=365, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same log (default: %(default)s)")
    parser.add_argument("--begin", default="2026-01-01", help="the day of the first night (default: %(default)s)")
    parser.add_argument("--timezone", default="Europe/Berlin", help="of the use case (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=Path(".local/nights"), help="folder (default: %(default)s)")
    given, progress = parser.parse_args(), Progress()
    try:
        live(given, Installer(ROOT, progress, os.environ), progress)
    except Failure as error:
        print(f"\nerror: {error}", file=sys.stderr)
        return 1
    print(f"\n{progress.table()}\n\nThe log:      {given.output / 'log.jsonl'}")
    print(f"The timeline: {given.output / 'timeline.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
