"""`python -m deploy.local up|run|down|status|logs`; settings: AIRFLOW_PORT, AWS_PORT, LOCAL_DIR."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from deploy.environments.install import Installer
from deploy.environments.prepare import for_running
from deploy.errors import Failure
from deploy.local import follow, services
from deploy.local.stack import Stack
from deploy.local.summary import summary
from deploy.progress import Progress

ROOT = Path(__file__).resolve().parents[2]
DAG_ID = "abalone_training"


def up(stack: Stack, progress: Progress) -> None:
    """Install what is missing and bring the stack up."""
    for_running(Installer(ROOT, progress, os.environ))
    stack.up()


def run(stack: Stack, progress: Progress) -> None:
    """Bring the stack up, run the training DAG once and say what came of it. Raises Failure."""
    up(stack, progress)
    airflow = stack.airflow()
    with progress.phase(f"Running {DAG_ID}"):
        run_id = follow.start(airflow, DAG_ID, stack, progress.say)
        outcome = follow.watch_run(airflow, DAG_ID, run_id, progress.say, stack.require_alive)
    if outcome != "success":
        raise Failure(follow.failure_report(airflow, DAG_ID, run_id, stack.settings))
    print(f"\n{progress.table()}\n\n{summary(airflow, DAG_ID, run_id)}\n{stack.addresses()}")
    print("\nThe stack is still up: `make status` shows it, `make down` stops it.")


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    parser.add_argument("command", choices=("up", "run", "down", "status", "logs"))
    parser.add_argument(
        "service", nargs="?", choices=(services.AWS, *services.AIRFLOW), help="for logs: this one whole"
    )
    return parser.parse_args(arguments)


def act(given: argparse.Namespace, progress: Progress) -> None:
    """Carry out the command. Raises Failure."""
    stack = Stack(ROOT, os.environ, progress)
    if given.command == "up":
        up(stack, progress)
        print(f"\n{progress.table()}\n\n{stack.addresses()}")
    elif given.command == "run":
        run(stack, progress)
    elif given.command == "down":
        stack.down()
    elif given.command == "status":
        stack.status()
    else:
        stack.logs(given.service)


def main() -> int:
    """Do what was asked for; 1 and a message where that failed."""
    # A reader that has seen enough, as in `make logs | head`, is no error.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        act(parse(), Progress())
    except Failure as error:
        print(f"\nerror: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "\nInterrupted. What was started goes on: `make status` shows it, `make down` stops it.",
            file=sys.stderr,
        )
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
