"""A million captured records analysed, beside Evidently on the same records; and ten million.

What is compared differs in two ways, both in our favour: our baseline is a sketch that training has made before the
clock starts, while Evidently reads a million rows of reference on it; and ours tests the 8 features, Evidently the
prediction, too.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.preparing import Cost, measure
from bench.servers import ROOT
from deploy.environments.catalogue import MONITORS, TOOL
from deploy.environments.install import Installer
from deploy.errors import Failure
from deploy.progress import Progress

RECORDS = 1_000_000
FASTER, STATISTICS_FASTER, MEMORY_MB, STRAIGHT = 8, 100, 400, 1.25
"""How many times faster than Evidently, all in all and without the reading; within how much memory, for ten times the
records, too; and how much more than their share of the time these may take."""
WINDOW = ("--start", "2026-03-01T10:00:00Z", "--end", "2026-03-01T11:00:00Z")


@dataclass(frozen=True)
class Analysed:
    """What one way needed for all of it, and how many seconds its statistics took."""

    cost: Cost
    statistics: float


def verdict(own: Analysed, evidently: Analysed, tenfold: Cost) -> list[str]:
    """What was promised and does not hold."""
    promises = {
        f"at least {FASTER} times faster": evidently.cost.seconds >= FASTER * own.cost.seconds,
        f"{STATISTICS_FASTER} times in the statistics": evidently.statistics >= STATISTICS_FASTER * own.statistics,
        f"under {MEMORY_MB} MB": max(own.cost.megabytes, tenfold.megabytes) < MEMORY_MB,
        "linear in records": tenfold.processor_seconds <= STRAIGHT * 10 * own.cost.processor_seconds,
    }
    return [promise for promise, kept in promises.items() if not kept]


def run(progress: Progress) -> None:
    """Measure and print. Raises Failure where a promise is broken."""
    installer = Installer(ROOT, progress, os.environ)
    with installer.alone():
        for environment in (TOOL, MONITORS):
            installer.ensure(environment)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with progress.phase(f"Capturing {RECORDS} records"):
            captured = {records: _captured(folder / str(records), records) for records in (RECORDS, 10 * RECORDS)}
        with progress.phase("Analysing them"):
            own = Analysed(_own(captured[RECORDS]), _statistics(captured[RECORDS]))
            tenfold = _own(captured[10 * RECORDS])
        with progress.phase("Analysing them by Evidently"):
            evidently = _evidently(captured[RECORDS])
    print(
        f"\n{RECORDS} records: {own.cost}, of which {own.statistics:.3f} s for statistics; ten times as many: {tenfold}"
    )
    print(f"by Evidently: {evidently.cost}, of which {evidently.statistics:.1f} s for statistics")
    faster, statistics = evidently.cost.seconds / own.cost.seconds, evidently.statistics / own.statistics
    print(f"{faster:.1f} times faster, {statistics:.0f} times in the statistics")
    if broken := verdict(own, evidently, tenfold):
        raise Failure(f"not {', not '.join(broken)}")


def _captured(folder: Path, records: int) -> Path:
    """A folder with the records, the data before them, and its baseline."""
    sample = str(ROOT / "include" / "data" / "abalone.csv")
    folder.mkdir()
    measure([sys.executable, str(ROOT / "bench" / "captures.py"), sample, str(folder), str(records)], folder)
    data = ["--data", str(folder / "training.csv"), "--output", str(folder / "baseline")]
    measure([_python("training"), "-m", "abalone", "validate", *data], folder, **_job_code())
    return folder


def _own(folder: Path) -> Cost:
    """The step `monitor_data`, as a job runs it, in the image's own environment."""
    folders = ["--capture", str(folder / "capture"), "--baseline", str(folder / "baseline" / "quality")]
    command = [_python("monitoring"), "-m", "abalone", "monitor_data", *folders, *WINDOW]
    return measure([*command, "--output", str(folder / "output")], folder, **_job_code())


def _statistics(folder: Path) -> float:
    command = [_python("monitoring"), str(ROOT / "bench" / "examined.py"), str(folder)]
    measure(command, folder, **_job_code())
    return float((folder / "output.log").read_text())


def _evidently(folder: Path) -> Analysed:
    program, files = ROOT / "bench" / "rivals" / "evidently_report.py", ("capture/0.jsonl", "answers.csv", "page.html")
    python = str(ROOT / ".venv" / MONITORS.name / "bin" / "python")
    cost = measure([python, str(program), *(str(folder / file) for file in files)], folder)
    last = (folder / "output.log").read_text().splitlines()[-1]
    return Analysed(cost, json.loads(last)["statistics"])


def _python(image: str) -> str:
    (python,) = (ROOT / ".venv" / "images").glob(f"{image}-*/bin/python")
    return str(python)


def _job_code() -> dict[str, str]:
    return {"PYTHONPATH": str(ROOT / "include" / "scripts")}
