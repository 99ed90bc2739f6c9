"""What reading a folder of DAG files costs, as Airflow does: `python parsed.py <folder>` prints seconds and files."""

import importlib
import json
import sys
import time
from pathlib import Path


def main(folder: Path) -> None:
    """Read it, in this process, for the first time."""
    dagbag = importlib.import_module("airflow.dag_processing.dagbag")  # which no tool of this package has
    start = time.perf_counter(), time.process_time()
    bag = dagbag.BundleDagBag(folder, bundle_path=folder, bundle_name="bench")
    seconds, processor_seconds = time.perf_counter() - start[0], time.process_time() - start[1]
    dags = bag.dags.values()
    found = {
        "files": len({dag.fileloc for dag in dags}),
        "dags": len(dags),
        "errors": list(bag.import_errors.values()),
    }
    print(json.dumps({"seconds": seconds, "processor_seconds": processor_seconds, **found}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
