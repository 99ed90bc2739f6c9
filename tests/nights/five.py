"""`python -m tests.nights.five PLAN FOLDER`: five nights of abalone by the time machine, as its DAG declares them.

Below FOLDER it leaves the world's data, traffic and labels, the ``log.jsonl`` of what was decided, and ``due.json``.
Runs in the jobs' environment.
"""

from __future__ import annotations

import json
import pickle
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from deploy.traffic import Planted
from nights.jobs import Jobs
from nights.plan import Plan
from nights.simulation import Nights, line
from nights.world import Episode, World

DATA = Path(__file__).resolve().parents[2] / "include" / "data" / "abalone.csv"
SEED = 1
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
HOURS = ((0, 12), (1, 14), (1, 15), (2, 15), (2, 16), (3, 0), (3, 15))
"""Days and hours of the monitoring runs: each costs the real Airflow as long as hundreds of them take here."""
CANDIDATES = {
    "xgboost": (
        *("--set=num_round=300", "--set=max_depth=4", "--set=eta=0.03", "--set=subsample=0.8"),
        *("--set=colsample_bytree=0.8", "--set=min_child_weight=5.0", "--set=seed=0", "--set=device=cpu"),
    ),
    "forest": (),
    "linear": (),
}


def main(plan: str, folder: str) -> None:
    """Live through them."""
    whole: Plan = pickle.loads(Path(plan).read_bytes())
    hours = {whole.begin + day * DAY + hour * HOUR for day, hour in HOURS}
    watched = tuple(each for each in whole.monitoring if each.replace(minute=0) in hours)
    planned = replace(whole, monitoring=watched, window_days=None, retraining_days=None, candidates=CANDIDATES)
    world = World(DATA, SEED, planned.begin, planned.end, [])
    world.drifts = [Episode(planned.begin + DAY + 13 * HOUR, planned.end, Planted("shift", "length", 0.4))]
    world.silences, world.blackouts, world.missing = [], [], set()
    jobs = Jobs(planned.use_case, planned.candidates, Path(folder))
    with (Path(folder) / "log.jsonl").open("w") as log:
        log.writelines(line(entry) for entry in Nights(planned, world, jobs))
    due = [*(("training", each) for each in planned.training), *(("monitoring", each) for each in planned.monitoring)]
    listed = [[what, each.isoformat()] for what, each in sorted(due, key=lambda pair: pair[1])]
    (Path(folder) / "due.json").write_text(json.dumps(listed))


if __name__ == "__main__":
    main(*sys.argv[1:])
