"""`python -m deploy.local COMMAND`, which --help lists; settings: AIRFLOW_PORT, AWS_PORT, LOCAL_DIR."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from deploy.environments.install import Installer
from deploy.environments.prepare import for_running
from deploy.errors import Failure
from deploy.local import arrivals, drift, follow, ingestion, rollout, services
from deploy.local.stack import Stack
from deploy.local.summary import approved, summary
from deploy.progress import Progress
from deploy.traffic import PLANTED

ROOT = Path(__file__).resolve().parents[2]


def up(stack: Stack, progress: Progress) -> None:
    """Install what is missing and bring the stack up."""
    for_running(Installer(ROOT, progress, os.environ))
    stack.up()


def require_use_case(use_case: str) -> None:
    """Raises Failure if there is no use case of that name."""
    known = sorted(file.stem for file in (ROOT / "dags").glob("*.py") if file.stem != "assets")
    if use_case not in known:
        raise Failure(f"{use_case} is no use case; dags/ has {', '.join(known)}.")


def train(stack: Stack, progress: Progress, use_case: str, **conf: str) -> str:
    """Train once on the stack that is up, with the parameters in ``conf``; the run's id. Raises Failure."""
    airflow, dag_id = stack.airflow(), f"{use_case}_training"
    with progress.phase(f"Running {dag_id}"):
        run_id = follow.start(airflow, dag_id, stack, progress.say, **conf)
        outcome = follow.watch_run(airflow, dag_id, run_id, progress.say, stack.require_alive)
    if outcome != "success":
        raise Failure(follow.failure_report(airflow, dag_id, run_id, stack.settings))
    return run_id


def run(stack: Stack, progress: Progress, use_case: str) -> list[str]:
    """Train once, have what proved better deployed, and ask production; what came of it. Raises Failure."""
    airflow = stack.airflow()
    rollout.await_approvals(airflow, use_case, stack)
    # Nobody sits beside a first run: the registry says that a policy has approved the version.
    run_id = train(stack, progress, use_case, approval="automatic")
    version = approved(airflow, f"{use_case}_training", run_id)
    if version and stack.production("mark", version) == [""]:
        with progress.phase(f"Running {use_case}_deployment"):
            rollout.watch(airflow, use_case, version, stack, progress.say)
    return [trained(stack, use_case, run_id), *stack.production("predict", use_case)]


def trained(stack: Stack, use_case: str, run_id: str) -> str:
    """What a training run came to."""
    return summary(stack.airflow(), f"{use_case}_training", run_id, stack.settings.aws_url)


def tell(stack: Stack, progress: Progress, lines: list[str]) -> None:
    """What took how long, what came of it, and where to look."""
    print("\n".join(["", progress.table(), "", *lines, stack.addresses()]))
    print("\nThe stack is still up: `make status` shows it, `make down` stops it.")


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("up", "down", "status"):
        commands.add_parser(name)
    for name in ("run", "train"):
        command = commands.add_parser(name)
        command.add_argument("--use-case", default="abalone", help="what to train (default: %(default)s)")
    logs = commands.add_parser("logs")
    logs.add_argument("service", nargs="?", choices=(services.AWS, *services.AIRFLOW), help="this one whole")
    predict = commands.add_parser("predict")
    predict.add_argument("--use-case", default="abalone", help="whose production (default: %(default)s)")
    predict.add_argument(
        "row", nargs="?", default="", help="cells of the model's columns, as CSV (default: a known row)"
    )
    loop = commands.add_parser("drift")
    loop.add_argument("--use-case", default="abalone", choices=PLANTED, help="whose (default: %(default)s)")
    data = commands.add_parser("data")
    data.add_argument("--use-case", default="abalone", help="whose (default: %(default)s)")
    data.add_argument("--days", type=int, default=1, help="how many days come (default: %(default)s)")
    ingest = commands.add_parser("ingest")
    ingest.add_argument("--use-case", default="abalone", help="whose (default: %(default)s)")
    ingest.add_argument("file", type=Path, help="a CSV file")
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
        require_use_case(given.use_case)
        up(stack, progress)
        tell(stack, progress, run(stack, progress, given.use_case))
    elif given.command == "train":
        require_use_case(given.use_case)
        up(stack, progress)
        tell(stack, progress, [trained(stack, given.use_case, train(stack, progress, given.use_case))])
    elif given.command == "predict":
        stack.require_up()
        print("\n".join(stack.production("predict", given.use_case, given.row)))
    elif given.command == "drift":
        stack.require_up()
        tell(stack, progress, drift.show(stack, progress, given.use_case))
    elif given.command == "data":
        arrivals.arrive(stack, given.use_case, given.days)
    elif given.command == "ingest":
        require_use_case(given.use_case)
        stack.require_up()
        tell(stack, progress, ingestion.ingest(stack, progress, given.use_case, given.file.resolve()))
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
