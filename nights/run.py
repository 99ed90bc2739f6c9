"""`python -m nights.run PLAN DATA SEED OUTPUT`: live through the nights of a plan; runs in the jobs' environment."""

from __future__ import annotations

import pickle
import sys
import tempfile
from pathlib import Path

from nights.jobs import Jobs
from nights.page import page
from nights.plan import Plan
from nights.simulation import Nights, line
from nights.world import DRIFTS, World

LOG, PAGE = "log.jsonl", "timeline.html"


def live(plan: Plan, data: Path, seed: int, output: Path) -> None:
    """Write log and timeline into the folder ``output``."""
    world = World(data, seed, plan.begin, plan.end, DRIFTS[plan.use_case])
    entries = []
    with tempfile.TemporaryDirectory() as folder, (output / LOG).open("w") as log:
        for entry in Nights(plan, world, Jobs(plan.use_case, plan.candidates, Path(folder))):
            log.write(line(entry))
            entries.append(entry)
    title = f"{len(plan.training)} nights of {plan.use_case} in {plan.timezone}, seed {seed}"
    (output / PAGE).write_text(page(title, entries), encoding="utf-8")


def main(plan: str, data: str, seed: str, output: str) -> None:
    """The plan is what `nights.calendar` has written: it is of this very checkout."""
    live(pickle.loads(Path(plan).read_bytes()), Path(data), int(seed), Path(output))


if __name__ == "__main__":
    main(*sys.argv[1:])
