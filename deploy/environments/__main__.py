"""`python -m deploy.environments run|deploy|test|locks`: make what that needs, or the locks."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from deploy.environments.install import Installer, SetupFailed
from deploy.environments.locks import write_locks
from deploy.environments.prepare import for_deploying, for_running, for_testing
from deploy.progress import Progress

PURPOSES = {"run": for_running, "deploy": for_deploying, "test": for_testing, "locks": write_locks}


def main() -> int:
    """Make what was asked for; 1 and a message where that failed."""
    parser = argparse.ArgumentParser(prog="python -m deploy.environments", description=__doc__)
    parser.add_argument("purpose", choices=PURPOSES)
    arguments = parser.parse_args()
    progress = Progress()
    try:
        PURPOSES[arguments.purpose](Installer(Path.cwd(), progress, os.environ))
    except SetupFailed as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(progress.table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
