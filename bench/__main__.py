"""`python -m bench [NAME]`: measure, and say on what machine."""

from __future__ import annotations

import argparse
import sys

from bench import dag, drift, endpoint, local, parsing, preparing, serving
from bench.machine import machine
from deploy.errors import Failure
from deploy.progress import Progress

BENCHMARKS = {
    "dag": dag.run,
    "local": local.run,
    "endpoint": endpoint.run,
    "monitoring": drift.run,
    "parsing": parsing.run,
    "preparing": preparing.run,
    "serving": serving.run,
}


def main() -> int:
    """Run the benchmark that was named; 1 where it could not be run to its end."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("benchmark", nargs="?", choices=BENCHMARKS, default="dag")
    name = parser.parse_args().benchmark
    try:
        print(f"Machine: {machine()}", flush=True)
        BENCHMARKS[name](Progress())
    except Failure as error:
        print(f"\nerror: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
