"""Preparing ten million rows, beside the AWS samples' recipe with pandas and scikit-learn on the same rows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.servers import ROOT, environ
from deploy.environments.catalogue import RECIPE, TOOL
from deploy.environments.install import Installer
from deploy.errors import Failure
from deploy.progress import Progress

ROWS = 10_000_000
FASTER, MEMORY_MB, STRAIGHT = 15, 600, 1.25
"""How many times faster than the recipe, within how much memory, and how much more than its share of the time ten
times the rows may take."""


@dataclass(frozen=True)
class Cost:
    """What a process needed: seconds by the clock and of processors, and the largest memory."""

    seconds: float
    processor_seconds: float
    megabytes: float

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s ({self.processor_seconds:.1f} s of processors), {self.megabytes:.0f} MB"


def measure(command: Sequence[str], folder: Path, **variables: str) -> Cost:
    """Run a command to its end. Raises Failure with its output where it fails."""
    start = time.monotonic()
    with (folder / "output.log").open("w+") as log:
        process = subprocess.Popen(command, env={**environ(folder), **variables}, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            log.seek(0)
            raise Failure(f"{' '.join(command)} failed:\n{log.read()}")
    return Cost(time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def verdict(own: Cost, recipe: Cost, tenth: Cost) -> list[str]:
    """What was promised and does not hold."""
    promises = {
        f"at least {FASTER} times faster": recipe.seconds >= FASTER * own.seconds,
        f"under {MEMORY_MB} MB": own.megabytes < MEMORY_MB,
        "linear in rows": own.processor_seconds <= STRAIGHT * 10 * tenth.processor_seconds,
    }
    return [promise for promise, kept in promises.items() if not kept]


def run(progress: Progress) -> None:
    """Measure and print. Raises Failure where a promise is broken."""
    installer = Installer(ROOT, progress, os.environ)
    with installer.alone():
        for environment in (TOOL, RECIPE):
            installer.ensure(environment)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {rows: folder / f"{rows}.csv" for rows in (ROWS // 10, ROWS)}
        with progress.phase(f"Making {ROWS} rows"):
            for rows, file in files.items():
                sample = str(ROOT / "include" / "data" / "abalone.csv")
                measure([sys.executable, str(ROOT / "bench" / "rows.py"), sample, str(file), str(rows)], folder)
        with progress.phase("Preparing them"):
            tenth, own = (_own(file, folder) for file in files.values())
        with progress.phase("Preparing them by the recipe"):
            recipe = _recipe(files[ROWS], folder)
    print(f"\n{ROWS} rows: {own}; a tenth of them: {tenth}\nby the recipe: {recipe}")
    print(f"{recipe.seconds / own.seconds:.1f} times faster, {own.megabytes / recipe.megabytes:.0%} of the memory")
    if broken := verdict(own, recipe, tenth):
        raise Failure(f"not {', not '.join(broken)}")


def _own(data: Path, folder: Path) -> Cost:
    """The step `preprocess`, as a job runs it, in the image's own environment."""
    (python,) = (ROOT / ".venv" / "images").glob("training-*/bin/python")
    output = folder / "own"
    try:
        command = [str(python), "-m", "abalone", "preprocess", "--data", str(data), "--output", str(output)]
        return measure(command, folder, PYTHONPATH=str(ROOT / "include" / "scripts"))
    finally:
        shutil.rmtree(output, ignore_errors=True)


def _recipe(data: Path, folder: Path) -> Cost:
    python = ROOT / ".venv" / RECIPE.name / "bin" / "python"
    return measure([str(python), str(ROOT / "bench" / "recipe.py"), str(data), str(folder / "recipe")], folder)
