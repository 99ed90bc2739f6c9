"""`python -m deploy.local up|run|data|airflow|down|status|logs`; settings: AIRFLOW_PORT, AWS_PORT, LOCAL_DIR."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from deploy.environments.install import Installer
from deploy.environments.prepare import for_running
from deploy.errors import Failure
from deploy.local import arrivals, follow, services
from deploy.local.stack import Stack
from deploy.local.summary import summary
from deploy.progress import Progress

ROOT = Path(__file__).resolve().parents[2]


def up(stack: Stack, progress: Progress) -> None:
    """Install what is missing and bring the stack up."""
    for_running(Installer(ROOT, progress, os.environ))
    stack.up()


def training_dag_of(use_case: str) -> str:
    """The training DAG of a use case. Raises Failure if there is none of that name."""
    known = sorted(file.stem for file in (ROOT / "dags").glob("*.py") if file.stem != "assets")
    if use_case not in known:
        raise Failure(f"{use_case} is no use case; dags/ has {', '.join(known)}.")
    return f"{use_case}_training"


def run(stack: Stack, progress: Progress, dag_id: str) -> None:
    """Bring the stack up, run the training DAG once and say what came of it. Raises Failure."""
    up(stack, progress)
    airflow = stack.airflow()
    with progress.phase(f"Running {dag_id}"):
        run_id = follow.start(airflow, dag_id, stack, progress.say)
        outcome = follow.watch_run(airflow, dag_id, run_id, progress.say, stack.require_alive)
    if outcome != "success":
        raise Failure(follow.failure_report(airflow, dag_id, run_id, stack.settings))
    print(f"\n{progress.table()}\n\n{summary(airflow, dag_id, run_id, stack.settings.aws_url)}\n{stack.addresses()}")
    print("\nThe stack is still up: `make status` shows it, `make down` stops it.")


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("up", "down", "status"):
        commands.add_parser(name)
    run = commands.add_parser("run")
    run.add_argument("--use-case", default="abalone", help="what to train (default: %(default)s)")
    logs = commands.add_parser("logs")
    logs.add_argument("service", nargs="?", choices=(services.AWS, *services.AIRFLOW), help="this one whole")
    data = commands.add_parser("data")
    data.add_argument("--use-case", default="abalone", help="whose (default: %(default)s)")
    data.add_argument("--days", type=int, default=1, help="how many days come (default: %(default)s)")
    airflow = commands.add_parser("airflow")
    airflow.add_argument("arguments", nargs=argparse.REMAINDER, help="of Airflow's own command")
    return parser.parse_args(arguments)


def act(given: argparse.Namespace, progress: Progress) -> None:
    """Carry out the command. Raises Failure."""
    stack = Stack(ROOT, os.environ, progress)
    if given.command == "up":
        up(stack, progress)
        print(f"\n{progress.table()}\n\n{stack.addresses()}")
    elif given.command == "run":
        run(stack, progress, training_dag_of(given.use_case))
    elif given.command == "data":
        arrivals.arrive(stack, given.use_case, given.days)
    elif given.command == "airflow":
        stack.airflow_command(given.arguments)
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
