"""`python -m deploy.release deploy|rollback dev|staging|prod [--dry-run]`: bring the package in dist/ into an
environment, or bring back what was there before it. As whom, boto3's environment says."""

from __future__ import annotations

import argparse
import sys

from deploy.aws_errors import told
from deploy.errors import Failure
from deploy.images.scan import Judge, accepted
from deploy.packaging.package import OUTPUT, load
from deploy.progress import Progress
from deploy.release import deploying
from deploy.release.account import session_of
from deploy.release.deploying import Target
from deploy.release.mwaa import Environment
from deploy.settings import Settings, read
from deploy.stacks import require_current, use_cases


def target(settings: Settings, progress: Progress) -> Target:
    """The environment, reached with the credentials of boto3's environment. Raises Failure for another account's."""
    session = session_of(settings)
    airflow = Environment(session.client("mwaa"), settings.prefix)
    return Target(settings, session.client("s3"), session.client("ecr"), airflow, progress.say)


def main() -> int:
    """Do what was asked for; 1 and a message where that failed."""
    parser = argparse.ArgumentParser(prog="python -m deploy.release", description=__doc__)
    parser.add_argument("what", choices=("deploy", "rollback"))
    parser.add_argument("environment")
    parser.add_argument("--dry-run", action="store_true", help="print the plan and change nothing")
    given = parser.parse_args()
    progress = Progress()
    try:
        with told():
            _run(given, target(read(given.environment), progress), progress)
    except Failure as error:
        print(f"error: {given.environment}: {error}", file=sys.stderr)
        return 1
    return 0


def _run(given: argparse.Namespace, to: Target, progress: Progress) -> None:
    back = given.what == "rollback"
    if given.dry_run:
        print("\n".join(deploying.preview_back(to) if back else deploying.preview(to, load(OUTPUT))))
        return
    with progress.phase(f"{'Rolling back' if back else 'Deploying to'} {to.settings.prefix}"):
        if back:
            deploying.go_back(to)
        else:
            require_current(session_of(to.settings).client("cloudformation"), to.settings, use_cases())
            deploying.deploy(to, load(OUTPUT), Judge(to.settings.refused_findings, accepted()))


if __name__ == "__main__":
    sys.exit(main())
