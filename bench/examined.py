"""How long the statistics alone take: `python examined.py <folder>` reads what `captures.py` wrote, and prints the
seconds that everything but the reading took. It runs in the image's own environment, beside the job code.
"""

import sys
import time
from pathlib import Path

from abalone import USE_CASE
from monitoring import data, files, traffic
from monitoring.baseline import Baseline
from monitoring.batches import Rows
from monitoring.limits import Limits
from monitoring.window import Window


def main(folder: Path) -> None:
    """Read, then measure."""
    window = Window.read("2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z")
    rows: list[Rows] = []
    found = traffic.read(files.below(folder / "capture"), USE_CASE.schema, window, rows.append)
    baseline = Baseline.read(folder / "baseline" / "quality")
    start = time.monotonic()
    profile = data.profiled(USE_CASE, baseline, None)
    for each in rows:
        profile.add(each.table)
    data.examine(USE_CASE, window, found, profile, baseline, Limits(), None)
    print(time.monotonic() - start)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
