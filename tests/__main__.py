"""`python -m tests [check ...]`: run all checks, or those named, and end with how many tests passed."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deploy.environments.install import Installer
from deploy.environments.prepare import for_testing
from deploy.errors import Failure
from deploy.progress import Progress
from tests.checks import REPORTS, SUITES, Check, soak, static_checks, suite

ROOT = Path(__file__).resolve().parents[1]
# Two at a time: the end-to-end suite mostly waits, and the smallest machine has two cores.
WORKERS = 2


def select(images: dict[str, Path], names: Sequence[str]) -> list[Check]:
    """The checks of these names; all but the soak test where none is named. Raises Failure."""
    every = [*map(suite, SUITES), *static_checks(images)]
    known = {check.name: check for check in [*every, soak()]}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Failure(f"no check is named {', '.join(unknown)}; there are: {', '.join(known)}")
    return [known[name] for name in names] or every


def run(check: Check, progress: Progress) -> bool:
    """Run a check, print its output in one piece, and return whether it passed."""
    check.report.unlink(missing_ok=True)
    with progress.phase(check.name):
        result = subprocess.run(
            check.command, cwd=ROOT, env={**os.environ, **check.environ}, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    verdict = "passed" if result.returncode == 0 else f"FAILED with exit status {result.returncode}"
    progress.say(f"{check.name} {verdict}\n{result.stdout.rstrip()}\n")
    return result.returncode == 0


def counts(checks: Sequence[Check]) -> Counter[str]:
    """How many tests of the suites passed, failed and were skipped; an error counts as a failure."""
    total: Counter[str] = Counter()
    for report in [check.report for check in checks if check.report.exists()]:
        for found in ElementTree.parse(report).iter("testsuite"):
            number = {name: int(found.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")}
            failed = number["failures"] + number["errors"]
            total["failed"] += failed
            total["skipped"] += number["skipped"]
            total["passed"] += number["tests"] - failed - number["skipped"]
    return total


def report(checks: Sequence[Check], passed: Sequence[bool], progress: Progress) -> int:
    """Print durations and counts, the tests' counts last; returns the exit status."""
    failed = [check.name for check, good in zip(checks, passed, strict=True) if not good]
    print(progress.table())
    print(f"Failed: {', '.join(failed)}" if failed else f"All {len(checks)} checks passed.")
    total = counts(checks)
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 1 if failed else 0


def main() -> int:
    """Run the checks named, or all; 1 if any failed."""
    parser = argparse.ArgumentParser(prog="python -m tests", description=__doc__)
    parser.add_argument("checks", nargs="*")
    progress = Progress()
    try:
        images = for_testing(Installer(ROOT, progress, os.environ))
        checks = select(images, parser.parse_args().checks)
    except Failure as error:
        print(f"\nerror: {error}", file=sys.stderr)
        return 1
    (ROOT / REPORTS).mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(WORKERS) as pool:
        passed = list(pool.map(lambda check: run(check, progress), checks))
    return report(checks, passed, progress)


if __name__ == "__main__":
    sys.exit(main())
